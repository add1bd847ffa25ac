"""A rule that grants a tier, and the facts about standings."""

from datetime import date, timedelta

import pytest

from loyalty import conditions, rules
from loyalty.events import intake
from loyalty.events.incoming import Incoming
from loyalty.models import Rule
from members.climbing import granting, ladders, reviewing, tiers
from members.models import Ladder, Member, Standing, Tier
from tests import cast

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 18)


def gift_of_gold(days: int = 30) -> None:
    rule = Rule.objects.create(
        code="taste",
        name_zh="金卡体验",
        kind="order.paid",
        effects=[{"effect": "tier.grant", "tier": "gold", "days": days}],
    )
    rules.publish(rule, by=None, now=cast.NOW - timedelta(days=1))


def buy(member: Member, order: str = "A-1") -> None:
    told = {"order_id": order, "currency": "CNY", "amount_minor": 5000, "customer": f"m:{member.account.number}"}
    outcome = intake.post([Incoming("order.paid", told, cast.NOW)], partner=cast.partner(), now=cast.NOW)[0]
    assert outcome.error is None


def facts(member: Member, *codes: str) -> list[object]:
    return list(conditions.load_facts([member.pk], codes)[member.pk].values())


def test_a_rule_can_grant_a_tier_for_some_days() -> None:
    member = cast.new_member()
    gift_of_gold()

    buy(member)
    member.refresh_from_db()
    reached = member.tier
    reviewing.review_due(cast.NOW + timedelta(days=31), "2026-04-18", "")
    member.refresh_from_db()

    assert (reached and reached.code, member.tier and member.tier.code) == ("gold", "starter")
    assert member.tier_changes.earliest("pk").cause_id is not None


def test_a_longer_grant_by_hand_is_not_shortened_by_a_rule() -> None:
    member = cast.new_member()
    gift_of_gold()
    gold = Tier.objects.get(code="gold").pk
    granting.grant(account_id=member.pk, tier_id=gold, through=None, reason="大使", now=cast.NOW)

    buy(member)

    assert Standing.objects.get().granted_through is None


def test_facts_tell_of_the_standing() -> None:
    cast.ladder(validity="calendar_year")
    member = cast.member()
    cast.give(member.pk, 700, currency="growth")
    tiers.review([member.pk], {}, cast.NOW)

    found = facts(member, "member.tier_missing", "member.tier_rank", "member.tier_review_on", "member.tier_since")

    assert found == [1300, 1, date(2027, 1, 1), TODAY]


def test_a_member_who_never_moved_has_facts_too() -> None:
    member = cast.new_member()

    assert facts(member, "member.other_tiers", "member.tier_missing", "member.tier_review_on") == [(), 500, None]


def test_nothing_is_said_to_be_missing_where_growth_counts_by_periods() -> None:
    cast.ladder(window="calendar_year")
    member = cast.member()

    assert facts(member, "member.tier_missing") == [None]


def test_tiers_of_side_ladders_can_be_asked_for() -> None:
    cast.ladder()
    member = cast.member(points=200)
    side = Ladder.objects.create(code="envoys", name_zh="品牌大使", name_en="Ambassadors", currency="points")
    Tier.objects.create(ladder=side, code="envoy", name_zh="大使", name_en="Envoy", rank=1, threshold=100)
    ladders.publish(side, by=None, now=cast.NOW)
    tiers.review([member.pk], {}, cast.NOW)

    who = conditions.accounts({"fact": "member.other_tiers", "op": "has_any", "value": ["envoy"]}, as_of=TODAY)

    assert facts(member, "member.other_tiers") == [("envoy",)]
    assert list(who) == [member.account]


@pytest.mark.parametrize(("ahead", "holds"), [(0, True), (30, True), (31, False), (-1, False)])
def test_reviews_that_are_near_can_be_asked_for(ahead: int, holds: bool) -> None:
    cast.ladder()
    member = cast.member()
    Standing.objects.create(member=member, ladder_id=1, next_review_on=TODAY + timedelta(days=ahead))
    tree = {"fact": "member.tier_review_on", "op": "in_next_days", "value": 30}

    found = list(conditions.accounts(tree, as_of=TODAY))

    assert found == ([member.account] if holds else [])
    assert conditions.compile(tree)(lambda _leaf: TODAY + timedelta(days=ahead), TODAY) is holds
