"""Who is offered which benefit on a day: through sets in season, by tier on its ladder, by plan, or as a member.

Sets add up. Where several lines offer one benefit to one member, the one that gives it most often counts,
then the one for the higher tier. A set without a season, a retired one and a retired benefit offer nothing.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, Q

from loyalty.configuration import Kept
from members.benefits import quotas
from members.models import MAIN, Benefit, BenefitOffer, BenefitSeason, BenefitSet, Member, Standing, Tier
from members.paying import holding as plans


@dataclass(frozen=True, slots=True)
class Step:
    """A tier held on a ladder."""

    ladder_id: int | None
    tier_id: int
    rank: int

    @classmethod
    def of(cls, tier: Tier) -> "Step":
        return cls(tier.ladder_id, tier.pk, tier.rank)


@dataclass(frozen=True, slots=True)
class Profile:
    """All that decides what a member is offered; many members share one."""

    steps: tuple[Step, ...] = ()
    plans: frozenset[int] = frozenset()
    has_birthday: bool = False

    def step(self, ladder_id: int | None) -> Step | None:
        return next((each for each in self.steps if each.ladder_id == ladder_id), None)


@dataclass(frozen=True, slots=True)
class Held:
    """The line that counts for a member, and the tier they hold it as."""

    offer: BenefitOffer
    tier_id: int | None

    @property
    def benefit(self) -> Benefit:
        return self.offer.benefit


@Kept
def in_force(day: date) -> list[BenefitOffer]:
    """Every line of every set in season on ``day``, with benefit, tier, plan, set and its seasons.

    Two queries; none where the configuration is kept, so nobody may change what comes back.
    """
    seasons = BenefitSeason.objects.filter(Q(through_on=None) | Q(through_on__gte=day), from_on__lte=day)
    lines = BenefitOffer.objects.filter(
        Exists(seasons.filter(set=OuterRef("set"))), set__archived_at=None, benefit__archived_at=None
    )
    related = lines.select_related("benefit", "tier", "plan", "set").prefetch_related("set__seasons")
    return list(related.order_by("pk"))


def _running(found: BenefitSet, day: date) -> list[date | None]:
    """The last days of the set's seasons that ``day`` is in; no query where they were fetched."""
    return [
        each.through_on
        for each in found.seasons.all()
        if each.from_on <= day and (each.through_on is None or each.through_on >= day)
    ]


def is_in_season(found: BenefitSet, day: date) -> bool:
    """Whether a season of the set holds ``day``."""
    return bool(_running(found, day))


def season_end(offer: BenefitOffer, day: date) -> date | None:
    """The last day of the set's season that ``day`` is in, the longest of several; ``None``: without end."""
    running = _running(offer.set, day)
    ends = [end for end in running if end is not None]
    return None if len(ends) < len(running) or not ends else max(ends)


def held_by(account_ids: Collection[int], day: date) -> dict[int, dict[int, Held]]:
    """Account id → benefit id → what counts for them on ``day``. At most five queries for any number."""
    lines = in_force(day)
    if not lines:
        return {}
    known: dict[Profile, dict[int, Held]] = {}
    found = {}
    for account_id, profile in profiles(account_ids, lines, day).items():
        if profile not in known:
            known[profile] = best(lines, profile)
        if known[profile]:
            found[account_id] = known[profile]
    return found


def profiles(account_ids: Collection[int], lines: Sequence[BenefitOffer], day: date) -> dict[int, Profile]:
    """Each member's profile as far as these lines ask for it. One query, one more for side ladders and for plans."""
    members = Member.objects.filter(pk__in=account_ids).order_by("pk")
    rows = members.values_list("pk", "tier_id", "tier__rank", "birthday")
    others = _side_steps(account_ids, side_ladders(lines))
    bought = plans.held_by(account_ids, day) if any(line.plan_id for line in lines) else {}
    return {
        pk: Profile(
            steps=(*_main(tier_id, rank), *others.get(pk, ())),
            plans=frozenset(bought.get(pk, ())),
            has_birthday=birthday is not None and birthday.month == day.month,
        )
        for pk, tier_id, rank, birthday in rows
    }


def _main(tier_id: int | None, rank: int | None) -> tuple[Step, ...]:
    return (Step(MAIN, tier_id, rank),) if tier_id is not None and rank is not None else ()


def side_ladders(lines: Iterable[BenefitOffer]) -> set[int]:
    """Ladders beside the main one that the lines name."""
    found = {line.tier.ladder_id for line in lines if line.tier is not None}
    return {ladder_id for ladder_id in found if ladder_id is not None} - {MAIN}


def _side_steps(account_ids: Collection[int], ladder_ids: Collection[int]) -> dict[int, list[Step]]:
    found: dict[int, list[Step]] = {}
    if not ladder_ids:
        return found
    rows = Standing.objects.filter(member_id__in=account_ids, ladder_id__in=ladder_ids, effective__isnull=False)
    for member_id, ladder_id, tier_id, rank in rows.order_by("ladder_id").values_list(
        "member_id", "ladder_id", "effective_id", "effective__rank"
    ):
        found.setdefault(member_id, []).append(Step(ladder_id, tier_id, rank))
    return found


def best(lines: Iterable[BenefitOffer], profile: Profile) -> dict[int, Held]:
    """Benefit id → the line that counts for such a member."""
    found: dict[int, Held] = {}
    for line in lines:
        if not is_for(line, profile):
            continue
        known = found.get(line.benefit_id)
        if known is None or _worth(line) > _worth(known.offer):
            step = profile.step(line.tier.ladder_id if line.tier else MAIN)
            found[line.benefit_id] = Held(line, step.tier_id if step else None)
    return found


def is_for(line: BenefitOffer, profile: Profile) -> bool:
    """Whether the line offers its benefit to such a member."""
    if line.benefit.birthday_month and not profile.has_birthday:
        return False
    if line.plan_id is not None:
        return line.plan_id in profile.plans
    if line.tier is None:
        return True
    step = profile.step(line.tier.ladder_id)
    if step is None:
        return False
    return step.tier_id == line.tier_id or (line.and_above and step.rank > line.tier.rank)


def gives_more(line: BenefitOffer, than: BenefitOffer) -> bool:
    """Whether the line gives its benefit more often than the other one does."""
    return quotas.often(line.quota, line.period) > quotas.often(than.quota, than.period)


def _worth(line: BenefitOffer) -> tuple[int, int, int]:
    return quotas.often(line.quota, line.period), line.tier.rank if line.tier else -1, -line.pk
