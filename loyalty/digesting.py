"""Rows as the bytes that seals digest: one line of JSON a row, the same on every database and version.

What a line says was fixed with the first seal and must not change, or no old seal holds any more: the
columns in their order, numbers plain, text in ASCII with escapes, times in UTC with microseconds where
there are any, ids in hexadecimal. PostgreSQL writes the lines itself where every column is of a kind
that both write alike, and streams them out; otherwise, and on SQLite, Python writes them. A test holds
the two against each other.
"""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import F, Func, QuerySet, TextField
from django.db.models.expressions import Combinable

from loyalty import statements

CHUNK = 2000
BLOCK = 1 << 16
TIME = "DateTimeField"
_written = json.JSONEncoder(ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode
_PLAIN = "COALESCE((%(expressions)s)::text, 'null')"
_HEX = """COALESCE('"' || replace((%(expressions)s)::text, '-', '') || '"', 'null')"""
_TEXT = "COALESCE(to_json(%(expressions)s)::text, 'null')"
_DAY = """COALESCE('"' || to_char(%(expressions)s, 'YYYY-MM-DD') || '"', 'null')"""
_INSTANT = (
    """COALESCE('"' || replace(to_char((%(expressions)s) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'),"""
    """ '.000000', '') || '+00:00"', 'null')"""
)
_BY_POSTGRES = {
    "AutoField": _PLAIN,
    "BigAutoField": _PLAIN,
    "BigIntegerField": _PLAIN,
    "CharField": _TEXT,
    "DateField": _DAY,
    TIME: _INSTANT,
    "UUIDField": _HEX,
}
_ESCAPED = re.compile(r"[^\x00-\x7e]")


class Column(NamedTuple):
    """Something a line tells of a row, and the kind of field it is."""

    value: str | Combinable
    kind: str


class Rows(NamedTuple):
    """Rows in a fixed order, and what their lines tell."""

    found: QuerySet[Any]
    columns: Sequence[Column]


def columns(model: Any, *names: str) -> tuple[Column, ...]:
    """Columns of a table by name; those of a relation are of the kind it points to."""
    fields = {field.attname: field for field in model._meta.concrete_fields}
    return tuple(Column(name, _kind(fields[name])) for name in names)


def _kind(field: Any) -> str:
    while field.remote_field is not None:
        field = field.target_field
    return str(field.get_internal_type())


def blocks(rows: Rows) -> Iterator[bytes]:
    """The lines of the rows, in blocks that hold many; constant memory."""
    can = statements.is_postgres() and all(column.kind in _BY_POSTGRES for column in rows.columns)
    return _streamed(rows) if can else written(rows)


def written(rows: Rows) -> Iterator[bytes]:
    """The same by Python alone, the definition of what a line says."""
    found = rows.found.values_list(*(column.value for column in rows.columns))
    for row in found.iterator(chunk_size=CHUNK):
        yield line(row)


def line(row: Sequence[Any]) -> bytes:
    """One row as bytes."""
    return _written([_word(value) for value in row]).encode() + b"\n"


def _word(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return value.hex if isinstance(value, UUID) else value


def _streamed(rows: Rows) -> Iterator[bytes]:
    """What PostgreSQL writes, by COPY; it doubles backslashes, and leaves letters beyond ASCII to us."""
    parts = [Func(_told(column), template=_BY_POSTGRES[column.kind]) for column in rows.columns]
    told = Func(*parts, template="'[' || %(expressions)s || ']'", arg_joiner=" || ',' || ", output_field=TextField())
    statement, parameters = rows.found.values_list(told).query.sql_with_params()
    copying = f"COPY ({statement}) TO STDOUT"
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(copying, parameters) as copy:
        for block in _gathered(copy):
            yield _plain(block)


def _told(column: Column) -> Combinable:
    return F(column.value) if isinstance(column.value, str) else column.value


def _gathered(copy: Any) -> Iterator[bytes]:
    pile: list[bytes] = []
    size = 0
    for part in copy:
        pile.append(part)
        size += len(part)
        if size >= BLOCK:
            yield b"".join(pile)
            pile, size = [], 0
    yield b"".join(pile)


def _plain(block: bytes) -> bytes:
    if b"\\" in block:
        block = block.replace(b"\\\\", b"\\")
    if block.isascii() and b"\x7f" not in block:
        return block
    return _ESCAPED.sub(_escape, block.decode()).encode()


def _escape(found: "re.Match[str]") -> str:
    return _written(found[0])[1:-1]
