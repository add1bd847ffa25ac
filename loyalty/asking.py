"""Questions asked over and over: an ORM query compiled once, then sent with other values.

For the few queries that every event needs, where building the SQL anew costs more than its answer.
On SQLite the query is built each time. Collections go by ``bulk.among``, so that any number of values
is one parameter; without any value nothing is asked.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import QuerySet
from django.db.models.query import ModelIterable, get_related_populators

from loyalty import literals, statements

_START = datetime(1111, 11, 11, 11, 11, 11, tzinfo=UTC)
_NUMBER = -918_273_645_000


@dataclass(frozen=True, slots=True)
class _Compiled:
    """The statement; which argument each parameter is (or its fixed value); what to do with a row."""

    sql: str
    parameters: tuple[tuple[int, Any], ...]
    convert: Callable[[list[Any]], list[Any]]


class Question:
    """``ask = Question(lambda ids: Account.objects.filter(among("id", ids)).values_list("id"))``; ``ask([1, 2])``.

    Each call gives a list: rows where the query says ``values_list``, else instances of its
    model, with those of ``select_related``. Arguments
    are instants, days, texts, numbers, or collections of numbers, texts or UUIDs; always of the same type.
    """

    def __init__(self, build: Callable[..., "QuerySet[Any, Any]"]) -> None:
        self._build = build
        self._compiled: _Compiled | None = None

    def __call__(self, *values: Any) -> list[Any]:
        if any(_is_many(value) and not value for value in values):
            return []
        if not statements.is_postgres():
            return list(self._build(*values))
        if self._compiled is None:
            self._compiled = self._compile(values)
        compiled = self._compiled
        with statements.cursor() as cursor:
            cursor.execute(compiled.sql, [fixed if at < 0 else _sent(values[at]) for at, fixed in compiled.parameters])
            return compiled.convert(cursor.fetchall())

    def _compile(self, values: Sequence[Any]) -> _Compiled:
        """Builds the query with values that nobody has, to see which parameter comes from which argument."""
        strangers = [_stranger(place, value) for place, value in enumerate(values)]
        sent = [_sent(stranger) for stranger in strangers]
        query = self._build(*strangers)
        compiler = query.query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        slots = tuple((sent.index(each), None) if each in sent else (-1, each) for each in parameters)
        return _Compiled(sql, slots, _converter(query, compiler))


def _is_many(value: Any) -> bool:
    return isinstance(value, Collection) and not isinstance(value, str)


def _stranger(place: int, value: Any) -> Any:
    if _is_many(value):
        return [_stranger(place, next(iter(value)))]
    if isinstance(value, UUID):
        return UUID(int=place)
    if isinstance(value, datetime):
        return _START + timedelta(seconds=place)
    if isinstance(value, date):
        return _START.date() + timedelta(days=place)
    return f"\x1f{place}" if isinstance(value, str) else _NUMBER - place


def _sent(value: Any) -> Any:
    return literals.array(*literals.elements(value)) if _is_many(value) else value


def _converter(query: "QuerySet[Any, Any]", compiler: Any) -> Callable[[list[Any]], list[Any]]:
    """Columns to Python's values, and rows to instances where the query asks for those."""
    converters = compiler.get_converters([column for column, _sql, _alias in compiler.select])
    is_model = query._iterable_class is ModelIterable  # noqa: SLF001  # how a query says what its rows become
    instance = _instance(compiler) if is_model else None

    def convert(rows: list[Any]) -> list[Any]:
        found = list(map(tuple, compiler.apply_converters(rows, converters))) if converters else rows
        return found if instance is None else list(map(instance, found))

    return convert


def _instance(compiler: Any) -> Callable[[Any], Any]:
    """A row to an instance with those it was selected with, as the ORM itself does it."""
    told, select = compiler.klass_info, compiler.select
    model, first, last = told["model"], told["select_fields"][0], told["select_fields"][-1] + 1
    names = [column.target.attname for column, _sql, _alias in select[first:last]]
    related = get_related_populators(told, select, connection.alias)  # type: ignore[call-arg]  # as Django 5.2 has it

    def made(row: Any) -> Any:
        found = model.from_db(DEFAULT_DB_ALIAS, names, row[first:last])
        for each in related:
            each.populate(row, found)
        return found

    return made
