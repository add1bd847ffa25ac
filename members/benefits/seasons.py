"""What is in force on a day and in the quarters ahead, seen from the sets: who would get what. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from loyalty import clock
from members.benefits import ahead, offers, quotas
from members.benefits.offers import Held, Profile
from members.models import MAIN, Benefit, BenefitOffer, BenefitSeason, BenefitSet, Plan, Tier

QUARTERS = 5


@dataclass(frozen=True, slots=True)
class Column:
    """Somebody who may be offered something: a tier, or whoever holds a plan."""

    tier: Tier | None
    plan: Plan | None
    members: int


@dataclass(frozen=True, slots=True)
class Row:
    """A benefit, and for each column the line that counts there, if any."""

    benefit: Benefit
    cells: list[BenefitOffer | None]


@dataclass(frozen=True, slots=True)
class Plate:
    """A set in one quarter: ``whole`` where it is in force on each of its days, else its stretches of days."""

    is_in_force: bool
    is_whole: bool
    stretches: list[tuple[date, date]]


def grid(day: date, members: dict[int, int]) -> tuple[list[Column], list[Row]]:
    """Columns (main ladder first, then other ladders, then plans) and the benefits on ``day``. Four queries.

    ``members`` counts those on each tier, by its id.
    """
    lines = offers.in_force(day)
    named = {line.tier.ladder_id for line in lines if line.tier is not None} | {MAIN}
    tiers = list(
        Tier.objects.filter(ladder_id__in=[pk for pk in named if pk], archived_at=None).order_by("ladder", "rank")
    )
    bought = list({line.plan_id: line.plan for line in lines if line.plan is not None}.values())
    columns = [Column(tier, None, members.get(tier.pk, 0)) for tier in tiers]
    columns += [Column(None, plan, 0) for plan in bought]
    found: list[dict[int, Held]] = [
        {held.offer.benefit_id: held for held in each} for each in ahead.by_tier(tiers, lines).values()
    ]
    found += [_of_plan(plan, lines) for plan in bought]
    benefits = {line.benefit_id: line.benefit for line in lines}
    rows = [Row(benefits[pk], [held[pk].offer if pk in held else None for held in found]) for pk in sorted(benefits)]
    return columns, rows


def _of_plan(plan: Plan, lines: Sequence[BenefitOffer]) -> dict[int, Held]:
    """What the plan alone offers, without what every member has."""
    own = [line for line in lines if line.plan_id == plan.pk]
    return offers.best(own, Profile(plans=frozenset([plan.pk]), has_birthday=True))


def quarters(day: date) -> list[tuple[str, date, date]]:
    """The quarter of ``day`` and those after it: name, first and last day."""
    found = []
    for step in range(QUARTERS):
        span = quotas.span(BenefitOffer.Period.QUARTER, clock.add_months(day.replace(day=1), 3 * step))
        if span.first is not None and span.last is not None:
            found.append((span.name, span.first, span.last))
    return found


def calendar(day: date) -> list[tuple[BenefitSet, list[Plate]]]:
    """Every set in use, and what of it is in force in each of the quarters. Two queries."""
    sets = BenefitSet.objects.filter(archived_at=None).prefetch_related("seasons")
    spans = quarters(day)
    return [(each, [_plate(list(each.seasons.all()), first, last) for _name, first, last in spans]) for each in sets]


def _plate(seasons: Sequence[BenefitSeason], first: date, last: date) -> Plate:
    found = sorted(
        (max(each.from_on, first), min(each.through_on or last, last))
        for each in seasons
        if each.from_on <= last and (each.through_on is None or each.through_on >= first)
    )
    merged: list[tuple[date, date]] = []
    for start, end in found:
        if merged and start <= merged[-1][1] + timedelta(days=1):
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return Plate(bool(merged), merged == [(first, last)], merged)
