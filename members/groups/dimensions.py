"""What members can be told apart by, counted and listed: the vocabulary of conditions about people.

A field of the person counts once. A counted number can be asked over five periods (the last days, this
month, quarter or year, all time) and in two ways (in total, on how many days), and counts as often; that
"the last days" may be any number of days, and a period begin with a date of the member, adds nothing. Fields
of events, which only rules can ask, are left out.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from loyalty import conditions
from loyalty.conditions import windows
from loyalty.registry import Text, ValueType

PERIODS = len(windows.CALENDARS) + 2
WAYS = 2
TYPES: dict[str, Text] = {
    ValueType.NUMBER: pgettext_lazy("type of a fact", "number"),
    ValueType.MONEY: _("money"),
    ValueType.TEXT: pgettext_lazy("type of a fact", "text"),
    ValueType.CHOICE: _("one of a list"),
    ValueType.DATE: _("date"),
    ValueType.BOOLEAN: _("yes or no"),
    ValueType.MONTHDAY: _("day of the year"),
    ValueType.SET: _("several of a list"),
}


@dataclass(frozen=True, slots=True)
class Dimension:
    """One line of the page; ``ways`` is how many dimensions it stands for."""

    code: str
    label: str
    type: Text
    operators: tuple[str, ...]
    example: str
    ways: int

    def answers(self, word: str) -> bool:
        return word in f"{self.label} {self.code} {self.type}".casefold()


@dataclass(slots=True)
class Group:
    """The dimensions of one subject."""

    label: str
    dimensions: list[Dimension] = field(default_factory=list)

    @property
    def count(self) -> int:
        return sum(each.ways for each in self.dimensions)


@dataclass
class Directory:
    """All groups, in the order the editor offers them."""

    groups: list[Group]

    @cached_property
    def fields(self) -> int:
        """How many stand for themselves."""
        return sum(1 for group in self.groups for each in group.dimensions if each.ways == 1)

    @cached_property
    def metrics(self) -> int:
        """How many are counted."""
        return sum(1 for group in self.groups for each in group.dimensions if each.ways > 1)

    @property
    def total(self) -> int:
        return sum(group.count for group in self.groups)

    def matching(self, words: str) -> list[Group]:
        """The groups with what answers to each of the words."""
        asked = words.casefold().split()
        kept = [
            Group(group.label, [each for each in group.dimensions if all(map(each.answers, asked))])
            for group in self.groups
        ]
        return [group for group in kept if group.dimensions]


def directory(*, currency: str) -> Directory:
    """The vocabulary of today, in the active language. One query for each list of choices."""
    groups: dict[str, Group] = {}
    vocabulary = conditions.Vocabulary()
    for offer in conditions.catalogue(None):
        group = groups.setdefault(offer["group"], Group(offer["group"]))
        group.dimensions.append(_dimension(offer, currency, vocabulary))
    return Directory(list(groups.values()))


def _dimension(offer: dict[str, Any], currency: str, vocabulary: conditions.Vocabulary) -> Dimension:
    return Dimension(
        code=offer["code"],
        label=offer["label"],
        type=TYPES[offer["type"]],
        operators=tuple(op["label"] for op in offer["ops"]),
        example=_example(offer, currency, vocabulary),
        ways=PERIODS * WAYS if offer["needs_window"] else 1,
    )


def _example(offer: dict[str, Any], currency: str, vocabulary: conditions.Vocabulary) -> str:
    """A comparison of it in words; nothing where there is no choice yet to compare with."""
    codes = [op["code"] for op in offer["ops"]]
    op = next(code for code in (*_EXAMPLES, *codes) if code in codes)
    value = _EXAMPLES.get(op)
    if op in _CHOOSING and offer["choices"] is not None:
        first = [code for code, _label in offer["choices"][:1]]
        value = (first if op != "eq" else first[0]) if first else None
        if value is None:
            return ""
    if op == "gte" and offer["type"] == ValueType.MONEY:
        value = 50_000
    leaf = {"fact": offer["code"], "op": op, "value": value}
    window = {"window": {"days": 90}} if offer["needs_window"] else {}
    return conditions.sentence(leaf | window, currency=currency, vocabulary=vocabulary)


_CHOOSING = {"eq", "has_any"}
_EXAMPLES: dict[str, Any] = {
    "gte": 3,
    "in_last_days": 30,
    "within_days": 7,
    "has_any": ["…"],
    "is_true": None,
    "eq": "…",
}


def summed(groups: Iterable[Group]) -> int:
    """How many dimensions these groups hold."""
    return sum(group.count for group in groups)
