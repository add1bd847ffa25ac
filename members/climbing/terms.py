"""A ladder version compiled: its policies, and each tier's "reached if" and "kept if" as predicates. Pure.

A threshold is a comparison like any other, of a fact of its own (source ``score``): what the ladder
counts, over the ladder's window. So the judge, the receipt and the member's bars treat all alike.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import Any

from loyalty import conditions
from loyalty.conditions.tree import Group, Leaf, Node
from members.climbing import spans

SCORE = "score"
_SPAN_DAYS = {"days": 1, "months": 31, "years": 366}


@dataclass(frozen=True, slots=True)
class Policy:
    """The ladder's columns by the same names; see ``models.Ladder``."""

    basis: str = "earned"
    currency: str = "growth"
    window: str = "ever"
    window_length: int = 1
    window_unit: str = "years"
    validity: str = "open"
    validity_length: int = 1
    validity_unit: str = "years"
    rounding: str = "none"
    grace_days: int = 0
    downgrade: str = "to_earned"
    refunds_undo: str = "at_once"
    upgrade_gifts: str = "top"
    warn_days: int = 30

    def counted_from(self, as_of: date, *, joined_on: date, reached_on: date | None) -> date | None:
        """The first day that counts towards thresholds on ``as_of``; ``None``: ever."""
        return spans.window_start(
            self.window, self.window_length, self.window_unit, as_of=as_of, joined_on=joined_on, reached_on=reached_on
        )

    def valid_through(self, start: date, *, joined_on: date) -> date | None:
        """The last day of a tier held from ``start``; ``None`` for open ones."""
        return spans.valid_through(
            self.validity, self.validity_length, self.validity_unit, self.rounding, start=start, joined_on=joined_on
        )

    @property
    def horizon(self) -> int:
        """In how many days at most all that counts towards thresholds today has left the window; 0: never."""
        match self.window:
            case "ever" | "since_reached":
                return 0
            case "calendar_year" | "anniversary":
                return 366 * self.window_length
            case _:
                return self.window_length * _SPAN_DAYS[self.window_unit]


@dataclass(frozen=True)
class Rung:
    """A tier's terms. ``reach`` is ``None`` where figures never lead there; what is kept without
    effort (``is_free``) is never reviewed.
    """

    tier_id: int
    code: str
    rank: int
    threshold: int | None
    reach: conditions.Predicate | None
    keep: conditions.Predicate | None
    asks: tuple[int | None, Mapping[str, Any]] = (None, MappingProxyType({}))  # threshold and tree, as written
    keeps: tuple[int | None, Mapping[str, Any]] | None = None  # the same for keeping, where it differs

    @cached_property
    def asks_facts(self) -> bool:
        return self.keep is not None and any(leaf.source == "fact" for leaf in self.keep.leaves)

    @cached_property
    def is_free(self) -> bool:
        if self.keep is None:
            return True
        if self.asks_facts:
            return False
        return self.keep(lambda _leaf: 0, date.min)


@dataclass(frozen=True)
class Terms:
    """One version of one ladder, rungs from the bottom up."""

    version_id: int
    number: int
    ladder_id: int
    ladder_code: str
    is_main: bool
    policy: Policy
    rungs: tuple[Rung, ...]

    @cached_property
    def by_id(self) -> dict[int, Rung]:
        return {rung.tier_id: rung for rung in self.rungs}

    def rank(self, tier_id: int | None) -> int:
        """The tier's rank; below all ranks for none, or one this version does not know."""
        rung = self.by_id.get(tier_id or 0)
        return rung.rank if rung else -1

    @cached_property
    def leaves(self) -> tuple[Leaf, ...]:
        """Every comparison of every rung."""
        predicates = [each for rung in self.rungs for each in (rung.reach, rung.keep) if each is not None]
        return tuple(leaf for predicate in predicates for leaf in predicate.leaves)

    @cached_property
    def uses_score(self) -> bool:
        return any(leaf.source == SCORE for leaf in self.leaves)

    @cached_property
    def horizon(self) -> int:
        """In how many days all that counts today has gone by; 0 where nothing ever goes."""
        found = [leaf.window for leaf in self.leaves if leaf.window is not None]
        windows = [window for window in found if window.unit not in {"lifetime", "since"}]
        lengths = [window.days if window.unit == "days" else 366 for window in windows]
        return max([self.policy.horizon if self.uses_score else 0, *lengths])


def compile_version(
    *, version_id: int, number: int, ladder_id: int, ladder_code: str, is_main: bool, definition: Mapping[str, Any]
) -> Terms:
    """The version ready to judge by; compiled once in a process."""
    text = json.dumps(definition, sort_keys=True)
    return _compile(version_id, number, ladder_id, ladder_code, is_main, text)


@lru_cache(maxsize=64)
def _compile(version_id: int, number: int, ladder_id: int, ladder_code: str, is_main: bool, text: str) -> Terms:
    definition = json.loads(text)
    policy = Policy(**definition["policy"])
    rungs = tuple(sorted((_rung(tier, policy) for tier in definition["tiers"]), key=lambda rung: rung.rank))
    return Terms(version_id, number, ladder_id, ladder_code, is_main, policy, rungs)


def _rung(tier: Mapping[str, Any], policy: Policy) -> Rung:
    by_figures = not (tier["is_invitation_only"] or tier["is_paid"] or tier["is_archived"])
    reach = asked(tier["threshold"], tier["requirement"], policy.currency)
    keep = reach
    if tier["keep_threshold"] is not None or tier["retention"]:
        keep = asked(tier["keep_threshold"], tier["retention"], policy.currency)
    return Rung(
        tier_id=tier["id"],
        code=tier["code"],
        rank=tier["rank"],
        threshold=tier["threshold"],
        reach=reach if by_figures else None,
        keep=keep if by_figures or tier["is_archived"] else None,
        asks=(tier["threshold"], tier["requirement"]),
        keeps=None if keep is reach else (tier["keep_threshold"], tier["retention"]),
    )


def asked(threshold: int | None, tree: Mapping[str, Any], currency: str) -> conditions.Predicate | None:
    """Threshold and condition tree as one predicate; ``None`` where neither is given."""
    parts: list[Node] = []
    if threshold is not None:
        parts.append(Leaf(currency, "gte", threshold, None, SCORE, currency, f"score.{currency}"))
    written = conditions.compile(dict(tree)).node
    if written is not None:
        parts.append(written)
    if not parts:
        return None
    return conditions.Predicate(parts[0] if len(parts) == 1 else Group("all", tuple(parts)))
