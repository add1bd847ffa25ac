"""How long points live and how many one can have: by rule, by tier, by activity, by event, by cap."""

from datetime import date, timedelta
from typing import Any

import pytest

from loyalty import clock
from loyalty.events.incoming import Incoming
from loyalty.ledger import expiring, spending, verify
from loyalty.models import Account, Balance, BudgetUse, Currency, Entry, Lifetime, Lot
from tests.loyalty.till import NOW, RATE, net, one_for_one, open_account, order, post, publish, refund

pytestmark = pytest.mark.django_db
ZONE = "Asia/Shanghai"


@pytest.fixture
def account() -> Account:
    return open_account()


def points(**policies: Any) -> Currency:
    Currency.objects.filter(code="points").update(**policies)
    return Currency.objects.get(code="points")


def last_days() -> list[date | None]:
    found = Lot.objects.order_by("id")
    return [None if lot.last_at is None else clock.business_day(lot.last_at, ZONE) for lot in found]


def test_a_rule_can_give_points_their_own_lifetime(account: Account) -> None:
    points(expiry_mode="months", expiry_length=12)
    publish("base", [RATE | {"expiry": {"mode": "days", "length": 7}}])

    post(order("A1", 10000, account))

    assert last_days() == [date(2026, 11, 18)]


def test_some_members_points_live_longer(account: Account) -> None:
    unit = points(expiry_mode="months", expiry_length=12)
    loyal = {"fact": "metric.orders", "op": "gte", "value": 1, "window": {"lifetime": True}}
    Lifetime.objects.create(currency=unit, name_zh="老客", name_en="loyal", condition=loyal, mode="months", length=24)
    one_for_one()

    post(order("A1", 10000, account))
    post(order("A2", 10000, account))

    assert last_days() == [date(2027, 11, 11), date(2028, 11, 11)]


def test_activity_keeps_points_alive(account: Account) -> None:
    points(expiry_mode="idle_days", expiry_length=30)
    one_for_one()
    post(order("A1", 10000, account))

    later = NOW + timedelta(days=20)
    post(order("A2", 5000, account, at=later), now=later)

    assert last_days() == [date(2026, 12, 31)] * 2
    assert Lot.objects.order_by("id")[0].born_expires_at is not None
    assert verify.run(now=later) == []


def test_a_refund_is_no_activity(account: Account) -> None:
    """E46: a refund as "activity" does not extend a sliding expiry."""
    points(expiry_mode="idle_days", expiry_length=30)
    one_for_one()
    post(order("A1", 10000, account))

    later = NOW + timedelta(days=20)
    post(refund("R1", "A1", 4000, at=later), now=later)

    assert last_days() == [date(2026, 12, 11)]


def test_points_without_activity_are_gone_on_their_day(account: Account) -> None:
    points(expiry_mode="idle_days", expiry_length=30)
    one_for_one()
    post(order("A1", 10000, account))

    expiring.sweep(now=NOW + timedelta(days=40))

    assert net(account, NOW + timedelta(days=40)) == 0
    assert Entry.objects.filter(counter="expired").count() == 1


def test_points_wait_for_an_event_and_wake_with_it(account: Account) -> None:
    points(expiry_mode="months", expiry_length=1)
    publish("base", [RATE | {"wait": {"for": "order.completed", "days": 30}}])
    post(order("A1", 10000, account), order("A2", 5000, account))
    waiting = Balance.objects.get(currency__code="points").pending

    later = NOW + timedelta(days=10)
    post(Incoming("order.completed", {"order_id": "A1"}, later), now=later)

    assert waiting == 150
    assert (net(account, later), Balance.objects.get(currency__code="points").pending) == (100, 50)
    assert last_days()[0] == date(2026, 12, 21)
    assert verify.run(now=later) == []


def test_points_whose_event_never_comes_are_cancelled(account: Account) -> None:
    publish("base", [RATE | {"wait": {"for": "order.completed", "days": 30}}])
    post(order("A1", 10000, account))

    later = NOW + timedelta(days=31)
    expiring.sweep(now=later)

    balance = Balance.objects.get(currency__code="points")
    assert (balance.available, balance.pending) == (0, 0)
    assert verify.run(now=later) == []


def test_an_event_that_comes_twice_wakes_once(account: Account) -> None:
    publish("base", [RATE | {"wait": {"for": "order.completed", "days": 30}}])
    post(order("A1", 10000, account))

    for _ in range(2):
        post(Incoming("order.completed", {"order_id": "A1"}, NOW))

    assert net(account) == 100


def test_nobody_holds_more_than_the_most(account: Account) -> None:
    points(balance_cap=150)
    one_for_one()

    post(order("A1", 10000, account))
    outcome = post(order("A2", 10000, account))[0]

    assert net(account) == 150
    step = outcome.receipt["steps"][0]
    assert (step["desired"], step["awarded"], step["reason"]) == (100, 50, "clipped:balance")
    assert step["cap"] == {"per": "balance", "limit": 150, "used": 100}


def test_what_was_spent_or_has_expired_makes_room(account: Account) -> None:
    points(balance_cap=150, expiry_mode="days", expiry_length=5)
    one_for_one()
    post(order("A1", 10000, account))
    spending.spend(account_id=account.pk, amount=40, now=NOW)

    later = NOW + timedelta(days=10)
    post(order("A2", 15000, account, at=later), now=later)

    assert net(account, later) == 150


def test_debt_is_paid_by_the_share_of_new_points_that_was_set(account: Account) -> None:
    points(recoup_percent=40)
    one_for_one()
    post(order("A1", 10000, account))
    spending.spend(account_id=account.pk, amount=100, now=NOW)
    post(refund("R1", "A1", 10000))

    post(order("A2", 5000, account))

    balance = Balance.objects.get(currency__code="points")
    assert (balance.available, balance.debt, balance.deferred) == (30, 0, 80)
    assert verify.run(now=NOW) == []


def test_a_budget_is_everybodys(account: Account) -> None:
    publish("base", [RATE], caps=[{"per": "day", "currency": "points", "limit": 150, "of": "everyone"}])
    other = open_account()

    post(order("A1", 10000, account))
    post(order("A2", 10000, other), order("A3", 10000, account))
    tomorrow = NOW + timedelta(days=1)
    post(order("A4", 2000, other, at=tomorrow), now=tomorrow)

    assert (net(account), net(other)) == (100, 70)
    used = dict(BudgetUse.objects.values_list("since", "used"))
    assert used == {date(2026, 11, 11): 150, date(2026, 11, 12): 20}
