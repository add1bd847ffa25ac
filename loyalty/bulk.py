"""Writing many rows with one statement, alike on SQLite and PostgreSQL.

PostgreSQL copies plain rows in and unnests one array a column where rows may meet others; SQLite runs
one prepared statement over all rows. Used by the
ledger and the event pipeline only, whose rows are numbered before they are written. Values must be
of the column's own Python type; nothing is validated here but what the database checks. Only names of
our own tables and columns are put into statements; values are always parameters (hence no S608).
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeAlias, cast

from django.db import IntegrityError, connection, transaction
from django.db.models import BooleanField, F, Field, Func, Model, Q, Value

from loyalty import literals

_ELEMENTS = {"BigIntegerField": "bigint", "TextField": "text", "UUIDField": "uuid"}
_PORTION = 1000  # rows sent at a time, so the server reads while the next ones are written
Row = Sequence[Any]
Column: TypeAlias = "Field[Any, Any]"


def among(name: str, values: Collection[Any]) -> Q:
    """A column's value is one of ``values``, all of one type: like ``__in``, but one parameter for any number."""
    if connection.vendor != "postgresql" or not values:
        return Q(**{f"{name}__in": values})
    kind, _values = literals.elements(values)
    array = Value(literals.array(kind, values))
    shape = {"arg_joiner": " = ANY(", "template": f"%(expressions)s::{_ELEMENTS[kind]}[])"}
    return Q(Func(F(name), array, output_field=BooleanField(), **shape))


def _json(value: Any) -> str | None:
    return None if value is None else literals.document(value)


def _sqlite_datetime(value: datetime | None) -> str | None:
    return None if value is None else str(value.astimezone(UTC).replace(tzinfo=None))


def _sqlite_text(value: Any) -> str | None:
    return None if value is None else str(value)


def _sqlite_uuid(value: Any) -> str | None:
    return None if value is None else value.hex


_SQLITE: dict[str, Callable[[Any], Any]] = {
    "DateTimeField": _sqlite_datetime,
    "DateField": _sqlite_text,
    "UUIDField": _sqlite_uuid,
    "JSONField": _json,
}


def _fields(model: type[Model], columns: Sequence[str]) -> "list[Column]":
    return [cast("Column", model._meta.get_field(name)) for name in columns]


def _type_name(field: "Field[Any, Any]") -> str:
    while field.remote_field is not None:
        field = field.target_field  # type: ignore[attr-defined]  # only relations have one
    return field.get_internal_type()


def _column_types(fields: "Sequence[Column]") -> list[str]:
    found = [field.rel_db_type(connection) if field.remote_field else field.db_type(connection) for field in fields]
    return [kind or "text" for kind in found]


def _arrays(fields: "Sequence[Column]", rows: Sequence[Row]) -> tuple[str, list[str]]:
    """``unnest(...)`` of one array a column, JSON as text, with its parameters."""
    names = [_type_name(field) for field in fields]
    columns = zip(*rows, strict=True)
    arrays = [literals.array(name, column) for name, column in zip(names, columns, strict=True)]
    kinds = [
        "text" if name == "JSONField" else kind.split("(")[0]
        for name, kind in zip(names, _column_types(fields), strict=True)
    ]
    return "unnest(" + ", ".join(f"%s::{kind}[]" for kind in kinds) + ")", arrays


def _typed(fields: "Sequence[Column]") -> "Iterable[tuple[Column, str]]":
    return zip(fields, _column_types(fields), strict=True)


def _adapted(fields: "Sequence[Column]", rows: Sequence[Row]) -> list[list[Any]]:
    adapt = [_SQLITE.get(_type_name(field)) for field in fields]
    return [[fit(value) if fit else value for fit, value in zip(adapt, row, strict=True)] for row in rows]


def insert(model: type[Model], columns: Sequence[str], rows: Sequence[Row], *, tail: str = "") -> None:
    """Inserts ``rows`` (values in the order of ``columns``); ``tail`` is an ON CONFLICT clause."""
    if not rows:
        return
    fields = _fields(model, columns)
    table = model._meta.db_table
    names = ", ".join(f'"{field.column}"' for field in fields)
    if connection.vendor == "postgresql" and not tail:
        _copy(f'COPY "{table}" ({names}) FROM STDIN', fields, rows)
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            source, arrays = _arrays(fields, rows)
            picks = ", ".join(f"r.c{i}::{kind}" for i, (_, kind) in enumerate(_typed(fields)))
            alias = ", ".join(f"c{i}" for i in range(len(fields)))
            cursor.execute(f'INSERT INTO "{table}" ({names}) SELECT {picks} FROM {source} AS r({alias}) {tail}', arrays)
        else:
            marks = ", ".join(["%s"] * len(fields))
            cursor.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({marks}) {tail}', _adapted(fields, rows))


