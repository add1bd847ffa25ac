"""How well benefits are taken up: claim rate and use rate over a period, with the numbers they come from.

Claim rate = member-benefits claimed at least once in the period ÷ member-benefits that could be; use rate =
claims of the period that were used ÷ claims of the period. Who could is a snapshot on the period's last day
(or today), by the tiers and plans held that day as the history tells; birthdays count in every month of the
period. Benefits that are always there are never claimed and left out; what a rule or staff gave has no claim rate.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import (
    BigIntegerField,
    BooleanField,
    Case,
    Count,
    Exists,
    Expression,
    F,
    OuterRef,
    Q,
    Subquery,
    Value,
    When,
)

from loyalty import programme
from loyalty.models import Account
from members.benefits import offers
from members.benefits.offers import Profile, Step
from members.models import (
    MAIN,
    Benefit,
    BenefitClaim,
    BenefitOffer,
    BenefitSet,
    Member,
    PlanTerm,
    Standing,
    Tier,
    TierChange,
)
from members.paying import holding as plans

Key = tuple[int, int | None, int | None]  # benefit, set, tier


@dataclass(frozen=True, slots=True)
class Rate:
    """One line: ``eligible`` and ``claimed`` count member-benefits, ``claims`` and ``used`` claims."""

    benefit: Benefit | None
    set: BenefitSet | None
    tier: Tier | None
    eligible: int = 0
    claimed: int = 0
    claims: int = 0
    used: int = 0

    @property
    def claim_rate(self) -> float | None:
        """In percent; nothing where nobody could."""
        return 100 * self.claimed / self.eligible if self.eligible else None

    @property
    def use_rate(self) -> float | None:
        """In percent; nothing where nothing was claimed."""
        return 100 * self.used / self.claims if self.claims else None


def snapshot_day(through: date, *, now: datetime) -> date:
    """The day on which it is asked who could."""
    return min(through, programme.day_of(now))


def rates(first: date, through: date, *, now: datetime) -> list[Rate]:
    """A line for each benefit, set and tier met in the period (both days included). A constant number of queries."""
    day = snapshot_day(through, now=now)
    lines = [line for line in offers.in_force(day) if line.benefit.way != Benefit.Way.STANDING]
    eligible = _eligible(lines, first, day)
    found = _claims(first, through)
    keys = sorted(eligible.keys() | found.keys(), key=lambda key: (key[0], key[1] or 0, key[2] or 0))
    benefits = Benefit.objects.in_bulk([key[0] for key in keys])
    sets = BenefitSet.objects.in_bulk([key[1] for key in keys if key[1]])
    known = Tier.objects.in_bulk([key[2] for key in keys if key[2]])
    return [
        Rate(benefits[key[0]], sets.get(key[1] or 0), known.get(key[2] or 0), eligible[key], *found.get(key, (0, 0, 0)))
        for key in keys
    ]


def summed(rows: Iterable[Rate], by: str) -> list[Rate]:
    """The same by ``benefit``, ``set`` or ``tier`` alone, or by ``all``: one line."""
    groups: dict[Any, list[Rate]] = {}
    for row in rows:
        groups.setdefault(getattr(row, by) if by != "all" else None, []).append(row)
    return [
        Rate(
            benefit=head if by == "benefit" else None,
            set=head if by == "set" else None,
            tier=head if by == "tier" else None,
            eligible=sum(row.eligible for row in group),
            claimed=sum(row.claimed for row in group),
            claims=sum(row.claims for row in group),
            used=sum(row.used for row in group),
        )
        for head, group in groups.items()
    ]


def _claims(first: date, through: date) -> dict[Key, tuple[int, int, int]]:
    """Members who claimed, claims, used ones. One query. Without a set, nobody counts as having claimed."""
    running = programme.current()
    since = running.start_of(first)
    until = running.end_of(through)
    rows = BenefitClaim.objects.filter(claimed_at__gte=since, claimed_at__lt=until).order_by()
    counted = rows.values_list("benefit_id", "offer__set_id", "tier_id").annotate(
        people=Count("member_id", distinct=True),
        claims=Count("pk"),
        used=Count("pk", filter=Q(state=BenefitClaim.State.USED)),
    )
    return {
        (benefit, found_set, tier): (people if found_set else 0, claims, used)
        for benefit, found_set, tier, people, claims, used in counted
    }


def _eligible(lines: Sequence[BenefitOffer], first: date, day: date) -> Counter[Key]:
    found: Counter[Key] = Counter()
    for profile, members in profiles_on(lines, first, day).items():
        for held in offers.best(lines, profile).values():
            found[held.offer.benefit_id, held.offer.set_id, held.tier_id] += members
    return found


def profiles_on(lines: Sequence[BenefitOffer], first: date, day: date) -> dict[Profile, int]:
    """How many members had each profile on ``day``, as far as these lines ask. Two queries.

    Who has a birthday counts where its month lies between ``first`` and ``day``.
    """
    ladders = sorted(offers.side_ladders(lines))
    bought = sorted({line.plan_id for line in lines if line.plan_id is not None})
    columns: dict[str, Expression] = {"tier_main": _tier_on(MAIN, day), "has_birthday": _birthday(first, day)}
    columns |= {f"tier_{ladder_id}": _tier_on(ladder_id, day) for ladder_id in ladders}
    columns |= {f"plan_{plan_id}": _holds(plan_id, day) for plan_id in bought}
    members = Member.objects.filter(joined_on__lte=day).exclude(account__status=Account.Status.CLOSED).order_by()
    grouped = members.annotate(**columns).values(*columns).annotate(members=Count("pk"))
    rows = list(grouped)
    known = Tier.objects.in_bulk(
        {value for row in rows for name, value in row.items() if name.startswith("tier_") and value is not None}
    )
    found: Counter[Profile] = Counter()
    for row in rows:
        held = [known[value] for name, value in row.items() if name.startswith("tier_") and value in known]
        profile = Profile(
            steps=tuple(map(Step.of, held)),
            plans=frozenset(plan_id for plan_id in bought if row[f"plan_{plan_id}"]),
            has_birthday=row["has_birthday"],
        )
        found[profile] += row["members"]
    return found


def _tier_on(ladder_id: int, day: date) -> Expression:
    """The tier held at the end of ``day``: what the last change until then made, else what the first one after
    it found, else what is held now.
    """
    running = programme.current()
    until = running.end_of(day)
    on_ladder = Q(ladder_id=ladder_id) | Q(ladder=None) if ladder_id == MAIN else Q(ladder_id=ladder_id)
    changes = TierChange.objects.filter(on_ladder, member=OuterRef("pk"))
    before = changes.filter(changed_at__lt=until).order_by("-changed_at", "-pk")
    after = changes.filter(changed_at__gte=until).order_by("changed_at", "pk")
    now: Any = F("tier_id")
    if ladder_id != MAIN:
        now = Subquery(Standing.objects.filter(member=OuterRef("pk"), ladder_id=ladder_id).values("effective_id")[:1])
    return Case(
        When(Exists(before), then=Subquery(before.values("tier_id")[:1])),
        When(Exists(after), then=Subquery(after.values("previous_id")[:1])),
        default=now,
        output_field=BigIntegerField(),
    )


def _birthday(first: date, day: date) -> Expression:
    """Whether the month of the birthday is one of those from ``first`` to ``day``."""
    span = (day.year - first.year) * 12 + day.month - first.month
    months = {(first.month - 1 + step) % 12 + 1 for step in range(min(span, 11) + 1)}
    return Case(When(birthday__month__in=months, then=Value(True)), default=Value(False), output_field=BooleanField())


def _holds(plan_id: int, day: date) -> Expression:
    terms = PlanTerm.objects.filter(plans.running(day), plan_id=plan_id, member=OuterRef("pk"))
    return Case(When(Exists(terms), then=Value(True)), default=Value(False), output_field=BooleanField())
