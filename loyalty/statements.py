"""Cursors for the statements that every event sends: the server keeps their plans. A leaf.

On PostgreSQL values travel apart from the statement, so that the same words are planned a few times and
then remembered by the connection (``DATABASE_PREPARE`` in the settings says after how many). The server
must be able to tell the type of every parameter. Elsewhere it is the connection's own cursor.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection
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


def cursor() -> Any:
    """A cursor like ``connection.cursor()``, counted and logged like any other."""
    if connection.vendor != "postgresql":
        return connection.cursor()
    connection.ensure_connection()
    session: Any = connection.connection
    usual, session.cursor_factory = session.cursor_factory, _Cursor
    try:
        return connection.cursor()
    finally:
        session.cursor_factory = usual


@contextmanager
def together() -> Iterator[None]:
    """Statements that wait for no answer go out one after the other, and what went wrong is raised at the end.

    Only for statements of ``cursor`` whose rows and row counts nobody looks at: the ORM is not meant.
    """
    if connection.vendor != "postgresql":
        yield
        return
    connection.ensure_connection()
    session: Any = connection.connection
    with connection.wrap_database_errors, session.pipeline():
        yield


def are_together() -> bool:
    """Whether answers come only at the end; COPY is not spoken then."""
    if connection.vendor != "postgresql" or connection.connection is None:
        return False
    session: Any = connection.connection
    return bool(session.pgconn.pipeline_status != PipelineStatus.OFF)