def _copy(statement: str, fields: "Sequence[Column]", rows: Sequence[Row]) -> None:
    """PostgreSQL's COPY: several times as fast as values in a statement, JSON above all."""
    kinds = [_type_name(field) for field in fields]
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(statement) as copy:
        for start in range(0, len(rows), _PORTION):
            copy.write(literals.lines(kinds, rows[start : start + _PORTION]))


def upsert(
    model: type[Model], columns: Sequence[str], rows: Sequence[Row], *, key: Sequence[str], add: bool = False
) -> None:
    """Inserts, or where ``key`` exists replaces the other columns (with ``add``: adds to them)."""
    table = model._meta.db_table
    keys = ", ".join(f'"{field.column}"' for field in _fields(model, key))
    rest = [field.column for field in _fields(model, [name for name in columns if name not in key])]
    changes = ", ".join(
        f'"{name}" = "{table}"."{name}" + excluded."{name}"' if add else f'"{name}" = excluded."{name}"'
        for name in rest
    )
    insert(model, columns, rows, tail=f"ON CONFLICT ({keys}) DO UPDATE SET {changes}")


def insert_missing(model: type[Model], columns: Sequence[str], rows: Sequence[Row], *, key: str) -> set[Any]:
    """Inserts the rows whose unique column ``key`` is new; returns the keys that were.

    On PostgreSQL a key being inserted by another transaction is waited for. Rows are written in
    order of ``key``, so two batches can't wait for each other in a circle.
    """
    place = list(columns).index(key)
    rows = sorted(rows, key=lambda row: str(row[place]))
    if not rows:
        return set()
    wanted = [row[place] for row in rows]
    if connection.vendor == "postgresql":
        try:
            with transaction.atomic():
                insert(model, columns, rows)
        except IntegrityError:  # some keys are taken, which is rare; ask for each
            return _insert_missing_postgresql(model, columns, rows, key)
        return set(wanted)
    taken = set(model._default_manager.filter(**{f"{key}__in": wanted}).values_list(key, flat=True))
    insert(model, columns, [row for row in rows if row[place] not in taken])
    return set(wanted) - taken


def _insert_missing_postgresql(model: type[Model], columns: Sequence[str], rows: Sequence[Row], key: str) -> set[Any]:
    fields = _fields(model, columns)
    source, arrays = _arrays(fields, rows)
    names = ", ".join(f'"{field.column}"' for field in fields)
    picks = ", ".join(f"r.c{i}::{kind}" for i, (_, kind) in enumerate(_typed(fields)))
    alias = ", ".join(f"c{i}" for i in range(len(fields)))
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "{table}" ({names}) SELECT {picks} FROM {source} AS r({alias}) '
            f'ON CONFLICT ("{key}") DO NOTHING RETURNING "{key}"',
            arrays,
        )
        return {row[0] for row in cursor.fetchall()}


def update(model: type[Model], columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Sets ``columns[1:]`` of the rows whose primary key is ``columns[0]``."""
    if not rows:
        return
    fields = _fields(model, columns)
    table = model._meta.db_table
    key, rest = fields[0], fields[1:]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            source, arrays = _arrays(fields, rows)
            kinds = [kind for _, kind in _typed(fields)]
            changes = ", ".join(f'"{f.column}" = r.c{i}::{kinds[i]}' for i, f in enumerate(rest, start=1))
            alias = ", ".join(f"c{i}" for i in range(len(fields)))
            cursor.execute(
                f'UPDATE "{table}" SET {changes} FROM {source} AS r({alias}) WHERE "{table}"."{key.column}" = r.c0',
                arrays,
            )
        else:
            changes = ", ".join(f'"{field.column}" = %s' for field in rest)
            adapted = _adapted(fields, rows)
            cursor.executemany(
                f'UPDATE "{table}" SET {changes} WHERE "{key.column}" = %s', [[*row[1:], row[0]] for row in adapted]
            )
