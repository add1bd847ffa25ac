"""A standing on one ladder as the judge sees it, and what is made of it. Pure: no database, no clock."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

from loyalty import conditions
from loyalty.conditions import Leaf


class Figures(Protocol):
    """What is known of one member."""

    def value(self, leaf: Leaf, as_of: date) -> Any:
        """A metric over the leaf's window on ``as_of``, or a fact as it is."""

    def score(self, first: date | None, last: date) -> int:
        """What the ladder counts, from ``first`` (``None``: ever) to ``last``."""


@dataclass(frozen=True, slots=True)
class Stand:
    """A standing as the judge sees it; tiers by id."""

    joined_on: date
    earned: int | None = None
    reached_on: date | None = None
    term_from: date | None = None  # the day the present term of validity began; at first the one it was reached on
    valid_through: date | None = None
    before: int | None = None
    before_through: date | None = None
    granted: int | None = None
    granted_through: date | None = None
    paid: int | None = None
    paid_through: date | None = None
    floor: int | None = None
    locked_through: date | None = None
    held_by: int | None = None  # the version whose terms protect the earned tier


@dataclass(frozen=True, slots=True)
class Verdict:
    """The standing afterwards, what became of the earned tier, and the comparisons that decided it."""

    stand: Stand
    outcome: str
    next_review_on: date | None
    findings: tuple[conditions.Finding, ...] = field(default=())
