"""Writing many rows with one statement, alike on SQLite and PostgreSQL.

PostgreSQL copies many plain rows in, and unnests one array a column for a few or where rows may meet
others; SQLite runs one prepared statement over all rows. Used by the ledger and the event pipeline
only, whose rows are numbered before they are written. Values must be of the column's own Python type;
nothing is validated here but what the database checks. Only names of our own tables and columns are
put into statements; values are always parameters (hence no S608).
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeAlias, cast

from django.db import connection
from django.db.models import BooleanField, F, Field, ForeignKey, Func, Model, Q, QuerySet, Value

from loyalty import courier, literals, statements

_ELEMENTS = {"BigIntegerField": "bigint", "TextField": "text", "UUIDField": "uuid"}
_FEW = 20  # rows up to which one statement beats the two messages of COPY
_PORTION = 250  # rows sent at a time, so the server reads while the next ones are written
Row = Sequence[Any]
Column: TypeAlias = "Field[Any, Any]"


def among(name: str, values: Collection[Any]) -> Q:
    """A column's value is one of ``values``, all of one type: like ``__in``, but one parameter for any number."""
    if not statements.is_postgres() or not values:
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


@dataclass(frozen=True, slots=True, eq=False)  # made once for some columns, so itself is its key
class _Shape:
    """Some columns of a table: quoted names, internal types and PostgreSQL's, and rows of arrays as a source."""

    table: str
    names: tuple[str, ...]
    kinds: tuple[str, ...]
    types: tuple[str, ...]

    @property
    def listed(self) -> str:
        return ", ".join(self.names)

    @property
    def source(self) -> str:
        """``unnest(...)`` of one array a column, JSON as text, as rows ``r(c0, c1 …)``."""
        kinds = zip(self.kinds, self.types, strict=True)
        arrays = ", ".join(f"%s::{'text' if kind == 'JSONField' else name.split('(')[0]}[]" for kind, name in kinds)
        return f"unnest({arrays}) AS r({', '.join(f'c{place}' for place in range(len(self.names)))})"

    @property
    def picks(self) -> list[str]:
        return [f"r.c{place}::{name}" for place, name in enumerate(self.types)]

    def arrays(self, rows: Sequence[Row]) -> list[str]:
        """The parameters of ``source``."""
        return [literals.array(kind, values) for kind, values in zip(self.kinds, zip(*rows, strict=True), strict=True)]

    def plain(self, row: Row) -> list[Any]:
        """One row as parameters; JSON as text."""
        if not statements.is_postgres():
            return self.adapted([row])[0]
        return [_json(value) if kind == "JSONField" else value for kind, value in zip(self.kinds, row, strict=True)]

    def adapted(self, rows: Sequence[Row]) -> list[list[Any]]:
        """The rows as SQLite takes them."""
        adapt = [_SQLITE.get(kind) for kind in self.kinds]
        return [[fit(value) if fit else value for fit, value in zip(adapt, row, strict=True)] for row in rows]


@lru_cache(maxsize=256)
def _shape(model: type[Model], columns: tuple[str, ...]) -> _Shape:
    fields = [cast("Column", model._meta.get_field(name)) for name in columns]
    types = [field.rel_db_type(connection) if field.remote_field else field.db_type(connection) for field in fields]
    names = tuple(f'"{field.column}"' for field in fields)
    kinds = tuple(_type_name(field) for field in fields)
    return _Shape(f'"{model._meta.db_table}"', names, kinds, tuple(kind or "text" for kind in types))


@lru_cache(maxsize=256)
def _inserting(shape: _Shape) -> str:
    return f"INSERT INTO {shape.table} ({shape.listed}) SELECT {', '.join(shape.picks)} FROM {shape.source}"


def _of(model: type[Model], columns: Sequence[str]) -> _Shape:
    return _shape(model, tuple(columns))


def _type_name(field: "Column") -> str:
    while field.remote_field is not None:
        field = cast("ForeignKey[Any, Any]", field).target_field
    return field.get_internal_type()


def insert(model: type[Model], columns: Sequence[str], rows: Sequence[Row], *, tail: str = "") -> None:
    """Inserts ``rows`` (values in the order of ``columns``); ``tail`` is an ON CONFLICT clause."""
    if not rows:
        return
    shape = _of(model, columns)
    if statements.is_postgres() and not tail and len(rows) > _FEW and not statements.are_together():
        _copy(shape, rows)
        return
    with statements.cursor() as cursor:
        if statements.is_postgres():
            cursor.execute(f"{_inserting(shape)} {tail}", shape.arrays(rows))
        else:
            marks = ", ".join(["%s"] * len(shape.names))
            statement = f"INSERT INTO {shape.table} ({shape.listed}) VALUES ({marks}) {tail}"
            cursor.executemany(statement, shape.adapted(rows))


def _copy(shape: _Shape, rows: Sequence[Row]) -> None:
    """PostgreSQL's COPY: several times as fast as values in a statement, JSON above all."""
    statement = f"COPY {shape.table} ({shape.listed}) FROM STDIN"
    portions = (literals.lines(shape.kinds, rows[start : start + _PORTION]) for start in range(0, len(rows), _PORTION))
    if carrier := courier.at_hand():
        carrier.copy(statement, portions)
        return
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(statement) as copy:
        for portion in portions:
            copy.write(portion)


