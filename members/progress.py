"""How far it is to the next rung, in numbers and in a sentence."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from members import tiers
from members.models import Member, Tier


@dataclass(frozen=True, slots=True)
class Progress:
    """``percent`` is of the way from the present rung to the next, 0 to 100, rounded down."""

    ladder: list[Tier]
    tier: Tier | None
    next: Tier | None
    growth: int
    missing: int
    percent: int

    @property
    def sentence(self) -> str:
        """What is missing, in words; at the top, that nothing is."""
        if self.next is None:
            return _("You are on the highest rung. Thank you for staying with us.")
        return _("%(missing)s more growth and you are %(tier)s.") % {"missing": self.missing, "tier": self.next.name}


def towards_next(member: Member) -> Progress | None:
    """Where the member stands; ``None`` where the programme has no ladder. Two queries."""
    rungs = tiers.ladder()
    if not rungs:
        return None
    growth = tiers.growth_of([member.pk]).get(member.pk, 0)
    ahead = next((rung for rung in rungs if rung.threshold > growth), None)
    tier = tiers.reached(rungs, growth)
    start = tier.threshold if tier else 0
    percent = 100 if ahead is None else max(0, growth - start) * 100 // (ahead.threshold - start)
    missing = ahead.threshold - growth if ahead else 0
    return Progress(ladder=rungs, tier=tier, next=ahead, growth=growth, missing=missing, percent=percent)
