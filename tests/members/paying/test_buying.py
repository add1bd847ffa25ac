"""Buying with points and trying."""

from datetime import date, timedelta
from typing import Any

import pytest

from loyalty import accounts
from loyalty.errors import LoyaltyError
from loyalty.ledger import spending
from loyalty.models import Entry, Lot, Message
from members.models import PlanTerm
from members.paying import buying, by_hand, captions
from tests import cast
from tests.members.paying import shop

pytestmark = pytest.mark.django_db
NOW, TODAY = shop.NOW, shop.TODAY


def test_a_year_of_500_yuan_costs_10000_points_and_after_100_days_7260_come_back_to_their_lots() -> None:
    """10,000 × 265 ÷ 365, rounded down; in money 363.01 of 500 yuan."""
    plan, member = shop.plan(), cast.member()
    cast.give(member.pk, 4000, now=NOW - timedelta(days=200))
    cast.give(member.pk, 8000, now=NOW - timedelta(days=100))

    term = buying.buy(account_id=member.pk, plan_code="plus", token="t1", now=NOW)
    paid = cast.available(member.pk)
    back = by_hand.preview(term, now=shop.at(100))
    done = by_hand.end(term_id=term.pk, gives_back=True, reason="搬家了", by=None, now=shop.at(100))

    term.refresh_from_db()
    assert (term.starts_on, term.through_on, term.price_points, paid) == (TODAY, date(2027, 3, 17), 10000, 2000)
    assert (back.used, back.left, back.points) == (100, 265, 7260)
    assert (done.points, term.refunded_points, term.ended_on) == (7260, 7260, date(2026, 6, 26))
    assert cast.available(member.pk) == 9260
    assert list(Lot.objects.filter(account=member.pk).order_by("earned_at").values_list("remaining", flat=True)) == [
        1260,
        8000,
    ]
    assert (50000 * 265 // 365, plan.price_minor) == (36301, 50000)


def test_the_same_token_buys_once() -> None:
    shop.plan()
    member = cast.member(points=30000)

    first, second = (buying.buy(account_id=member.pk, plan_code="plus", token="t1", now=NOW) for _ in range(2))

    assert (first.pk, cast.available(member.pk), PlanTerm.objects.count()) == (second.pk, 20000, 1)
    assert Entry.objects.filter(counter=Entry.Counter.REDEEMED).count() == 1


def test_a_token_of_another_plan_is_refused() -> None:
    shop.plan()
    shop.plan("pro")
    member = cast.member(points=30000)
    buying.buy(account_id=member.pk, plan_code="plus", token="t1", now=NOW)

    with pytest.raises(buying.TokenUsed):
        buying.buy(account_id=member.pk, plan_code="pro", token="t1", now=NOW)

    assert cast.available(member.pk) == 20000


def test_a_renewal_begins_the_day_after_what_runs() -> None:
    shop.plan()
    member = cast.member(points=10000)
    buying.buy(account_id=member.pk, plan_code="plus", token="t1", now=NOW)
    cast.give(member.pk, 10000, now=shop.at(300))

    buying.buy(account_id=member.pk, plan_code="plus", token="t2", now=shop.at(300))

    assert shop.spans(member) == [(TODAY, date(2027, 3, 17)), (date(2027, 3, 18), date(2028, 3, 17))]
    assert [event["is_first"] for kind in ("plan.started", "plan.renewed") for event in shop.happened(kind)] == [
        True,
        False,
    ]


def test_what_is_missing_is_said_and_nothing_moves() -> None:
    shop.plan()
    member = cast.member(points=9500)

    with pytest.raises(spending.InsufficientPoints) as refusal:
        buying.buy(account_id=member.pk, plan_code="plus", token="t1", now=NOW)

    assert (refusal.value.missing, cast.available(member.pk), PlanTerm.objects.count()) == (500, 9500, 0)


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ({"is_on_sale": False}, buying.NotForPoints),
        ({"price_points": None}, buying.NotForPoints),
        ({"archived_at": NOW}, buying.PlanNotFound),
    ],
)
def test_a_plan_not_for_sale_is_not_sold(change: dict[str, Any], refused: type[LoyaltyError]) -> None:
    shop.plan(**change)
    member = cast.member(points=30000)

    with pytest.raises(refused):
        buying.buy(account_id=member.pk, plan_code="plus", token="t1", now=NOW)

    assert cast.available(member.pk) == 30000


def test_another_price_than_shown_is_refused() -> None:
    shop.plan()
    member = cast.member(points=30000)

    with pytest.raises(buying.PriceMoved):
        buying.buy(account_id=member.pk, plan_code="plus", token="t1", now=NOW, quoted_points=9000)

    assert cast.available(member.pk) == 30000


def test_a_suspended_member_buys_nothing() -> None:
    shop.plan()
    member = cast.suspended_member(points=20000)

    with pytest.raises(accounts.AccountFrozen):
        buying.buy(account_id=member.pk, plan_code="plus", token="t1", now=NOW)

    assert PlanTerm.objects.count() == 0


def test_nobody_buys_further_ahead_than_five_terms() -> None:
    shop.plan(price_points=1)
    member = cast.member(points=100)
    for number in range(buying.MOST_AHEAD):
        buying.buy(account_id=member.pk, plan_code="plus", token=str(number), now=NOW)

    with pytest.raises(buying.FarAhead):
        buying.buy(account_id=member.pk, plan_code="plus", token="one more", now=NOW)

    assert cast.available(member.pk) == 95


def test_a_trial_runs_its_days_once_and_a_bought_year_begins_after_it() -> None:
    shop.plan()
    member = cast.member(points=10000)

    first = buying.try_out(account_id=member.pk, plan_code="plus", now=NOW)
    again = buying.try_out(account_id=member.pk, plan_code="plus", now=shop.at(2))
    buying.buy(account_id=member.pk, plan_code="plus", token="t1", now=shop.at(3))
    with pytest.raises(buying.Tried):
        buying.try_out(account_id=member.pk, plan_code="plus", now=shop.at(8))

    assert first.pk == again.pk
    assert shop.spans(member) == [(TODAY, date(2026, 3, 24)), (date(2026, 3, 25), date(2027, 3, 24))]
    assert [(told["source"], told["is_first"]) for told in shop.happened("plan.started")] == [
        ("trial", True),
        ("points", True),
    ]


def test_who_held_a_plan_does_not_try_it() -> None:
    shop.plan()
    member = cast.member(points=10000)
    buying.buy(account_id=member.pk, plan_code="plus", token="t1", now=NOW)

    with pytest.raises(buying.Tried):
        buying.try_out(account_id=member.pk, plan_code="plus", now=shop.at(400))

    assert PlanTerm.objects.count() == 1


def test_the_statement_names_the_plan_for_what_was_spent_and_what_came_back() -> None:
    shop.plan()
    member = cast.member(points=10000)
    term = buying.buy(account_id=member.pk, plan_code="plus", token="t1", now=NOW)
    by_hand.end(term_id=term.pk, gives_back=True, reason="不合适", by=None, now=shop.at(10))

    entries = Entry.objects.filter(counter=Entry.Counter.REDEEMED).values_list("pk", flat=True)

    assert [str(title) for title in captions.titles(list(entries)).values()] == ["PLUS 年卡"] * 2


def test_the_member_is_told_once() -> None:
    shop.plan()
    member = cast.member(points=10000)

    for _press in range(2):
        buying.buy(account_id=member.pk, plan_code="plus", token="t1", now=NOW)

    assert Message.objects.filter(account=member.pk, key__startswith="plan.bought", channel="in_app").count() == 1
