"""Benefits that tests play with: plain functions, as the cast's. ``DAY`` is the business day of the cast's noon."""

from datetime import date, datetime
from typing import Any

from members.benefits import claiming
from members.models import Benefit, BenefitClaim, BenefitOffer, BenefitSeason, BenefitSet, Member, Plan, Tier
from tests import cast

DAY = date(2026, 3, 18)
Way, Place, Period = Benefit.Way, Benefit.Place, BenefitOffer.Period


def benefit(code: str = "grooming", **columns: Any) -> Benefit:
    """Something the member claims, usable anywhere to the end of its period."""
    words = {"name_zh": f"权益 {code}", "name_en": code.title()}
    return Benefit.objects.get_or_create(code=code, defaults=words | columns)[0]


def season(code: str = "always", *, since: date = date(2025, 1, 1), through: date | None = None) -> BenefitSet:
    """A set in season for that long, made where it is missing."""
    made = BenefitSet.objects.get_or_create(code=code, defaults={"name_zh": f"包 {code}", "name_en": code.title()})[0]
    BenefitSeason.objects.create(set=made, from_on=since, through_on=through)
    return made


def offer(
    of: Benefit | str = "grooming",
    *,
    tier: str | Tier = "",
    plan: Plan | None = None,
    within: BenefitSet | None = None,
    quota: int = 1,
    period: str = Period.MONTH,
    and_above: bool = True,
    **columns: Any,
) -> BenefitOffer:
    """A line of a set, the one without end unless told otherwise. ``columns`` are the benefit's."""
    if within is None:
        within = BenefitSet.objects.filter(code="always").first() or season()
    return BenefitOffer.objects.create(
        set=within,
        benefit=of if isinstance(of, Benefit) else benefit(of, **columns),
        tier=Tier.objects.get(code=tier) if isinstance(tier, str) and tier else tier or None,
        plan=plan,
        quota=quota,
        period=period,
        and_above=and_above,
    )


def claimed(member: Member, code: str = "grooming", *, now: datetime = cast.NOW) -> BenefitClaim:
    return claiming.claim(account_id=member.pk, benefit=code, now=now)
