"""The way to the next tier, as the home page draws it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from loyalty import programme
from members.benefits import ahead, offers
from members.climbing import progress
from members.climbing.progress import Keep, Path
from members.models import BenefitOffer, Member, Tier
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
    keep: Keep | None = None
    metric: str = "growth"
    sentence: str = ""


def way(member: Member, now: datetime) -> Way | None:
    """``None`` where the programme has no ladder."""
    found = progress.towards_next(member, now=now)
    return _way(found, offers.in_force(programme.day_of(now))) if found else None


def _way(found: progress.Progress, lines: Sequence[BenefitOffer]) -> Way:
    goal = found.path.next
    single = goal.bars[0] if goal and len(goal.bars) == 1 and goal.bars[0].is_counted else None
    keep = found.path.keep
    return Way(
        tier=cards.tier_view(found.tier),
        next=cards.tier_view(goal.tier) if goal else None,
        percent=found.percent,
        missing_text=_figure(found.missing) if single else "",
        done_text=_("%(growth)s growth") % {"growth": single.have_text} if single else "",
        goal_text=single.need_text if single else "",
        brings=brings(found.path, lines)[:MOST_BENEFITS],
        ladder=rungs(found.path),
        keep=keep if keep and (keep.is_safe or keep.is_near) else None,
        metric="growth" if single and single.unit == "growth" else "other",
        sentence=found.sentence,
    )


def brings(path: Path, lines: Sequence[BenefitOffer]) -> list[str]:
    """What the next tier adds of benefits in season; where it adds none, what the operator wrote of it. No query."""
    if path.next is None:
        return []
    added = [held.benefit.name for held in ahead.step(path.tier, path.next.tier, lines)]
    return added or benefits(path.next.tier)


def benefits(tier: Tier) -> list[str]:
    """What the operator wrote between middle dots."""
    return [text for part in tier.benefits.split(DIVIDER) if (text := part.strip())]


def rungs(path: Path) -> list[Rung]:
    """The ladder as it is drawn."""
    here = path.tier.rank if path.tier else -1
    return [_rung(tier, here) for tier in path.rungs]


def _rung(tier: Tier, here: int) -> Rung:
    seen = cards.tier_view(tier)
    state = "now" if tier.rank == here else "reached" if tier.rank < here else "ahead"
    return Rung(seen.code, seen.name, seen.icon, seen.deep, state)


def _figure(number: int) -> str:
    """Grouped by thousands in every language, as all figures of the member pages are."""
    return f"{number:,}"
