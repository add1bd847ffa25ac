"""The way back: points that paid, gifts that went out, refunds that did not take place."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from loyalty.events import releasing
from loyalty.events.incoming import Incoming, Status
from loyalty.ledger import adjusting, holding, spending, verify
from loyalty.models import Account, Allocation, Balance, Currency, Entry, Lot, Order, Programme, Tally
from tests.loyalty.till import NOW, net, one_for_one, open_account, open_till, order, post, refund

pytestmark = pytest.mark.django_db
GIFT = {"kind": "reward", "sku": "TOY", "amount_minor": 0}
BAG = {"sku": "BAG", "amount_minor": 10000}


@pytest.fixture
def account() -> Account:
    return open_account()


def lots(account: Account) -> list[int]:
    return [lot.remaining for lot in Lot.objects.filter(account=account).order_by("earned_at", "id")]


def paid_with_points(account: Account, points: int, key: str = "T-1") -> None:
    """A till that captured a hold for part of an order."""
    till = open_till()
    holding.hold(account_id=account.pk, amount=points, key=key, partner=till, now=NOW)
    holding.capture(key=key, partner=till, now=NOW)


def mixed_order(account: Account, **more: Any) -> Incoming:
    """¥100, of which 2,000 points paid ¥20."""
    told: dict[str, Any] = {"points_paid_minor": 2000, "points_hold": "t:T-1"}
    return order("A1", 10000, account, **told | more)


def cancellation(refund_id: str, order_id: str, minor: int) -> Incoming:
    payload = {"order_id": order_id, "refund_id": refund_id, "currency": "CNY", "amount_minor": minor}
    return Incoming("order.refund_cancelled", payload, NOW)


def in_order(now: datetime = NOW) -> None:
    """The auditor finds nothing but the opening balances, which nobody asked for."""
    assert [breach for breach in verify.run(now=now) if breach.invariant != "I21"] == []


def test_points_that_paid_go_back_to_their_lots_in_the_share_refunded(account: Account) -> None:
    """E29: ¥80 cash and 2,000 points (¥20), half refunded: 1,000 points to their lots, with their expiry."""
    Currency.objects.filter(code="points").update(expiry_mode="months", expiry_length=12)
    adjusting.adjust(account_id=account.pk, amount=1500, reason="opening", now=NOW - timedelta(days=30))
    adjusting.adjust(account_id=account.pk, amount=1500, reason="opening", now=NOW - timedelta(days=10))
    expiries = list(Lot.objects.order_by("id").values_list("expires_at", flat=True))
    paid_with_points(account, 2000)
    post(mixed_order(account))

    outcome = post(refund("R1", "A1", 5000))[0]

    assert lots(account) == [500, 1500]  # as if only 1,000 had been spent: the first lot gives first
    assert list(Lot.objects.order_by("id").values_list("expires_at", flat=True)) == expiries
    assert outcome.receipt["reversal"]["payment"]["points"] == 1000
    back = Entry.objects.get(counter="redeemed", amount=1000)
    assert back.reverses == Order.objects.get().payment
    in_order()


@pytest.mark.parametrize(
    ("refunds", "back"), [((3333, 3333, 3334), [666, 667, 667]), ((10000,), [2000]), ((9999, 2001), [1999, 1])]
)
def test_partial_refunds_give_back_by_cumulative_floor(
    account: Account, refunds: tuple[int, ...], back: list[int]
) -> None:
    adjusting.adjust(account_id=account.pk, amount=2000, reason="opening", now=NOW)
    paid_with_points(account, 2000)
    post(mixed_order(account))

    for number, minor in enumerate(refunds):
        post(refund(f"R{number}", "A1", minor))

    given = Entry.objects.filter(counter="redeemed", amount__gt=0).order_by("version")
    assert list(given.values_list("amount", flat=True)) == back
    assert net(account) == 2000
    in_order()


def test_points_given_back_start_anew_where_the_programme_says_so(account: Account) -> None:
    Currency.objects.filter(code="points").update(expiry_mode="months", expiry_length=1, returned="anew")
    adjusting.adjust(account_id=account.pk, amount=2000, reason="opening", now=NOW - timedelta(days=25))
    paid_with_points(account, 2000)
    post(mixed_order(account))

    later = NOW + timedelta(days=20)
    post(refund("R1", "A1", 10000, at=later), now=later)

    fresh = Lot.objects.order_by("id").last()
    assert fresh is not None
    assert (fresh.remaining, fresh.expires_at is not None and fresh.expires_at > later) == (2000, True)
    in_order(later)


def test_points_given_back_after_their_deadline_are_gone_at_once(account: Account) -> None:
    Currency.objects.filter(code="points").update(expiry_mode="days", expiry_length=5)
    adjusting.adjust(account_id=account.pk, amount=2000, reason="opening", now=NOW)
    paid_with_points(account, 2000)
    post(mixed_order(account))

    later = NOW + timedelta(days=20)
    post(refund("R1", "A1", 10000, at=later), now=later)

    tail = Entry.objects.order_by("version").values_list("counter", "amount")
    assert list(tail)[-2:] == [("redeemed", 2000), ("expired", -2000)]
    assert net(account, later) == 0
    in_order(later)


def test_points_return_only_when_the_gift_is_back(account: Account) -> None:
    """E33: an order that held a redeemed gift: its points return only when the gift is received back."""
    adjusting.adjust(account_id=account.pk, amount=2000, reason="opening", now=NOW)
    paid_with_points(account, 2000)
    post(mixed_order(account, lines=[BAG, GIFT]))

    waiting = post(refund("R1", "A1", 10000))[0]
    before = net(account)
    post(Incoming("order.gift_returned", {"order_id": "A1"}, NOW))

    assert waiting.receipt["reversal"]["payment"] == {"waiting": "gift", "points": 0}
    assert (before, net(account)) == (0, 2000)
    in_order()


def test_a_gift_that_came_back_before_the_refund_holds_nothing_up(account: Account) -> None:
    adjusting.adjust(account_id=account.pk, amount=2000, reason="opening", now=NOW)
    paid_with_points(account, 2000)
    post(mixed_order(account, lines=[BAG, GIFT]))

    post(Incoming("order.gift_returned", {"order_id": "A1"}, NOW))
    post(refund("R1", "A1", 5000))

    assert net(account) == 1000
    in_order()


def test_where_gifts_need_not_come_back_first_points_return_at_once(account: Account) -> None:
    Programme.objects.update(gifts_first=False)
    adjusting.adjust(account_id=account.pk, amount=2000, reason="opening", now=NOW)
    paid_with_points(account, 2000)
    post(mixed_order(account, lines=[BAG, GIFT]))

    post(refund("R1", "A1", 10000))

    assert net(account) == 2000


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"points_hold": "t:NOBODY"}, "hold_not_found"),
        ({"points_hold": "not-an-id"}, "hold_not_found"),
        ({"points_hold": "t:T-OPEN"}, "hold_not_captured"),
        ({"points_paid": 5}, "points_paid_differ"),
    ],
)
def test_an_order_must_name_a_hold_that_paid(account: Account, told: dict[str, Any], code: str) -> None:
    adjusting.adjust(account_id=account.pk, amount=3000, reason="opening", now=NOW)
    paid_with_points(account, 2000)
    holding.hold(account_id=account.pk, amount=10, key="T-OPEN", partner=open_till(), now=NOW)

    outcome = post(mixed_order(account, **told))[0]

    assert outcome.error is not None
    assert outcome.error.code == code


def test_a_hold_pays_one_order_of_its_own_customer(account: Account) -> None:
    adjusting.adjust(account_id=account.pk, amount=2000, reason="opening", now=NOW)
    paid_with_points(account, 2000)
    post(mixed_order(account))

    again = post(order("A2", 10000, account, points_hold="t:T-1"))[0]
    other = post(order("A3", 10000, open_account(), points_hold="t:T-1"))[0]

    assert [outcome.error.code for outcome in (again, other) if outcome.error] == ["hold_spent", "hold_of_another"]


def test_a_cancelled_refund_gives_again_what_it_took(account: Account) -> None:
    one_for_one()
    post(order("A1", 10000, account))
    post(refund("R1", "A1", 4000))

    post(cancellation("R1", "A1", 4000))

    assert lots(account) == [100]
    assert Order.objects.get().refunded_minor == 0
    assert dict(Tally.objects.values_list("metric__code", "value")) == {"orders": 1, "spend": 10000}
    in_order()


def test_a_cancelled_refund_repays_debt_and_fills_other_lots_again(account: Account) -> None:
    """The refund took 60 of another lot and left 40 owed; both are as before."""
    one_for_one()
    post(order("A1", 10000, account))
    spending.spend(account_id=account.pk, amount=100, now=NOW)
    adjusting.adjust(account_id=account.pk, amount=60, reason="gift", now=NOW)
    post(refund("R1", "A1", 10000))
    owing = net(account)

    post(cancellation("R1", "A1", 10000))

    assert (owing, net(account)) == (-40, 60)
    assert Balance.objects.get(currency__code="points").debt == 0
    in_order()


def test_a_cancelled_refund_takes_again_what_paid(account: Account) -> None:
    adjusting.adjust(account_id=account.pk, amount=2000, reason="opening", now=NOW)
    paid_with_points(account, 2000)
    post(mixed_order(account))
    post(refund("R1", "A1", 5000))

    post(cancellation("R1", "A1", 5000))
    post(refund("R2", "A1", 10000))

    assert net(account) == 2000
    assert Allocation.objects.filter(kind="restore").count() == 2
    in_order()


def test_what_a_clamped_refund_never_took_is_not_given_by_cancelling_it(account: Account) -> None:
    Programme.objects.update(refund_shortfall="absorb")
    one_for_one()
    post(order("A1", 15000, account))
    spending.spend(account_id=account.pk, amount=100, now=NOW)
    post(refund("R1", "A1", 15000))

    post(cancellation("R1", "A1", 15000))

    assert net(account) == 50
    in_order()


def test_a_cancellation_waits_for_its_refund(account: Account) -> None:
    one_for_one()
    post(order("A1", 10000, account))

    early = post(cancellation("R1", "A1", 4000))[0]
    post(refund("R1", "A1", 4000))

    assert early.status == Status.PARKED
    assert net(account) == 100
    in_order()


def test_refund_and_cancellation_in_one_batch_leave_nothing_taken(account: Account) -> None:
    one_for_one()

    post(cancellation("R1", "A1", 4000), refund("R1", "A1", 4000), order("A1", 10000, account))

    assert net(account) == 100
    in_order()


def test_a_cumulative_amount_told_before_a_cancellation_is_not_counted_again(account: Account) -> None:
    one_for_one()
    post(order("A1", 10000, account))
    told = {"order_id": "A1", "currency": "CNY"}
    at = NOW - timedelta(hours=2)
    post(Incoming("order.refunded", told | {"refund_id": "R1", "cumulative_minor": 4000}, at))
    post(cancellation("R1", "A1", 4000))

    late = Incoming("order.refunded", told | {"refund_id": "R0", "cumulative_minor": 1000}, at - timedelta(hours=1))
    post(late)

    assert net(account) == 100


def test_parked_cancellations_are_looked_at_again(account: Account) -> None:
    one_for_one()
    post(cancellation("R1", "A1", 4000))
    post(order("A1", 10000, account))
    waiting = releasing.look_again(now=NOW)
    post(refund("R1", "A1", 4000))

    assert waiting == 0
    assert net(account) == 100


def test_debt_over_the_limit_stops_spending_where_the_programme_says_so(account: Account) -> None:
    Programme.objects.update(refund_shortfall="freeze", debt_limit=50)
    one_for_one()
    post(order("A1", 10000, account))
    spending.spend(account_id=account.pk, amount=100, now=NOW)

    post(refund("R1", "A1", 10000))

    account.refresh_from_db()
    assert account.spending_stopped_at == NOW
    post(order("A2", 9000, account))
    account.refresh_from_db()
    assert account.spending_stopped_at is None


def test_points_that_go_back_to_two_lots_past_their_day_leave_one_after_the_other(account: Account) -> None:
    """I4: each entry's balance follows the one before, though both go at the same instant."""
    Currency.objects.filter(code="points").update(expiry_mode="days", expiry_length=20)
    adjusting.adjust(account_id=account.pk, amount=1500, reason="opening", now=NOW - timedelta(days=19))
    adjusting.adjust(account_id=account.pk, amount=500, reason="opening", now=NOW - timedelta(days=18))
    paid_with_points(account, 2000)
    post(mixed_order(account))
    later = NOW + timedelta(days=5)

    post(refund("R1", "A1", 10000, at=later), now=later)

    chain = Entry.objects.filter(account=account, currency__code="points").order_by("version")
    assert list(chain.values_list("amount", "balance_after"))[-3:] == [(2000, 2000), (-500, 1500), (-1500, 0)]
    in_order(later)
