"""The shapes that deciding works on: what goes in, what is compiled once, what comes out.

Plain values without a database, a clock or an ORM. Money is integer minor units, points are
integers, rates and factors are kept as integer ratios so that no figure ever passes a float.
Instances that are made for every event have slots and no validation; definitions are validated
once, when they are published (``deciding.validation``).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal, Protocol

from loyalty.conditions.predicate import Finding, Predicate
from loyalty.conditions.tree import Leaf

Outcome = Literal["applied", "not_in_force", "schedule", "condition", "nothing", "stopped", "exclusive", "cap"]
Reader = Callable[[Mapping[str, Any]], Any]


class Context(Protocol):
    """What is known of the account at the event: facts, metric windows and how far caps are used."""

    def lookup(self, leaf: Leaf) -> Any:
        """The value of a leaf that is not a field of the event."""

    def used(self, rule_id: int, currency: str, start: date, end: date) -> int:
        """What the rule has awarded the account on business days in [start, end)."""

    def spent(self, rule_id: int, currency: str, per: str, start: date) -> int:
        """What the rule has awarded everybody together in the period ``per`` that begins at ``start``."""


@dataclass(slots=True)
class EventView:
    """An event as rules see it. ``day`` is its business day in the programme's ``zone``.

    ``member_zone`` is the account's own zone, or empty; only schedules that ask for the member's
    clock look at it.
    """

    kind: str
    occurred_at: datetime
    day: date
    payload: Mapping[str, Any]
    account_id: int
    zone: str
    member_zone: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """The programme's settings that change what an event is worth.

    ``ceiling`` is the highest multiplier as an integer ratio, or ``None``; ``remainder`` tells which
    lines get what is left of a total split over them; with ``tier_judged`` "after" an event is decided by
    the facts it leads to (``events.foreseeing``). ``version`` is the number of the programme's
    policies this comes from, 0 where they never changed; ``note`` is what a receipt keeps of it all.
    """

    stacking: str = "additive"
    ceiling: tuple[int, int] | None = None
    rounding_step: str = "once"
    rounding_mode: str = "floor"
    threshold_refund: str = "rejudge"
    currency: str = "CNY"
    money_digits: int = 2
    remainder: str = "largest"
    free_items_earn: bool = False
    tier_judged: str = "before"
    version: int = 0

    note: Mapping[str, Any] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        note = {
            "stacking": self.stacking,
            "ceiling": None if self.ceiling is None else ratio_text(*self.ceiling),
            "step": self.rounding_step,
            "mode": self.rounding_mode,
            "currency": self.currency,
            "digits": self.money_digits,
        }
        if self.tier_judged != "before":
            note["tier"] = self.tier_judged
        if self.version:
            note["version"] = self.version
        object.__setattr__(self, "note", note)


def ratio_text(top: int, bottom: int) -> str:
    """A ratio as a person writes it: ``3/2`` → ``1.5``; one that never ends stays ``1/3``."""
    shifted, digits = top, 0
    while shifted % bottom and digits < 6:
        shifted, digits = shifted * 10, digits + 1
    if shifted % bottom:
        return f"{top}/{bottom}"
    text = str(shifted // bottom).rjust(digits + 1, "0")
    return f"{text[:-digits]}.{text[-digits:]}" if digits else text


@dataclass(frozen=True, slots=True)
class LineFilter:
    """Which lines an effect looks at: by SKU or category, taken in and left out."""

    skus: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    without_skus: frozenset[str] = frozenset()
    without_categories: frozenset[str] = frozenset()

    def takes(self, sku: str, category: str) -> bool:
        """Whether a line belongs; an empty "include" takes every line that is not left out."""
        if sku in self.without_skus or category in self.without_categories:
            return False
        if self.skus or self.categories:
            return sku in self.skus or category in self.categories
        return True


@dataclass(frozen=True, slots=True)
class PointsEffect:
    """One of the ``points.…`` effects, ready to calculate.

    ``top / bottom`` is points per minor unit for a rate, the factor for a multiplier, points for
    each so many of ``by`` for ``every``; ``top`` is the number of points of a fixed effect.
    ``rungs`` are a ladder's steps, (from, points) rising. ``index`` is the place in the rule's
    effects; ``stem`` what every step of a receipt about it says. ``expiry`` and ``wait`` are the
    rule's own lifetime and what its points wait for, as written.
    """

    kind: Literal["rate", "fixed", "multiply", "ladder", "every"]
    index: int
    currency: str
    top: int
    bottom: int
    filter: LineFilter | None
    with_freight: bool
    with_points_paid: bool
    stem: Mapping[str, Any]
    by: str = ""
    rungs: tuple[tuple[int, int], ...] = ()
    expiry: Mapping[str, Any] | None = None
    wait: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class GrantEffect:
    """An effect besides points; carried out by whoever contributed it."""

    index: int
    code: str
    params: Mapping[str, Any]
    stem: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Cap:
    """The most a rule gives one member (``of``: or everyone together) in a period.

    ``rejects`` gives all or nothing.
    """

    per: Literal["order", "day", "month", "year", "lifetime"]
    currency: str
    limit: int
    rejects: bool
    of: Literal["member", "everyone"] = "member"


class Timetable(Protocol):
    """When a rule is awake, see ``deciding.schedule``."""

    def fault(self, event: EventView) -> str: ...


@dataclass(frozen=True, slots=True, eq=False)
class CompiledRule:
    """A rule version that can judge. ``reads`` reads the event's fields for its condition.

    In force in [``since``, ``until``), judged by when the event happened. ``outside`` are the
    leaves whose values are not in the event and that a receipt must therefore keep.
    """

    version_id: int
    rule_id: int
    number: int
    kind: str
    name_zh: str
    name_en: str
    priority: int
    is_exclusive: bool
    stops: bool
    predicate: Predicate | None
    schedule: Timetable | None
    points: tuple[PointsEffect, ...]
    grants: tuple[GrantEffect, ...]
    caps: tuple[Cap, ...]
    reads: Mapping[str, Reader]
    outside: tuple[Leaf, ...] = ()
    since: datetime | None = None
    until: datetime | None = None

    @property
    def order(self) -> tuple[int, int]:
        return (self.priority, self.rule_id)

    def is_in_force(self, at: datetime) -> bool:
        """Half-open: a version begins at its first instant and is over at its last."""
        return (self.since is None or self.since <= at) and (self.until is None or at < self.until)


@dataclass(slots=True)
class Award:
    """What one effect gives. ``awarded`` may be less than ``desired``, even 0, because of a cap.

    ``reason`` is empty, ``clipped:<per>`` or ``rejected:<per>``, with ``budget`` for the period where
    it was a limit for everyone. ``by_line`` follows the payload's
    lines, then freight where the order has some, and adds up to ``awarded``; an event without
    lines counts as one line. ``expiry`` (``mode``, ``length``) and ``wait`` (``for``, ``days``) are
    the rule's own, else ``None``.
    """

    rule_id: int
    version_id: int
    effect: int
    currency: str
    desired: int
    awarded: int
    reason: str
    by_line: list[int]
    kind: str
    expiry: Mapping[str, Any] | None = None
    wait: Mapping[str, Any] | None = None


@dataclass(slots=True)
class Decided:
    """What an event is worth, and the receipt that explains it. ``receipt`` is plain JSON."""

    awards: list[Award] = field(default_factory=list)
    grants: list[dict[str, Any]] = field(default_factory=list)
    receipt: dict[str, Any] = field(default_factory=dict)

    def total(self, currency: str = "points") -> int:
        """The sum awarded in one currency."""
        return sum(award.awarded for award in self.awards if award.currency == currency)


@dataclass(slots=True)
class Verdict:
    """What became of one rule.

    ``finding`` is the comparison that failed and the value it met, ``part`` the part of the schedule
    that did not hold, ``by`` the version (with its names) that stopped it or stood alone.
    """

    rule_id: int
    version_id: int
    number: int
    name_zh: str
    name_en: str
    outcome: Outcome
    finding: Finding | None = None
    part: str = ""
    by: Mapping[str, Any] | None = None
    steps: list[dict[str, Any]] = field(default_factory=list)
