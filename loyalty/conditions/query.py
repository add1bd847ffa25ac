"""A condition as SQL over accounts, for choosing members by the million.

Every comparison comes out true or false, never unknown, so ``none`` means in SQL what it means in
``predicate``. Facts come from the same expressions the batch selects, metrics from the same days the
sheet sums. Works on SQLite and PostgreSQL.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from functools import lru_cache, reduce
from operator import add, and_, or_
from typing import Any, cast

from django.db.models import (
    BooleanField,
    Case,
    Count,
    F,
    IntegerField,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.expressions import BaseExpression, Combinable
from django.db.models.functions import ExtractDay, ExtractMonth, StrIndex
from django.db.models.lookups import (
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    In,
    IsNull,
    LessThan,
    LessThanOrEqual,
)

from loyalty import bulk
from loyalty.asking import Question
from loyalty.conditions import anchoring, anniversaries, operators, tree, vocabulary, windows
from loyalty.conditions.codes import Codes
from loyalty.conditions.faults import EventFactHere, UnknownFact
from loyalty.conditions.operators import CURRENT
from loyalty.conditions.predicate import TESTS
from loyalty.conditions.tree import Leaf, Node
from loyalty.conditions.windows import Window
from loyalty.crowds import Crowd
from loyalty.models import Account, Metric, Tally
from loyalty.registry import Fact, ValueType, registry

Known = BaseExpression | F
Build = Callable[[Any, Any, date], Q]  # (expression, value, as_of); a missing value may come out as NULL
NEGATIVE = {"ne", "not_in", "not_in_last_days"}  # hold where nothing is known
EVERYONE = Q(pk__isnull=False)  # an empty Q would vanish beside others


def where(raw: Any, *, as_of: date) -> Q:
    """A filter over ``Account`` that holds for whom the condition holds on ``as_of``.

    It carries its own subqueries and needs no annotation. Raises a ``ConditionError``: unlike a
    predicate it can't speak of an event.
    """
    node = tree.read(raw)
    return Q() if node is None else _node(node, as_of, frozenset())


def accounts(raw: Any, *, as_of: date) -> QuerySet[Account]:
    """The accounts, closed ones too, for whom the condition holds on business day ``as_of``."""
    return Account.objects.filter(where(raw, as_of=as_of))


def load_facts(account_ids: Sequence[int], codes: Iterable[str]) -> dict[int, dict[str, Any]]:
    """Values of registered facts for a batch of accounts, in one query; raises ``UnknownFact``."""
    wanted = sorted(set(codes))
    if not wanted or not account_ids:
        return {account_id: {} for account_id in account_ids}
    rows = _facts(tuple(wanted))(account_ids)
    return {account_id: dict(zip(wanted, values, strict=True)) for account_id, *values in rows}


@lru_cache(maxsize=256)
def _facts(codes: tuple[str, ...]) -> Question:
    selected = {f"fact_{place}": _expression(code, "") for place, code in enumerate(codes)}
    accounts = Account.objects.annotate(**selected).values_list("pk", *selected)
    return Question(lambda account_ids: accounts.filter(bulk.among("id", account_ids)))


def _node(node: Node, as_of: date, within: frozenset[str]) -> Q:
    """``within`` are the groups whose conditions it stands in."""
    if isinstance(node, Leaf):
        crowd = registry.find(Crowd, node.fact) if node.source == "fact" else None
        return _leaf(node, as_of) if crowd is None else _crowd(node, crowd, as_of, within)
    parts = [_node(child, as_of, within) for child in node.children]
    if node.way == "all":
        return reduce(and_, parts)
    if node.way == tree.AT_LEAST:
        return Q(GreaterThanOrEqual(reduce(add, (_one_if(part) for part in parts)), node.least))
    some = reduce(or_, parts)
    return ~some if node.way == "none" else some


def _one_if(part: Q) -> Case:
    """1 where it holds, else 0: what "at least so many" adds up."""
    return Case(When(part, then=Value(1)), default=Value(0), output_field=IntegerField())


def _crowd(leaf: Leaf, crowd: Crowd, as_of: date, within: frozenset[str]) -> Q:
    """Groups by a condition as that condition, the others by the fact's rows."""
    vocabulary.check(leaf, ValueType.SET)
    behind = crowd.trees(leaf.value)
    rows = _expression(leaf.fact, leaf.path)
    parts = []
    for code in dict.fromkeys(leaf.value):
        if code not in behind:
            parts.append(_listed(rows, code))
        elif code in within:
            parts.append(~EVERYONE)
        else:
            node = tree.read(behind[code])
            parts.append(EVERYONE if node is None else _node(node, as_of, within | {code}))
    if leaf.op == "has_all":
        return reduce(and_, parts)
    some = reduce(or_, parts)
    return ~some if leaf.op == "has_none" else some


def _listed(rows: Known, code: str) -> Q:
    return rows.any_of([code]) if isinstance(rows, Codes) else ~EVERYONE


def _leaf(leaf: Leaf, as_of: date) -> Q:
    path = f"{leaf.path}.fact" if leaf.path else "fact"
    if leaf.source == "event":
        raise EventFactHere(param=path, fact=leaf.fact)
    if leaf.source == "metric":
        vocabulary.check(leaf, ValueType.NUMBER)
        return _counted(leaf, as_of)
    expression = _expression(leaf.fact, path)
    type_ = registry.get(Fact, leaf.fact).type
    vocabulary.check(leaf, type_)
    if isinstance(expression, Codes):
        return _set(expression, leaf)
    missing = Q(IsNull(expression, True))
    if leaf.op in operators.BLANK:
        blank = Q(Exact(expression, Value(""))) if type_ in operators.WORDED else Q()
        return (missing | blank) if leaf.op == "empty" else ~(missing | blank)
    holds, is_negative = BUILDS[leaf.op](expression, leaf.value, as_of), leaf.op in NEGATIVE
    if isinstance(expression, F):
        return (missing | holds) if is_negative else (~missing & holds)
    # The same, with the subquery asked once: a comparison with nothing is unknown and takes the default.
    decided = When(~holds if is_negative else holds, then=Value(not is_negative))
    return Q(Exact(Case(decided, default=Value(is_negative), output_field=BooleanField()), True))


