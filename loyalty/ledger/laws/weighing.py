"""How laws ask: rows of several tables are put one under the other, summed by key, and compared.

One statement of ``UNION ALL`` and ``GROUP BY`` reads each table once, whatever the planner believes
of them: there is nothing to join, hence nothing to join badly. The database sorts or hashes on disk
what its memory does not hold, and only what is uneven leaves it. Being one statement, it sees the
books at one instant, so deeds under way raise no false alarm.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.db.models import BigIntegerField, Case, F, Model, Q, QuerySet, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from loyalty.models import Account, Currency

CUT = 10_000  # breaches of one law that are told; more than that is one fault of the programme
_BY_INDEX = {"enable_seqscan": "off", "enable_hashjoin": "off", "enable_mergejoin": "off", "jit": "off"}
_WHOLE = BigIntegerField()
Scope = Collection[int] | None
Weight = str | int | Combinable


@dataclass(frozen=True, slots=True)
class Side:
    """Rows of one table: the columns they are summed by, and what each weighs."""

    rows: QuerySet[Any]
    keys: Sequence[str]
    weights: Mapping[str, Weight]


class Purse(NamedTuple):
    """Whose row it is, as people name it."""

    account_id: int
    number: str
    currency: str

    def __str__(self) -> str:
        return f"{self.number} {self.currency}"


def side(rows: QuerySet[Any], *keys: str, **weights: Weight) -> Side:
    """One side of the scales; a weight is a column (with a minus perhaps), an expression or a plain number."""
    return Side(rows, keys, weights)


def within(rows: QuerySet[Any], accounts: Scope, path: str = "account_id") -> QuerySet[Any]:
    """Only the rows of these accounts; ``None`` means all."""
    return rows if accounts is None else rows.filter(**{f"{path}__in": accounts})


def beneath(
    parent: type[Model],
    relation: str,
    accounts: Scope,
    *keys: str,
    where: Mapping[str, Any] | None = None,
    **weights: str,
) -> Side:
    """A side of rows that hang on ``parent`` by its ``relation`` and are not indexed by account themselves.

    ``keys``, ``where`` and ``weights`` name columns of these rows. Of all accounts they are read by
    themselves; of some, from the parents on, by an outer join, which no planner turns round: a parent
    without such rows then weighs nothing.
    """
    link: Any = parent._meta.get_field(relation)  # Django's documented way to a relation
    where = where or {}
    if accounts is None:
        return side(link.related_model._default_manager.filter(**where), *keys, **weights)
    to_parent = f"{link.field.name}__"

    def seen(name: str) -> str:
        """A column of the row, seen from its parent."""
        if name == link.field.attname:
            return "pk"
        return name.removeprefix(to_parent) if name.startswith(to_parent) else f"{relation}__{name}"

    of_parent = {seen(name): value for name, value in where.items() if name.startswith(to_parent)}
    of_row = Q(**{seen(name): value for name, value in where.items() if not name.startswith(to_parent)})
    rows = parent._default_manager.filter(account_id__in=accounts, **of_parent)
    moved: dict[str, Combinable] = {name: _signed(weight, seen) for name, weight in weights.items()}
    if of_row:
        moved = {name: Case(When(of_row, then=weight), output_field=_WHOLE) for name, weight in moved.items()}
    filled = {name: Coalesce(weight, Value(0), output_field=_WHOLE) for name, weight in moved.items()}
    return side(rows, *map(seen, keys), **filled)


@contextmanager
def by_index() -> Iterator[None]:
    """Inside, PostgreSQL goes from accounts to their rows by indexes.

    Left alone, and without figures of a fresh bulk load, it would read whole tables for a few accounts.
    """
    if connection.vendor != "postgresql":
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("; ".join(f"SET LOCAL {name} TO {value}" for name, value in _BY_INDEX.items()))
        yield
        cursor.execute("; ".join(f"SET LOCAL {name} TO DEFAULT" for name in _BY_INDEX))


def uneven(law: str, *sides: Side) -> Iterator[tuple[Any, ...]]:
    """Keys and sums where ``law`` holds of the sums, by their names: ``known <> posted``. At most ``CUT``.

    Sums come in the order in which the sides name them first; ``law`` is a constant of our own.
    """
    names = list(dict.fromkeys(name for each in sides for name in each.weights))
    keys = [f"key_{place}" for place in range(len(sides[0].keys))]
    parts: list[str] = []
    values: list[Any] = []
    for each in sides:
        statement, parameters = _statement(each, keys, names)
        parts.append(statement)
        values += parameters
    sums = ", ".join(f"SUM(weight_{name}) AS {name}" for name in names)
    listed = ", ".join(keys)
    query = (
        f"SELECT * FROM (SELECT {listed}, {sums} FROM ({' UNION ALL '.join(parts)}) AS sides GROUP BY {listed}) AS sums"  # noqa: S608  # names of our own, values are parameters
        f" WHERE {law} LIMIT {CUT}"
    )
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        for row in cursor.fetchall():
            yield tuple(_plain(value) for value in row)


def _statement(each: Side, keys: Sequence[str], names: Sequence[str]) -> tuple[str, tuple[Any, ...]]:
    columns: dict[str, Any] = {key: F(name) for key, name in zip(keys, each.keys, strict=True)}
    for name in names:
        weight = each.weights.get(name, 0)
        columns[f"weight_{name}"] = _expression(weight)
    rows = each.rows.order_by().annotate(**columns).values_list(*columns)
    statement, parameters = rows.query.sql_with_params()
    return statement, tuple(parameters)


def _expression(weight: Weight) -> Combinable:
    if isinstance(weight, int):
        return Value(weight, output_field=_WHOLE)
    return _signed(weight, str) if isinstance(weight, str) else weight


def _signed(weight: str, seen: Callable[[str], str]) -> Combinable:
    """A column by what ``seen`` calls it, turned round where it has a minus."""
    return -F(seen(weight[1:])) if weight.startswith("-") else F(seen(weight))


def _plain(value: Any) -> Any:
    """Sums as whole numbers and ids as ids, whatever the database's driver makes of them."""
    if isinstance(value, Decimal):
        return int(value)
    return UUID(value) if isinstance(value, str) else value


def purses(pairs: Iterable[tuple[int, int]]) -> dict[tuple[int, int], Purse]:
    """(account, currency) → how people name them. Two queries."""
    wanted = set(pairs)
    numbers = _column(Account, {account for account, _ in wanted}, "number")
    codes = dict(Currency.objects.values_list("id", "code"))
    return {pair: Purse(pair[0], numbers[pair[0]][0], codes[pair[1]]) for pair in wanted}


def owners(model: type[Model], ids: Iterable[UUID | None]) -> dict[UUID | None, Purse]:
    """The purse of each of these entries, lots or holds."""
    rows = _column(model, {each for each in ids if each is not None}, "account_id", "currency_id")
    named = purses(rows.values())
    return {key: named[pair] for key, pair in rows.items()}


def _column(model: type[Model], ids: set[Any], *names: str) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    wanted = sorted(ids)
    for start in range(0, len(wanted), 500):
        rows = model._default_manager.filter(pk__in=wanted[start : start + 500])
        found |= {row[0]: row[1:] for row in rows.values_list("pk", *names)}
    return found
