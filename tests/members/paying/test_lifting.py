"""The tier that a plan lifts to, and what is left when it ends."""

from datetime import date, timedelta

import pytest

from loyalty import rules
from loyalty.models import AuditRecord, Message, Rule
from members.climbing import ladders, reviewing
from members.models import Ladder, Member, Standing, Tier
from members.paying import buying, by_hand, ending, holding, merging, reminding
from tests import cast
from tests.members.paying import shop

pytestmark = pytest.mark.django_db
NOW, TODAY = shop.NOW, shop.TODAY


def paid_tiers() -> tuple[Tier, Tier]:
    """Two tiers that are bought: both above what is earned."""
    cast.ladder()
    main = Ladder.objects.get(is_main=True)
    plus = Tier.objects.create(ladder=main, code="plus", name_zh="PLUS", name_en="PLUS", rank=11, is_paid=True)
    black = Tier.objects.create(ladder=main, code="blackplus", name_zh="黑卡", name_en="Black", rank=12, is_paid=True)
    ladders.publish(main, by=None, now=NOW - timedelta(days=1))
    return plus, black


def code(member: Member) -> str:
    member.refresh_from_db()
    return member.tier.code if member.tier else ""


def night(days: int) -> None:
    """Both nightly jobs, so many days on; the review first, as it may happen."""
    day = (TODAY + timedelta(days=days)).isoformat()
    at = shop.at(days) - timedelta(hours=11)
    reviewing.review_due(at, day, "")
    ending.run_out(at, day, "")


def test_a_plan_lifts_and_leaves_what_was_earned_when_it_runs_out() -> None:
    """E58: effective = the higher of earned and paid."""
    plus, _black = paid_tiers()
    shop.plan(tier=plus, length=10, unit="days")
    member = cast.member(growth=700)
    shop.order(member)

    seen = [code(member)]
    for days in (9, 10):
        night(days)
        seen.append(code(member))

    assert seen == ["plus", "plus", "silver"]
    assert list(member.tier_changes.order_by("pk").values_list("reason", flat=True)) == ["paid", "paid_ended"]
    assert [(told["why"], told["days"]) for told in shop.happened("plan.ended")] == [("through", 10)]
    assert Message.objects.filter(key__startswith="plan.ended", channel="in_app").count() == 1


def test_of_two_plans_the_higher_counts_while_it_runs_and_then_the_other() -> None:
    plus, black = paid_tiers()
    shop.plan(tier=plus)
    shop.plan("top", tier=black, length=5, unit="days")
    member = cast.member(growth=700)
    shop.order(member, number="A-1")
    shop.order(member, shop.line("TOP"), number="A-2", now=shop.at(1))

    seen = [code(member)]
    for days in (5, 6, 7):
        night(days)
        seen.append(code(member))

    standing = Standing.objects.get(member=member)
    assert seen == ["blackplus", "blackplus", "plus", "plus"]
    assert (standing.paid, standing.paid_through) == (plus, date(2027, 3, 17))
    assert [told["tier"] for told in shop.happened("tier.downgraded")] == ["plus"]


def test_a_renewal_carries_the_tier_over_without_a_dip() -> None:
    plus, _black = paid_tiers()
    shop.plan(tier=plus, length=5, unit="days")
    member = cast.member()
    shop.order(member, shop.line(quantity=2))

    for days in (5, 9):
        night(days)

    assert (code(member), shop.happened("tier.downgraded")) == ("plus", [])
    assert (shop.happened("plan.ended"), Standing.objects.get(member=member).paid_through) == ([], date(2026, 3, 27))


def test_a_refund_ends_the_tier_at_once() -> None:
    plus, _black = paid_tiers()
    shop.plan(tier=plus)
    member = cast.member(growth=700)
    shop.order(member)

    shop.refund(50000, now=shop.at(3))

    assert (code(member), Standing.objects.get(member=member).paid) == ("silver", None)


def test_a_tier_on_no_ladder_lifts_nobody_and_the_order_stands() -> None:
    cast.ladder()
    aside = Ladder.objects.create(code="aside", name_zh="旁", name_en="Aside")
    tier = Tier.objects.create(ladder=aside, code="x", name_zh="x", name_en="x", rank=1, is_paid=True)
    shop.plan(tier=tier)
    member = cast.member(growth=700)

    answer = shop.order(member)

    assert (answer.status, code(member), len(shop.terms(member))) == ("accepted", "silver", 1)