def _set(codes: Codes, leaf: Leaf) -> Q:
    if leaf.op in operators.BLANK:
        return codes.some() if leaf.op == "not_empty" else ~codes.some()
    return BUILDS[leaf.op](codes, leaf.value, date.min)


def _expression(code: str, path: str) -> Known:
    fact = registry.find(Fact, code)
    if fact is None:
        raise UnknownFact(param=path or None, fact=code)
    return fact.expression()


def _counted(leaf: Leaf, as_of: date) -> Q:
    """The metric over its window, summed up once for all accounts and not for each: a million is counted in
    seconds so. An account that nothing was counted for is missing among the sums and stands at 0.
    """
    if leaf.window is None:
        raise UnknownFact(fact=leaf.fact)
    metric = Metric.objects.filter(code=leaf.name).values("pk")[:1]  # no join, whose size is guessed far too small
    rows = Tally.objects.filter(metric=Subquery(metric), day__lte=as_of)
    rows = rows.filter(_covered(leaf, leaf.window, as_of))
    if leaf.window.counts_days:
        rows = rows.filter(value__gt=0)
    total: Count | Sum = Count("day") if leaf.window.counts_days else Sum("value")
    sums = rows.order_by().values("account").annotate(total=total)
    holds = BUILDS[leaf.op](F("total"), leaf.value, as_of)
    if TESTS[leaf.op](leaf.value)(0, as_of):
        return ~Q(pk__in=sums.filter(~holds).values("account"))
    return Q(pk__in=sums.filter(holds).values("account"))


def _covered(leaf: Leaf, window: Window, as_of: date) -> Q:
    """Which days up to ``as_of`` the window covers, over tallies."""
    if window.anchor:
        path = f"{leaf.path}.window" if leaf.path else "window"
        anchor = cast(Combinable, _expression(window.anchor, path))  # a date is a column or made of columns
        return anchoring.covered(window, anchor, as_of)
    first, _last = windows.bounds(window, as_of)
    return Q() if first is None else Q(day__gte=first)


def _between(left: Any, value: tuple[int, int], _as_of: date) -> Q:
    return Q(GreaterThanOrEqual(left, value[0])) & Q(LessThanOrEqual(left, value[1]))


def _within(left: Any, days: int, as_of: date) -> Q:
    return Q(GreaterThan(left, as_of - timedelta(days=days))) & Q(LessThanOrEqual(left, as_of))


def _coming(left: Any, days: int, as_of: date) -> Q:
    return Q(GreaterThanOrEqual(left, as_of)) & Q(LessThanOrEqual(left, as_of + timedelta(days=days)))


def _comes(left: Any, days: int, as_of: date) -> Q:
    span = anniversaries.span(as_of, days)
    mark = ExtractMonth(left) * 100 + ExtractDay(left)
    low, high = Q(GreaterThanOrEqual(mark, span.low)), Q(LessThanOrEqual(mark, span.high))
    return low & high if span.low <= span.high else low | high


def _month_is(left: Any, month: int | str, as_of: date) -> Q:
    return Q(Exact(ExtractMonth(left), as_of.month if month == CURRENT else month))


BUILDS: dict[str, Build] = {
    "eq": lambda left, value, _as_of: Q(Exact(left, value)),
    "ne": lambda left, value, _as_of: ~Q(Exact(left, value)),
    "gt": lambda left, value, _as_of: Q(GreaterThan(left, value)),
    "gte": lambda left, value, _as_of: Q(GreaterThanOrEqual(left, value)),
    "lt": lambda left, value, _as_of: Q(LessThan(left, value)),
    "lte": lambda left, value, _as_of: Q(LessThanOrEqual(left, value)),
    "between": _between,
    # Not LIKE, which ignores case on one of the two databases.
    "contains": lambda left, value, _as_of: Q(GreaterThan(StrIndex(left, Value(value)), 0)),
    "starts_with": lambda left, value, _as_of: Q(Exact(StrIndex(left, Value(value)), 1)),
    "in": lambda left, value, _as_of: Q(In(left, value)),
    "not_in": lambda left, value, _as_of: ~Q(In(left, value)),
    "has_any": lambda left, value, _as_of: left.any_of(value),
    "has_all": lambda left, value, _as_of: left.all_of(value),
    "has_none": lambda left, value, _as_of: ~left.any_of(value),
    "before": lambda left, value, _as_of: Q(LessThan(left, value)),
    "after": lambda left, value, _as_of: Q(GreaterThan(left, value)),
    "on": lambda left, value, _as_of: Q(Exact(left, value)),
    "in_last_days": _within,
    "not_in_last_days": lambda left, days, as_of: ~_within(left, days, as_of),
    "in_next_days": _coming,
    "on_day": lambda left, _value, as_of: _comes(left, 0, as_of),
    "within_days": _comes,
    "month_is": _month_is,
    "is_true": lambda left, _value, _as_of: Q(Exact(left, True)),
    "is_false": lambda left, _value, _as_of: Q(Exact(left, False)),
}
