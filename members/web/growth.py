"""The growth path as its page draws it, and the greeting on a new tier, shown once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import formats
from django.utils.translation import gettext as _

from loyalty import programme
from members.benefits import ahead, holdings, offers
from members.climbing import progress
from members.climbing.progress import Goal, Keep, Path
from members.models import BenefitOffer, Ladder, Member, Standing, Tier
from members.web import cards, ladder, perks
from members.web.cards import TierView
from members.web.ladder import Rung
from members.web.perks import Perk

MOST_GREETED = 6


@dataclass(frozen=True, slots=True)
class Stop:
    """One tier of the path: what it brings and, where it lies ahead, how far it is.

    ``perks`` are its benefits in season; only where no tier of the ladder has any, ``brings`` is the operator's text.
    """

    rung: Rung
    brings: list[str]
    goal: Goal | None
    perks: list[Perk]


@dataclass(frozen=True, slots=True)
class Growth:
    """One ladder's part of the page; ``note`` tells by what right the tier is held."""

    name: str
    tier: TierView
    since: datetime | None
    note: str
    next: Goal | None
    next_view: TierView | None
    brings: list[str]
    keep: Keep | None
    stops: list[Stop]
    ladder: list[Rung]


@dataclass(frozen=True, slots=True)
class Greeting:
    """The celebration of a new tier."""

    tier: TierView
    text: str
    brings: list[str]


def growths(member: Member, now: datetime) -> list[Growth]:
    """Every ladder in use, the main one first."""
    found = [path for path in progress.paths(member, now=now) if path.rungs]
    names = {row.pk: row.name for row in Ladder.objects.filter(pk__in=[path.ladder_id for path in found])}
    lines = offers.in_force(programme.day_of(now))
    mine = [perks.of_holding(each) for each in holdings.one(member.pk, now=now)] if lines else []
    own = {perk.code: perk for perk in mine}
    return [_growth(path, names[path.ladder_id], _brought(path, lines, own), lines) for path in found]


def _brought(path: Path, lines: Sequence[BenefitOffer], own: Mapping[str, Perk]) -> dict[int, list[Perk]]:
    """Tier id → its benefits; those of the member's own tier as the member holds them. Empty where no line names
    a tier of this ladder.
    """
    if not any(line.tier is not None and line.tier.ladder_id == path.ladder_id for line in lines):
        return {}
    here = path.tier.pk if path.tier else 0
    seen = {pk: [perks.of_tier(held) for held in found] for pk, found in ahead.by_tier(path.rungs, lines).items()}
    return {pk: [own.get(perk.code, perk) if pk == here else perk for perk in found] for pk, found in seen.items()}


def _growth(path: Path, name: str, brought: Mapping[int, list[Perk]], lines: Sequence[BenefitOffer]) -> Growth:
    goal = path.next
    goals = {goal.tier.pk: goal for goal in path.goals}
    drawn = ladder.rungs(path)
    return Growth(
        name=name,
        tier=cards.tier_view(path.tier),
        since=path.since,
        note=_note(path),
        next=goal,
        next_view=cards.tier_view(goal.tier) if goal else None,
        brings=ladder.brings(path, lines),
        keep=path.keep,
        stops=[
            Stop(rung, ladder.benefits(tier), goals.get(tier.pk), brought.get(tier.pk, []))
            for rung, tier in zip(drawn, path.rungs, strict=True)
        ],
        ladder=drawn,
    )


def _note(path: Path) -> str:
    """Why the tier is held where it is not by what was done."""
    if path.source == progress.EARNED or path.tier is None:
        return ""
    if path.source == progress.GRANTED:
        open_end, dated = _("%(tier)s is our gift to you."), _("%(tier)s is our gift to you, through %(on)s.")
    else:
        open_end, dated = _("You hold %(tier)s by membership."), _("You hold %(tier)s by membership, through %(on)s.")
    text = dated if path.source_through else open_end
    return text % {"tier": path.tier.name, "on": _day(path.source_through)}


def _day(on: date | None) -> str:
    return formats.date_format(on, "DATE_FORMAT") if on else ""


def greeting(member: Member, now: datetime) -> Greeting | None:
    """The last rise on the main ladder that was not celebrated yet; asking marks it as shown. One query, two once.

    What it brings are the tier's own benefits in season; where it has none, what the operator wrote of it.
    """
    waiting = Standing.objects.filter(member=member, ladder__is_main=True, celebrated=False)
    standing = waiting.select_related("effective").first()
    if standing is None or not waiting.update(celebrated=True) or standing.effective is None:
        return None
    tier: Tier = standing.effective
    text = tier.greeting or _("Thank you for every visit. From today, more is yours.")
    own = [held.benefit.name for held in ahead.own(tier, offers.in_force(programme.day_of(now)))]
    return Greeting(cards.tier_view(tier), text, own[:MOST_GREETED] or ladder.benefits(tier))
