"""Claim rates and use rates, with their numbers."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from members.benefits import rates, using
from members.benefits.using import Scan
from members.climbing import granting, tiers
from members.models import Benefit, Member, Plan, PlanTerm, Tier
from tests import cast
from tests.members.benefits import perks

pytestmark = pytest.mark.django_db
FIRST, LAST = date(2026, 1, 1), date(2026, 3, 31)
DAYS = timedelta(days=1)


def people(count: int, *, growth: int = 0, start: int = 0) -> list[Member]:
    return [cast.member(phone=f"138{start + number:08}", growth=growth) for number in range(count)]


def lines() -> list[tuple[str, str, str, int, int, int, int]]:
    found = rates.rates(FIRST, LAST, now=cast.NOW)
    return [
        (
            row.benefit.code if row.benefit else "",
            row.set.code if row.set else "",
            row.tier.code if row.tier else "",
            row.eligible,
            row.claimed,
            row.claims,
            row.used,
        )
        for row in found
    ]


def test_rates_come_with_their_numbers_by_benefit_set_and_tier() -> None:
    cast.ladder()
    perks.offer("spa", tier="silver", quota=2)
    silver, gold = people(3, growth=600), people(1, growth=2500, start=10)
    first = perks.claimed(silver[0], "spa")
    perks.claimed(silver[0], "spa")
    perks.claimed(silver[1], "spa")
    using.use(Scan(first.code, "till"), now=cast.NOW)

    assert lines() == [("spa", "always", "silver", 3, 2, 3, 1), ("spa", "always", "gold", 1, 0, 0, 0)]
    [whole] = rates.summed(rates.rates(FIRST, LAST, now=cast.NOW), "all")
    assert (whole.eligible, whole.claim_rate, round(whole.use_rate or 0)) == (4, 50.0, 33)
    assert len(gold) == 1


def test_without_anybody_there_is_no_rate() -> None:
    cast.ladder()
    perks.offer("spa", tier="gold")

    assert rates.rates(FIRST, LAST, now=cast.NOW) == []
    assert rates.Rate(None, None, None).claim_rate is None


def test_who_could_is_asked_on_the_last_day_of_the_period() -> None:
    """Gold now, silver at the end of January: in January's rates, silver."""
    cast.ladder()
    perks.offer("spa", tier="silver")
    [member] = people(1)
    cast.give(member.pk, 600, currency="growth", now=cast.NOW - 60 * DAYS)
    tiers.review([member.pk], {}, cast.NOW - 60 * DAYS)
    gold = Tier.objects.get(code="gold").pk
    granting.grant(account_id=member.pk, tier_id=gold, through=None, reason="礼遇", now=cast.NOW)

    then = rates.rates(FIRST, date(2026, 1, 31), now=cast.NOW)
    before = rates.rates(date(2025, 10, 1), date(2025, 12, 31), now=cast.NOW)

    assert [row.tier and row.tier.code for row in then] == ["silver"]
    assert before == []
    assert [line[2] for line in lines()] == ["gold"]


def test_a_birthdays_benefit_counts_who_has_it_in_the_period() -> None:
    perks.offer("cake", birthday_month=True, period="year")
    people(2)  # 21 May
    Member.objects.filter(phone="+8613800000000").update(birthday=date(1990, 2, 2))

    assert lines() == [("cake", "always", "", 1, 0, 0, 0)]


def test_plan_holders_count_while_the_plan_runs() -> None:
    plan = Plan.objects.create(code="plus", name_zh="付费会员", name_en="Plus")
    perks.offer("parcel", plan=plan)
    member, _other = people(2)
    PlanTerm.objects.create(
        member=member,
        plan=plan,
        key="k",
        source="staff",
        starts_on=perks.DAY,
        through_on=perks.DAY + DAYS,
        bought_at=cast.NOW,
    )

    assert lines() == [("parcel", "always", "", 1, 0, 0, 0)]


def test_what_was_given_beside_quotas_has_a_use_rate_only() -> None:
    perks.offer("spa")
    [member] = people(1)
    row = perks.claimed(member, "spa")
    row.offer = None
    row.save()

    assert lines() == [("spa", "", "", 0, 0, 1, 0), ("spa", "always", "", 1, 0, 0, 0)]


def test_what_is_always_there_is_left_out() -> None:
    perks.offer("returns", way=Benefit.Way.STANDING)
    people(1)

    assert lines() == []


def test_rates_cost_the_same_for_many_members() -> None:
    cast.ladder()
    perks.offer("spa", tier="silver")
    seen = []
    for start in (0, 100):
        for member in people(3, growth=600, start=start):
            perks.claimed(member, "spa")
        with CaptureQueriesContext(connection) as captured:
            rates.rates(FIRST, LAST, now=cast.NOW)
        seen.append(len(captured))

    assert seen[0] == seen[1]
