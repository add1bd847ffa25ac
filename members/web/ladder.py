"""The way to the next tier, as the home page draws it."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from members import progress
from members.models import Member, Tier
from members.web import cards
from members.web.cards import TierView

MOST_BENEFITS = 3
DIVIDER = "·"


@dataclass(frozen=True, slots=True)
class Rung:
    """``state``: reached, now or ahead."""

    code: str
    name: str
    icon: str
    deep: bool
    state: str


@dataclass(frozen=True, slots=True)
class Way:
    """Where the member stands between two rungs; on the top one there is no ``next``."""

    tier: TierView
    next: TierView | None
    percent: int
    missing_text: str
    done_text: str
    goal_text: str
    brings: list[str]
    ladder: list[Rung]
    metric: str = "growth"
    sentence: str = ""


def way(member: Member) -> Way | None:
    """``None`` where the programme has no ladder. Two queries."""
    found = progress.towards_next(member)
    if found is None:
        return None
    ahead = found.next
    return Way(
        tier=cards.tier_view(found.tier),
        next=cards.tier_view(ahead) if ahead else None,
        percent=found.percent,
        missing_text=_figure(found.missing),
        done_text=_("%(growth)s growth") % {"growth": _figure(found.growth)},
        goal_text=_figure(ahead.threshold) if ahead else "",
        brings=benefits(ahead) if ahead else [],
        ladder=[_rung(rung, found.tier) for rung in found.ladder],
        sentence=found.sentence,
    )


def benefits(tier: Tier) -> list[str]:
    """What the operator wrote between middle dots, the first few."""
    return [text for part in tier.benefits.split(DIVIDER) if (text := part.strip())][:MOST_BENEFITS]


def _rung(rung: Tier, tier: Tier | None) -> Rung:
    seen = cards.tier_view(rung)
    standing = tier.threshold if tier else -1
    state = "now" if rung == tier else "reached" if rung.threshold < standing else "ahead"
    return Rung(seen.code, seen.name, seen.icon, seen.deep, state)


def _figure(number: int) -> str:
    """Grouped by thousands in every language, as all figures of the member pages are."""
    return f"{number:,}"