def upsert(
    model: type[Model], columns: Sequence[str], rows: Sequence[Row], *, key: Sequence[str], add: bool = False
) -> None:
    """Inserts, or where ``key`` exists replaces the other columns (with ``add``: adds to them)."""
    insert(model, columns, rows, tail=_replacing(_of(model, columns), _of(model, key).names, add))


@lru_cache(maxsize=256)
def _replacing(shape: _Shape, key: tuple[str, ...], add: bool) -> str:  # a cache's key
    change = "{0} = {1}.{0} + excluded.{0}" if add else "{0} = excluded.{0}"
    changes = ", ".join(change.format(name, shape.table) for name in shape.names if name not in key)
    return f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {changes}"


def insert_missing(model: type[Model], columns: Sequence[str], rows: Sequence[Row], *, key: str) -> set[Any]:
    """Inserts the rows whose unique column ``key`` is new; returns the keys that were.

    On PostgreSQL a key being inserted by another transaction is waited for. Rows are written in
    order of ``key``, so two batches can't wait for each other in a circle.
    """
    place = list(columns).index(key)
    rows = sorted(rows, key=lambda row: str(row[place]))
    if not rows:
        return set()
    if statements.is_postgres():
        shape = _of(model, columns)
        statement = f'{_inserting(shape)} ON CONFLICT ("{key}") DO NOTHING RETURNING "{key}"'
        with statements.cursor() as cursor:
            cursor.execute(statement, shape.arrays(rows))
            return {row[0] for row in cursor.fetchall()}
    wanted = [row[place] for row in rows]
    taken = set(model._default_manager.filter(**{f"{key}__in": wanted}).values_list(key, flat=True))
    insert(model, columns, [row for row in rows if row[place] not in taken])
    return set(wanted) - taken


def insert_from(model: type[Model], columns: Sequence[str], rows: "QuerySet[Any, Any]", *, tail: str = "") -> int:
    """Inserts what a ``values_list`` in the order of ``columns`` finds, within the database; returns how many."""
    shape = _of(model, columns)
    found, parameters = rows.query.get_compiler(connection=connection).as_sql()
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {shape.table} ({shape.listed}) {found} {tail}", parameters)
        return int(cursor.rowcount)


def insert_one(model: type[Model], row: Mapping[str, Any]) -> int | None:
    """The id of a row just inserted, ``None`` where another one like it is there. One statement, waits for it."""
    shape = _of(model, tuple(row))
    marks = ", ".join(["%s"] * len(shape.names))
    tail = "ON CONFLICT DO NOTHING RETURNING id"
    with statements.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {shape.table} ({shape.listed}) VALUES ({marks}) {tail}", shape.plain(list(row.values()))
        )
        found = cursor.fetchone()
    return found[0] if found else None


def reckon(*models: type[Model]) -> None:
    """Lets PostgreSQL take stock of tables that many rows were put into: its plans follow what it thinks is there."""
    if statements.is_postgres():
        tables = ", ".join(f'"{model._meta.db_table}"' for model in models)
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {tables}")


def update_one(model: type[Model], values: Mapping[str, Any], where: Mapping[str, Any]) -> None:
    """Sets ``values`` in the row whose columns are all as ``where`` says, ``None`` for no value. One statement."""
    told = {name: value for name, value in where.items() if value is not None}
    shape, known = _of(model, tuple(values)), _of(model, tuple(told))
    postgres = statements.is_postgres()
    changes = ", ".join(
        f"{name} = %s::{type_}" if postgres else f"{name} = %s"
        for name, type_ in zip(shape.names, shape.types, strict=True)
    )
    empty = _of(model, tuple(name for name in where if name not in told)).names
    filters = [*(f"{name} = %s" for name in known.names), *(f"{name} IS NULL" for name in empty)]
    with statements.cursor() as cursor:
        cursor.execute(
            f"UPDATE {shape.table} SET {changes} WHERE {' AND '.join(filters)}",
            [*shape.plain(list(values.values())), *known.plain(list(told.values()))],
        )


def update(model: type[Model], columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Sets ``columns[1:]`` of the rows whose primary key is ``columns[0]``."""
    if not rows:
        return
    shape = _of(model, columns)
    key, *names = shape.names
    with statements.cursor() as cursor:
        if statements.is_postgres():
            changes = ", ".join(f"{name} = {pick}" for name, pick in zip(names, shape.picks[1:], strict=True))
            where = f"WHERE {shape.table}.{key} = r.c0"
            cursor.execute(f"UPDATE {shape.table} SET {changes} FROM {shape.source} {where}", shape.arrays(rows))
        else:
            changes = ", ".join(f"{name} = %s" for name in names)
            statement = f"UPDATE {shape.table} SET {changes} WHERE {key} = %s"
            cursor.executemany(statement, [[*row[1:], row[0]] for row in shape.adapted(rows)])
