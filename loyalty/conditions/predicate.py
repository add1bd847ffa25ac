"""A condition as a function of what is known about one event and its member.

Pure: values come from the caller's lookup, the day from the caller. Built once for a rule and run for
every event of a batch, so each comparison is one closure and groups stop at the first answer.

A missing value (``None``, an empty text or set) satisfies only ``empty``, ``ne``, ``not_in``, ``has_none`` and
``not_in_last_days``. ``query`` answers the same in SQL; a property test holds the two together.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from loyalty.conditions import anniversaries, tree
from loyalty.conditions.operators import CURRENT
from loyalty.conditions.tree import Leaf, Node

Lookup = Callable[[Leaf], Any]
Run = Callable[[Lookup, date], bool]
Test = Callable[[Any, date], bool]


@dataclass(frozen=True, slots=True)
class Finding:
    """How one comparison came out. ``ok``: as its place in the tree wants it; under ``none``
    (``negated``) that is when it doesn't hold.
    """

    leaf: Leaf
    actual: Any
    ok: bool
    negated: bool = False


class Predicate:
    """A compiled condition. Calling it answers for one lookup and business day."""

    __slots__ = ("leaves", "node", "run")

    def __init__(self, node: Node | None) -> None:
        self.node = node
        self.leaves: tuple[Leaf, ...] = tuple(tree.leaves(node))
        self.run: Run = _always if node is None else _run(node)

    def __call__(self, lookup: Lookup, as_of: date) -> bool:
        return self.run(lookup, as_of)

    def explain(self, lookup: Lookup, as_of: date) -> list[Finding]:
        """Every comparison with the value found, in the order written."""
        return [] if self.node is None else _findings(self.node, lookup, as_of, negated=False)

    def first_failure(self, lookup: Lookup, as_of: date) -> Finding | None:
        """The first comparison that kept the condition from holding; ``None`` where it holds."""
        if self.node is None or self.run(lookup, as_of):
            return None
        return _blame(self.node, lookup, as_of, negated=False)


def compile_tree(raw: Any) -> Predicate:
    """Compiles a tree as stored. Raises a ``ConditionError`` where it can't be read.

    Asks neither database nor registry: whether its facts exist is ``validate``'s question.
    """
    return Predicate(tree.read(raw))


def _always(lookup: Lookup, as_of: date) -> bool:
    return True


def _run(node: Node) -> Run:
    if isinstance(node, Leaf):
        return _leaf(node)
    children = tuple(_run(child) for child in node.children)
    if node.way == tree.AT_LEAST:
        return _at_least(node.least, children)
    return _GROUPS[node.way](children)


def _leaf(leaf: Leaf) -> Run:
    test = TESTS[leaf.op](leaf.value)

    def run(lookup: Lookup, as_of: date) -> bool:
        return test(lookup(leaf), as_of)

    return run


def _all(children: tuple[Run, ...]) -> Run:
    return lambda lookup, as_of: all(child(lookup, as_of) for child in children)


def _any(children: tuple[Run, ...]) -> Run:
    return lambda lookup, as_of: any(child(lookup, as_of) for child in children)


def _none(children: tuple[Run, ...]) -> Run:
    return lambda lookup, as_of: not any(child(lookup, as_of) for child in children)


def _at_least(least: int, children: tuple[Run, ...]) -> Run:
    """Stops counting at the one that makes it enough."""

    def run(lookup: Lookup, as_of: date) -> bool:
        found = 0
        for child in children:
            found += child(lookup, as_of)
            if found == least:
                return True
        return False

    return run


_GROUPS: dict[str, Callable[[tuple[Run, ...]], Run]] = {"all": _all, "any": _any, "none": _none}


def _findings(node: Node, lookup: Lookup, as_of: date, *, negated: bool) -> list[Finding]:
    if isinstance(node, Leaf):
        return [_finding(node, lookup, as_of, negated=negated)]
    flipped = negated ^ (node.way == "none")
    return [finding for child in node.children for finding in _findings(child, lookup, as_of, negated=flipped)]


def _finding(leaf: Leaf, lookup: Lookup, as_of: date, *, negated: bool) -> Finding:
    actual = lookup(leaf)
    holds = TESTS[leaf.op](leaf.value)(actual, as_of)
    return Finding(leaf, actual, holds != negated, negated)


def _blame(node: Node, lookup: Lookup, as_of: date, *, negated: bool) -> Finding:
    """The first comparison that made ``node`` come out other than wanted (``negated``: false)."""
    if isinstance(node, Leaf):
        return _finding(node, lookup, as_of, negated=negated)
    flipped = negated ^ (node.way == "none")
    guilty = next((child for child in node.children if _run(child)(lookup, as_of) is flipped), node.children[0])
    return _blame(guilty, lookup, as_of, negated=flipped)


def _day(value: Any) -> date | None:
    """A date as facts give it, or as a payload writes it."""
    if isinstance(value, str):
        return date.fromisoformat(value) if value else None
    day: date | None = value
    return day


def _within(value: Any, as_of: date, days: int) -> bool:
    day = _day(value)
    return day is not None and as_of - timedelta(days=days) < day <= as_of


def _coming(value: Any, as_of: date, days: int) -> bool:
    """From today to ``days`` ahead, both included."""
    day = _day(value)
    return day is not None and as_of <= day <= as_of + timedelta(days=days)


def _before(limit: date) -> Test:
    return lambda actual, _as_of: (day := _day(actual)) is not None and day < limit


def _after(limit: date) -> Test:
    return lambda actual, _as_of: (day := _day(actual)) is not None and day > limit


def _month_is(month: int | str) -> Test:
    if month == CURRENT:
        return lambda actual, as_of: (day := _day(actual)) is not None and day.month == as_of.month
    return lambda actual, _as_of: (day := _day(actual)) is not None and day.month == month


def _comes(days: int) -> Test:
    def test(actual: Any, as_of: date) -> bool:
        day = _day(actual)
        return day is not None and anniversaries.span(as_of, days).holds(anniversaries.mark(day))

    return test


def _is_empty(actual: Any) -> bool:
    return actual is None or actual in ("", (), [])


def _held(actual: Any) -> set[Any]:
    """A set fact as a batch gives it (a tuple) or a receipt (a list)."""
    return set(actual or ())


# A comparison value is never missing, so eq, ne, in and not_in need no guard.
TESTS: dict[str, Callable[[Any], Test]] = {
    "eq": lambda value: lambda actual, _as_of: actual == value,
    "ne": lambda value: lambda actual, _as_of: actual != value,
    "gt": lambda value: lambda actual, _as_of: actual is not None and actual > value,
    "gte": lambda value: lambda actual, _as_of: actual is not None and actual >= value,
    "lt": lambda value: lambda actual, _as_of: actual is not None and actual < value,
    "lte": lambda value: lambda actual, _as_of: actual is not None and actual <= value,
    "between": lambda value: lambda actual, _as_of: actual is not None and value[0] <= actual <= value[1],
    "contains": lambda value: lambda actual, _as_of: actual is not None and value in actual,
    "starts_with": lambda value: lambda actual, _as_of: actual is not None and actual.startswith(value),
    "in": lambda value: lambda actual, _as_of: actual in value,
    "not_in": lambda value: lambda actual, _as_of: actual not in value,
    "has_any": lambda value: lambda actual, _as_of: not _held(actual).isdisjoint(value),
    "has_all": lambda value: lambda actual, _as_of: _held(actual).issuperset(value),
    "has_none": lambda value: lambda actual, _as_of: _held(actual).isdisjoint(value),
    "before": _before,
    "after": _after,
    "on": lambda value: lambda actual, _as_of: _day(actual) == value,
    "in_last_days": lambda value: lambda actual, as_of: _within(actual, as_of, value),
    "not_in_last_days": lambda value: lambda actual, as_of: not _within(actual, as_of, value),
    "in_next_days": lambda value: lambda actual, as_of: _coming(actual, as_of, value),
    "on_day": lambda _value: _comes(0),
    "within_days": _comes,
    "month_is": _month_is,
    "is_true": lambda _value: lambda actual, _as_of: bool(actual),
    "is_false": lambda _value: lambda actual, _as_of: actual is not None and not actual,
    "empty": lambda _value: lambda actual, _as_of: _is_empty(actual),
    "not_empty": lambda _value: lambda actual, _as_of: not _is_empty(actual),
}
