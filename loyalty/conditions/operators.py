"""The comparisons: which types take them, what value they take, and how it is read.

A leaf of the room. ``OPERATORS`` is the one list: the predicate, the SQL, the sentence and the
editor's catalogue each have an answer for every code in it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import pgettext_lazy

from loyalty.conditions import anniversaries, windows
from loyalty.conditions.faults import (
    DateWanted,
    ListWanted,
    MonthWanted,
    NotACondition,
    NoValueWanted,
    NumberWanted,
    RangeWanted,
    TextWanted,
    UnknownOperator,
)
from loyalty.registry import Text, ValueType

LARGEST = 10**15
LONGEST_TEXT = 200
LONGEST_LIST = 100
CURRENT = "current"

NUMERIC = frozenset({ValueType.NUMBER, ValueType.MONEY})
WORDED = frozenset({ValueType.TEXT, ValueType.CHOICE})
TEXT = frozenset({ValueType.TEXT})
DATE = frozenset({ValueType.DATE})
BOOLEAN = frozenset({ValueType.BOOLEAN})
MONTHDAY = frozenset({ValueType.MONTHDAY})
SET = frozenset({ValueType.SET})
BLANK = frozenset({"empty", "not_empty"})


@dataclass(frozen=True, slots=True)
class Operator:
    """``takes`` names the value: nothing, one, two, many, date, days, ahead (days), month."""

    code: str
    label: Text
    takes: str
    types: frozenset[ValueType]


OPERATORS: dict[str, Operator] = {
    operator.code: operator
    for operator in (
        Operator("eq", pgettext_lazy("comparison", "is"), "one", NUMERIC | WORDED),
        Operator("ne", pgettext_lazy("comparison", "is not"), "one", NUMERIC | WORDED),
        Operator("gte", pgettext_lazy("comparison", "is at least"), "one", NUMERIC),
        Operator("gt", pgettext_lazy("comparison", "is more than"), "one", NUMERIC),
        Operator("lte", pgettext_lazy("comparison", "is at most"), "one", NUMERIC),
        Operator("lt", pgettext_lazy("comparison", "is less than"), "one", NUMERIC),
        Operator("between", pgettext_lazy("comparison", "is between"), "two", NUMERIC),
        Operator("contains", pgettext_lazy("comparison", "contains"), "one", TEXT),
        Operator("starts_with", pgettext_lazy("comparison", "starts with"), "one", TEXT),
        Operator("in", pgettext_lazy("comparison", "is one of"), "many", WORDED),
        Operator("not_in", pgettext_lazy("comparison", "is none of"), "many", frozenset({ValueType.CHOICE})),
        Operator("has_any", pgettext_lazy("comparison", "has any of"), "many", SET),
        Operator("has_all", pgettext_lazy("comparison", "has all of"), "many", SET),
        Operator("has_none", pgettext_lazy("comparison", "has none of"), "many", SET),
        Operator("before", pgettext_lazy("comparison", "is before"), "date", DATE),
        Operator("after", pgettext_lazy("comparison", "is after"), "date", DATE),
        Operator("on", pgettext_lazy("comparison", "is on"), "date", DATE),
        Operator("in_last_days", pgettext_lazy("comparison", "is within the last days"), "days", DATE),
        Operator("not_in_last_days", pgettext_lazy("comparison", "is not within the last days"), "days", DATE),
        Operator("in_next_days", pgettext_lazy("comparison", "is within the next days"), "days", DATE),
        Operator("on_day", pgettext_lazy("comparison", "is today"), "nothing", MONTHDAY),
        Operator("within_days", pgettext_lazy("comparison", "comes within the next days"), "ahead", MONTHDAY),
        Operator("month_is", pgettext_lazy("comparison", "is in the month"), "month", MONTHDAY),
        Operator("is_true", pgettext_lazy("comparison", "yes"), "nothing", BOOLEAN),
        Operator("is_false", pgettext_lazy("comparison", "no"), "nothing", BOOLEAN),
        Operator("empty", pgettext_lazy("comparison", "is not filled in"), "nothing", frozenset(ValueType)),
        Operator("not_empty", pgettext_lazy("comparison", "is filled in"), "nothing", frozenset(ValueType)),
    )
}


def suiting(type_: ValueType, *, counted: bool = False) -> list[Operator]:
    """The comparisons of a type, in the editor's order. ``counted``: it can't be asked whether it is filled in."""
    suit = [operator for operator in OPERATORS.values() if type_ in operator.types]
    return [operator for operator in suit if not (counted and operator.code in BLANK)]


def read(takes: str, raw: Any, path: str) -> Any:
    """The value in the form the compilers use (dates as ``date``, lists as tuples); raises at ``path``."""
    return _READERS[takes](raw, path)


def _nothing(raw: Any, path: str) -> None:
    if raw is not None:
        raise NoValueWanted(param=path)


def number(raw: Any, path: str, low: int = -LARGEST, high: int = LARGEST) -> int:
    """A whole number within bounds; ``True`` and ``1.0`` are none."""
    if type(raw) is not int or not low <= raw <= high:
        raise NumberWanted(param=path, low=low, high=high)
    return raw


def text(raw: Any, path: str) -> str:
    """A text both databases can hold: not empty, no NUL, no half of a surrogate pair."""
    if not isinstance(raw, str) or not 1 <= len(raw) <= LONGEST_TEXT or "\0" in raw:
        raise TextWanted(param=path, limit=LONGEST_TEXT)
    if any("\ud800" <= char <= "\udfff" for char in raw):
        raise TextWanted(param=path, limit=LONGEST_TEXT)
    return raw


def _one(raw: Any, path: str) -> int | str:
    return number(raw, path) if isinstance(raw, int | float) or raw is None else text(raw, path)


def _two(raw: Any, path: str) -> tuple[int, int]:
    if not isinstance(raw, list | tuple) or len(raw) != 2:
        raise RangeWanted(param=path)
    low, high = number(raw[0], f"{path}.0"), number(raw[1], f"{path}.1")
    if low > high:
        raise RangeWanted(param=path)
    return low, high


def _many(raw: Any, path: str) -> tuple[str, ...]:
    if not isinstance(raw, list | tuple) or not 1 <= len(raw) <= LONGEST_LIST:
        raise ListWanted(param=path, limit=LONGEST_LIST)
    return tuple(text(item, f"{path}.{place}") for place, item in enumerate(raw))


def _date(raw: Any, path: str) -> date:
    try:
        day = date.fromisoformat(raw)
    except (TypeError, ValueError):
        raise DateWanted(param=path) from None
    if day.isoformat() != raw:  # 20260501 and 2026-W18-5 are dates too, but not ours
        raise DateWanted(param=path)
    return day


def _month(raw: Any, path: str) -> int | str:
    if raw == CURRENT or (type(raw) is int and 1 <= raw <= 12):
        return CURRENT if raw == CURRENT else int(raw)
    raise MonthWanted(param=path)


_READERS: dict[str, Callable[[Any, str], Any]] = {
    "nothing": _nothing,
    "one": _one,
    "two": _two,
    "many": _many,
    "date": _date,
    "days": lambda raw, path: number(raw, path, 1, windows.LONGEST_DAYS),
    "ahead": lambda raw, path: number(raw, path, 0, anniversaries.LONGEST_DAYS),
    "month": _month,
}


def find(code: Any, *, fact: str, path: str) -> Operator:
    """The comparison of that code; raises ``NotACondition`` or ``UnknownOperator``."""
    if not isinstance(code, str):
        raise NotACondition(param=path)
    if code not in OPERATORS:
        raise UnknownOperator(param=path, fact=fact, op=code)
    return OPERATORS[code]
