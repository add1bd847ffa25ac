"""What facts are made of: rows tied to an account by ``OuterRef("pk")``, counted, added up, or the latest.

Each function gives an expression over ``Account``. ``owner`` is the column that ties the rows, so that
the database can use its index; rows are not ordered unless the function says so.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import (
    Aggregate,
    BooleanField,
    Case,
    Count,
    Exists,
    F,
    Max,
    Min,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.expressions import BaseExpression, Combinable
from django.db.models.functions import Coalesce, TruncDate

from loyalty.registry import Fact, Text, ValueType

Rows = QuerySet[Any, Any]


@dataclass(frozen=True, slots=True)
class Family:
    """Facts whose codes begin alike and that stand together where one is picked. ``moves``: see ``registry.Fact``."""

    prefix: str
    group: Text
    moves: bool = False

    def fact(
        self,
        code: str,
        label: Text,
        type_: ValueType,
        expression: Callable[[], BaseExpression | F],
        choices: Callable[[], Sequence[tuple[str, Text]]] | None = None,
    ) -> Fact:
        return Fact(f"{self.prefix}.{code}", label, type_, expression, choices, self.group, self.moves)


def measured(rows: Rows, aggregate: Aggregate, *, owner: str = "account") -> Subquery:
    """An aggregate over the rows; nothing where there are none."""
    return Subquery(rows.order_by().values(owner).annotate(measured=aggregate).values("measured")[:1])


def count(rows: Rows, column: str = "pk", *, owner: str = "account", distinct: bool = False) -> BaseExpression:
    """How many rows, or different values of a column."""
    return Coalesce(measured(rows, Count(column, distinct=distinct), owner=owner), 0)


def total(rows: Rows, what: Any, *, owner: str = "account") -> BaseExpression:
    """The sum of a column or expression, 0 where there is no row."""
    return Coalesce(measured(rows, Sum(what), owner=owner), 0)


def least(rows: Rows, what: Any, *, owner: str = "account") -> Subquery:
    return measured(rows, Min(what), owner=owner)


def most(rows: Rows, what: Any, *, owner: str = "account") -> Subquery:
    return measured(rows, Max(what), owner=owner)


def top(rows: Rows, column: str) -> Subquery:
    """The column of the first of ordered rows."""
    return Subquery(rows.values(column)[:1])


def whether(condition: Q | Exists) -> BaseExpression:
    """Yes or no, never unknown."""
    return Case(When(condition, then=Value(True)), default=Value(False), output_field=BooleanField())


def some(rows: Rows) -> BaseExpression:
    """Yes or no: whether there is a row."""
    return whether(Exists(rows))


def there(rows: Rows) -> Exists:
    """The same as a filter of other rows."""
    return Exists(rows)


def day(moment: Combinable) -> BaseExpression:
    """The calendar day of an instant, in the site's zone."""
    return TruncDate(moment)
