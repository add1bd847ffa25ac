"""A judge's bench: terms written in a line, a member's figures as days, no database."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from loyalty import conditions
from loyalty.conditions import Leaf
from members.climbing.terms import Terms, compile_version

JOINED = date(2025, 5, 10)
BASIC, SILVER, GOLD, PLATINUM, DIAMOND = 1, 2, 3, 4, 5
NAMES = {BASIC: "basic", SILVER: "silver", GOLD: "gold", PLATINUM: "platinum", DIAMOND: "diamond"}
FIVE = {BASIC: 0, SILVER: 500, GOLD: 2000, PLATINUM: 5000, DIAMOND: 10000}


def tier(tier_id: int, threshold: int | None = None, **more: Any) -> dict[str, Any]:
    """One tier of a definition; its rank is its key."""
    return {
        "id": tier_id,
        "code": NAMES[tier_id],
        "rank": tier_id,
        "threshold": threshold,
        "requirement": {},
        "keep_threshold": None,
        "retention": {},
        "is_invitation_only": False,
        "is_paid": False,
        "is_archived": False,
        **more,
    }


def terms(*tiers: dict[str, Any], version: Any = 1, **policy: Any) -> Terms:
    """A ladder of these tiers, or of five at 0, 500, 2,000, 5,000 and 10,000."""
    rungs = list(tiers) or [tier(tier_id, threshold) for tier_id, threshold in FIVE.items()]
    return compile_version(
        version_id=version,
        number=version,
        ladder_id=1,
        ladder_code="main",
        is_main=True,
        definition={"policy": policy, "tiers": rungs},
    )


@dataclass
class Known:
    """What is known of the member: growth by day, a balance, metrics by day, facts."""

    growth: dict[date, int] = field(default_factory=dict)
    balance: int | None = None
    metrics: dict[str, dict[date, int]] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)

    def score(self, first: date | None, last: date) -> int:
        if self.balance is not None:
            return self.balance
        return max(0, sum(value for day, value in self.growth.items() if (first or day) <= day <= last))

    def value(self, leaf: Leaf, as_of: date) -> Any:
        if leaf.window is None:
            return self.facts.get(leaf.name)
        first, last = conditions.bounds(leaf.window, as_of)
        return sum(value for day, value in self.metrics.get(leaf.name, {}).items() if (first or day) <= day <= last)
