"""Who is offered what on a day."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from members.benefits import offers
from members.climbing import granting, ladders
from members.models import Benefit, BenefitOffer, BenefitSet, Ladder, Member, Plan, PlanTerm, Tier
from tests import cast
from tests.members.benefits import perks
from tests.members.benefits.perks import DAY

pytestmark = pytest.mark.django_db


def held(member: Member, day: date = DAY) -> dict[str, tuple[int, str]]:
    """Code → times and period."""
    found = offers.held_by([member.pk], day).get(member.pk, {})
    return {each.benefit.code: (each.offer.quota, each.offer.period) for each in found.values()}


def test_a_tiers_benefit_is_for_it_and_those_above() -> None:
    cast.ladder()
    perks.offer("delivery", tier="silver")
    perks.offer("welcome", tier="silver", and_above=False)
    perks.offer("card")

    assert held(cast.gold_member()) == {"delivery": (1, "month"), "card": (1, "month")}
    assert held(cast.new_member()) == {"card": (1, "month")}


def test_of_several_lines_the_one_that_gives_most_often_counts() -> None:
    cast.ladder()
    perks.offer("delivery", tier="silver", quota=20, period="year")
    perks.offer("delivery", tier="gold", quota=2, period="month")
    perks.offer("delivery", quota=5, period="ever")

    assert held(cast.gold_member()) == {"delivery": (2, "month")}


def test_a_set_is_in_force_in_its_seasons_only() -> None:
    winter = perks.season("winter", since=date(2026, 1, 1), through=date(2026, 3, 31))
    perks.offer("scarf", within=winter)
    perks.offer("cap", within=BenefitSet.objects.create(code="never", name_zh="从不", name_en="Never"))
    member = cast.member()

    assert [held(member, day) for day in (date(2025, 12, 31), date(2026, 1, 1), date(2026, 3, 31))] == [
        {},
        {"scarf": (1, "month")},
        {"scarf": (1, "month")},
    ]
    assert held(member, date(2026, 4, 1)) == {}


def test_sets_whose_seasons_meet_add_up() -> None:
    perks.offer("scarf", within=perks.season("winter", since=date(2026, 1, 1), through=date(2026, 3, 31)))
    perks.offer("walk", within=perks.season("spring", since=date(2026, 3, 1), through=date(2026, 5, 31)))

    assert sorted(held(cast.member())) == ["scarf", "walk"]


def test_what_is_retired_is_offered_no_more() -> None:
    perks.offer("scarf")
    perks.offer("walk", within=perks.season("spring"))
    member = cast.member()

    Benefit.objects.filter(code="scarf").update(archived_at=cast.NOW)
    BenefitSet.objects.filter(code="spring").update(archived_at=cast.NOW)

    assert held(member) == {}


def test_a_side_ladders_benefit_is_for_who_stands_on_it() -> None:
    cast.ladder()
    side = Ladder.objects.create(code="ambassador", name_zh="大使", name_en="Ambassadors")
    rung = Tier.objects.create(
        ladder=side, code="envoy", name_zh="使者", name_en="Envoy", rank=0, is_invitation_only=True
    )
    ladders.publish(side, by=None, now=cast.NOW - timedelta(days=9))
    perks.offer("dinner", tier=rung)
    member, other = cast.gold_member(), cast.new_member()

    granting.grant(account_id=member.pk, tier_id=rung.pk, through=None, reason="邀请", now=cast.NOW)

    assert (sorted(held(member)), sorted(held(other))) == (["dinner"], [])
    [row] = offers.held_by([member.pk], DAY)[member.pk].values()
    assert row.tier_id == rung.pk


def test_a_plans_benefit_is_for_who_holds_it() -> None:
    plan = Plan.objects.create(code="plus", name_zh="付费会员", name_en="Plus")
    perks.offer("parcel", plan=plan)
    member = cast.member()
    PlanTerm.objects.create(
        member=member,
        plan=plan,
        key="k",
        source=PlanTerm.Source.STAFF,
        starts_on=DAY,
        through_on=DAY + timedelta(days=9),
        bought_at=cast.NOW,
    )

    assert [sorted(held(member, day)) for day in (DAY - timedelta(days=1), DAY, DAY + timedelta(days=10))] == [
        [],
        ["parcel"],
        [],
    ]


def test_a_birthday_benefit_is_there_in_the_birthdays_month() -> None:
    perks.offer("cake", birthday_month=True)
    member = cast.member()

    assert [sorted(held(member, date(2026, month, 1))) for month in (4, 5, 6)] == [[], ["cake"], []]
    Member.objects.update(birthday=None)
    assert held(member, date(2026, 5, 1)) == {}


def test_many_members_cost_no_more_queries_than_one() -> None:
    plan = Plan.objects.create(code="plus", name_zh="付费会员", name_en="Plus")
    cast.ladder()
    for code in ("a", "b", "c"):
        perks.offer(code, tier="silver")
    perks.offer("parcel", plan=plan)
    people = [cast.member(phone=f"1380013800{number}") for number in range(5)]
    seen = []

    for count in (1, 5):
        with CaptureQueriesContext(connection) as captured:
            offers.held_by([person.pk for person in people[:count]], DAY)
        seen.append(len(captured))

    assert seen == [4, 4]
    assert BenefitOffer.objects.count() == 4
