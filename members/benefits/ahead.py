"""What other tiers bring: each tier's benefits on a day, and what a step up would add to what a member holds."""

from collections.abc import Iterable, Mapping, Sequence

from members.benefits import offers
from members.benefits.offers import Held, Profile, Step
from members.models import BenefitOffer, Tier


def by_tier(tiers: Iterable[Tier], lines: Sequence[BenefitOffer]) -> dict[int, list[Held]]:
    """Tier id → what a member of it is offered by these lines, without any plan, birthdays included. No query."""
    return {tier.pk: in_order(offers.best(lines, _of(tier))) for tier in tiers}


def added(held: Mapping[int, Held], tier: Tier, lines: Sequence[BenefitOffer]) -> list[Held]:
    """What the tier offers that is not held yet, or more often than it is held. No query."""
    there = offers.best(lines, _of(tier))
    return in_order(
        {pk: each for pk, each in there.items() if pk not in held or offers.gives_more(each.offer, held[pk].offer)}
    )


def step(here: Tier | None, there: Tier, lines: Sequence[BenefitOffer]) -> list[Held]:
    """What the step from one tier to another adds, whoever takes it. No query."""
    return added(offers.best(lines, _of(here)) if here is not None else {}, there, lines)


def own(tier: Tier, lines: Sequence[BenefitOffer]) -> list[Held]:
    """What a member has by this tier alone, what the highest rung asks for first. No query."""
    found = [held for held in in_order(offers.best(lines, _of(tier))) if held.offer.tier is not None]
    return sorted(found, key=lambda held: -held.offer.tier.rank if held.offer.tier else 0)


def _of(tier: Tier) -> Profile:
    """Who has nothing but the tier."""
    return Profile((Step.of(tier),), has_birthday=True)


def in_order(found: Mapping[int, Held]) -> list[Held]:
    """In the benefits' own order."""
    return [found[pk] for pk in sorted(found)]


def bringing(benefit_id: int, lines: Iterable[BenefitOffer]) -> list[BenefitOffer]:
    """Where the benefit can be had by these lines: the lowest tier of each ladder, then the plans. No query."""
    tiers: dict[int | None, BenefitOffer] = {}
    plans: dict[int, BenefitOffer] = {}
    for line in lines:
        if line.benefit_id != benefit_id:
            continue
        if line.plan_id is not None:
            plans.setdefault(line.plan_id, line)
        elif line.tier is not None:
            known = tiers.get(line.tier.ladder_id)
            if known is None or known.tier is None or line.tier.rank < known.tier.rank:
                tiers[line.tier.ladder_id] = line
    return [*tiers.values(), *plans.values()]
