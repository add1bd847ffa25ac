"""Cursors for the statements that every event sends: the server keeps their plans. A leaf.

On PostgreSQL values travel apart from the statement, so that the same words are planned a few times and
then remembered by the connection (``DATABASE_PREPARE`` in the settings says after how many). The server
must be able to tell the type of every parameter. Elsewhere it is the connection's own cursor.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from psycopg.pq import PipelineStatus


class _Told:
    """A statement as Django asks a cursor for it when it logs queries."""

    __slots__ = ("query",)

    def __init__(self, query: str) -> None:
        self.query = query.encode()


class _Cursor(psycopg.Cursor[Any]):
    """Says what it sent last, prepared or not."""

    def execute(self, query: Any, params: Any = None, **more: Any) -> Any:
        found = super().execute(query, params, **more)
        self._query: Any = _Told(query)
        return found


@cache
def is_postgres() -> bool:
    """Which of the two databases this process speaks to; asked many times an event."""
    return connection.vendor == "postgresql"


def cursor() -> Any:
    """A cursor like ``connection.cursor()``, counted and logged like any other."""
    database: Any = connections[DEFAULT_DB_ALIAS]
    if not is_postgres():
        return database.cursor()
    database.close_if_health_check_failed()
    if database.connection is None:
        database.ensure_connection()
    return database._prepare_cursor(_Cursor(database.connection))  # noqa: SLF001  # wraps any cursor, as for its own


@contextmanager
def together() -> Iterator[None]:
    """Statements that wait for no answer go out one after the other, and what went wrong is raised at the end.

    Only for statements of ``cursor`` whose rows and row counts nobody looks at: the ORM is not meant.
    """
    if not is_postgres():
        yield
        return
    database: Any = connections[DEFAULT_DB_ALIAS]
    database.ensure_connection()
    with database.wrap_database_errors, database.connection.pipeline():
        yield


def are_together() -> bool:
    """Whether answers come only at the end; COPY is not spoken then."""
    database: Any = connections[DEFAULT_DB_ALIAS]
    if not is_postgres() or database.connection is None:
        return False
    return bool(database.connection.pgconn.pipeline_status != PipelineStatus.OFF)


@contextmanager
def wide() -> Iterator[None]:
    """Around questions about everybody: PostgreSQL compiles nothing for them, which takes longer than they do.

    It may hold in memory who fits a part: an "any of" over half a million who do is else asked anew for each
    member, and takes hours instead of seconds.
    """
    with transaction.atomic():
        if is_postgres():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL jit = off; SET LOCAL work_mem = '256MB'")
        yield