def test_a_plan_runs_out_once_however_often_the_job_runs() -> None:
    shop.plan(length=5, unit="days")
    member = cast.member()
    shop.order(member)

    for _again in range(2):
        night(5)

    assert (len(shop.happened("plan.ended")), holding.held_by([member.pk], TODAY + timedelta(days=5))) == (1, {})


def test_a_welcome_pack_is_a_rule_for_the_first_time_only() -> None:
    shop.plan(length=5, unit="days")
    cast.rule("pack", "plan.started", points=88, condition={"fact": "event.is_first", "op": "is_true"})
    member = cast.member()

    shop.order(member, number="A-1")
    shop.order(member, number="A-2", now=shop.at(40))

    assert (cast.available(member.pk), len(shop.happened("plan.started"))) == (88, 2)


def test_a_rule_can_give_a_plan() -> None:
    plan = shop.plan()
    rule = Rule.objects.create(
        code="give", name_zh="送", kind="member.joined", effects=[{"effect": "plan.give", "plan": "plus", "days": 30}]
    )
    rules.publish(rule, by=None, now=NOW - timedelta(days=1))

    member = cast.member(now=NOW)

    assert shop.spans(member) == [(TODAY, date(2026, 4, 16))]
    assert [(term.plan, term.source) for term in shop.terms(member)] == [(plan, "rule")]


def test_metrics_count_what_was_bought_not_what_was_tried() -> None:
    shop.plan()
    member = cast.member(points=20000)
    buying.try_out(account_id=member.pk, plan_code="plus", now=NOW)
    buying.buy(account_id=member.pk, plan_code="plus", token="1", now=shop.at(1))
    buying.buy(account_id=member.pk, plan_code="plus", token="2", now=shop.at(2))

    counted = {tally.metric.code: tally.value for tally in member.account.tallies.select_related("metric")}

    assert (counted["plans_begun"], counted["plan_renewals"]) == (1, 1)


def test_a_reminder_goes_out_once_as_many_days_ahead_as_the_plan_says() -> None:
    shop.plan(length=20, unit="days", remind_days=5)
    member = cast.member()
    shop.order(member)

    for days in (13, 14, 14, 15):
        cursor = ""
        while True:
            stride = reminding.remind(shop.at(days), "", cursor)
            cursor = stride.cursor
            if not cursor:
                break

    assert Message.objects.filter(key__startswith="plan.ending", channel="in_app").count() == 1


def test_staff_give_and_end_with_a_reason_and_a_record() -> None:
    plan, member, staff = shop.plan(), cast.member(), cast.operator()

    given = [
        by_hand.give(account_id=member.pk, plan=plan, days=30, token="t", reason="老朋友", by=staff, now=NOW)
        for _press in range(2)
    ]
    by_hand.end(term_id=given[0].pk, gives_back=False, reason="误赠", by=staff, now=shop.at(3))

    assert (given[0].pk, shop.spans(member)) == (given[1].pk, [(TODAY, date(2026, 3, 20))])
    with pytest.raises(by_hand.TermOver):
        by_hand.end(term_id=given[0].pk, gives_back=False, reason="误赠", by=staff, now=shop.at(4))
    records = AuditRecord.objects.filter(actor=staff).order_by("pk")
    assert list(records.values_list("deed", "reason")) == [
        ("members.planterm.given", "老朋友"),
        ("members.planterm.ended", "误赠"),
    ]


def test_the_tier_that_is_paid_for_goes_over_in_a_merge_and_back() -> None:
    plus, _black = paid_tiers()
    shop.plan(tier=plus)
    one, other = cast.member(growth=700), cast.member("何", phone="13500135000")
    shop.order(other)

    kept = merging.merge(one.pk, other.pk, NOW)
    over = code(one)
    merging.unmerge(one.pk, other.pk, kept, NOW)

    assert (over, code(one), code(other)) == ("plus", "silver", "plus")


def test_terms_go_over_in_a_merge_and_back() -> None:
    shop.plan()
    one, other = cast.member(), cast.member("何", phone="13500135000")
    for each in (one, other):
        buying.try_out(account_id=each.pk, plan_code="plus", now=NOW)
    shop.order(other, now=shop.at(1))

    kept = merging.merge(one.pk, other.pk, NOW)
    over = [len(shop.terms(each)) for each in (one, other)]
    merging.unmerge(one.pk, other.pk, kept, NOW)

    assert (over, [len(shop.terms(each)) for each in (one, other)]) == ([2, 1], [1, 2])
