"""Events in, points out: the road from a till's order to the books."""

from datetime import timedelta

import pytest

from loyalty import rules
from loyalty.events import intake
from loyalty.events.incoming import Incoming, Status
from loyalty.ledger import spending
from loyalty.models import Account, Balance, Currency, Entry, Event, Lot, Order, Partner, Programme, Tally
from tests.loyalty.till import NOW, net, one_for_one, open_account, open_till, order, publish, refund

pytestmark = pytest.mark.django_db


@pytest.fixture
def till() -> Partner:
    return open_till()


@pytest.fixture
def account() -> Account:
    return open_account()


def test_an_order_becomes_points_and_tallies(till: Partner, account: Account) -> None:
    rule = one_for_one()

    outcomes = intake.post([order("A1", 10050, account)], partner=till, now=NOW)

    assert [outcome.status for outcome in outcomes] == [Status.ACCEPTED]
    entry = Entry.objects.get()
    assert (entry.amount, entry.balance_after, entry.version, entry.counter) == (100, 100, 1, "issued")
    assert entry.rule_version == rule.versions.get()
    assert net(account) == 100
    assert dict(Tally.objects.values_list("metric__code", "value")) == {"orders": 1, "spend": 10050}
    assert Order.objects.get().account == account


def test_the_same_event_again_is_answered_with_the_first_receipt(till: Partner, account: Account) -> None:
    one_for_one()
    first = intake.post([order("A1", 10050, account)], partner=till, now=NOW)[0]

    again = intake.post([order("A1", 10050, account)] * 2, partner=till, now=NOW + timedelta(hours=1))

    assert {outcome.status for outcome in again} == {Status.DUPLICATE}
    assert [outcome.receipt for outcome in again] == [first.receipt] * 2
    assert Entry.objects.count() == 1


def test_the_same_id_with_other_content_is_refused(till: Partner, account: Account) -> None:
    """E15 (second half): same id, other body."""
    one_for_one()
    intake.post([order("A1", 10050, account)], partner=till, now=NOW)

    outcome = intake.post([order("A1", 9999, account)], partner=till, now=NOW)[0]

    assert outcome.error is not None
    assert outcome.error.code == "event_mismatch"
    assert Entry.objects.count() == 1


def test_a_refund_takes_back_by_cumulative_floor(till: Partner, account: Account) -> None:
    """E25: ¥100 earned 100; refunds 33.33, 33.33, 33.34 take back 33, 33, 34."""
    one_for_one()
    intake.post([order("A1", 10000, account)], partner=till, now=NOW)

    for number, minor in enumerate([3333, 3333, 3334]):
        intake.post([refund(f"R{number}", "A1", minor)], partner=till, now=NOW)

    amounts = list(Entry.objects.order_by("version").values_list("amount", flat=True))
    assert amounts == [100, -33, -33, -34]
    assert dict(Tally.objects.values_list("metric__code", "value")) == {"orders": 0, "spend": 0}


def test_refunds_beyond_the_order_take_back_what_it_gave_and_flag_the_rest(till: Partner, account: Account) -> None:
    """E26: refunds total ¥120 of ¥100: claw 100, excess flagged."""
    one_for_one()
    intake.post([order("A1", 10000, account)], partner=till, now=NOW)

    outcome = intake.post([refund("R1", "A1", 12000)], partner=till, now=NOW)[0]

    assert net(account) == 0
    assert outcome.receipt["reversal"]["excess_minor"] == 2000
    assert Order.objects.get().refunded_minor == 12000


def test_a_full_refund_of_pending_points_cancels_them(till: Partner, account: Account) -> None:
    """E21: pending 100, full refund: pending cancelled; available unchanged; no debt."""
    Currency.objects.filter(code="points").update(pending_days=7)
    one_for_one()
    intake.post([order("A1", 10000, account)], partner=till, now=NOW)

    intake.post([refund("R1", "A1", 10000)], partner=till, now=NOW)

    balance = Balance.objects.get()
    assert (balance.available, balance.pending, balance.debt) == (0, 0, 0)


def test_a_refund_beyond_the_balance_is_absorbed_where_the_programme_says_so(till: Partner, account: Account) -> None:
    """E22: earned 150, spent 100, refund, clamp: -50, balance 0, uncollected 100 recorded."""
    Programme.objects.update(refund_shortfall="absorb")
    one_for_one()
    intake.post([order("A1", 15000, account)], partner=till, now=NOW)
    spending.spend(account_id=account.pk, amount=100, now=NOW)

    outcome = intake.post([refund("R1", "A1", 15000)], partner=till, now=NOW)[0]

    entry = Entry.objects.get(counter="clawed_back")
    assert (entry.amount, entry.desired) == (-50, -150)
    assert net(account) == 0
    assert outcome.receipt["reversal"]["steps"][0]["uncollected"] == 100


def test_a_refund_beyond_the_balance_becomes_debt_that_the_next_order_pays(till: Partner, account: Account) -> None:
    """E23: balance -100; next earn 120 gives 20, and that lot has 20 left."""
    one_for_one()
    intake.post([order("A1", 15000, account)], partner=till, now=NOW)
    spending.spend(account_id=account.pk, amount=100, now=NOW)

    intake.post([refund("R1", "A1", 15000)], partner=till, now=NOW)
    owing = net(account)
    intake.post([order("A2", 12000, account)], partner=till, now=NOW)

    assert owing == -100
    assert net(account) == 20
    assert Lot.objects.order_by("id").last().remaining == 20  # type: ignore[union-attr]  # there are two


def test_a_refund_that_comes_early_waits_for_its_order(till: Partner, account: Account) -> None:
    one_for_one()

    early = intake.post([refund("R1", "A1", 4000)], partner=till, now=NOW)[0]
    intake.post([order("A1", 10000, account)], partner=till, now=NOW)

    assert early.status == Status.PARKED
    assert net(account) == 60
    assert set(Event.objects.values_list("state", flat=True)) == {"decided"}


def test_order_and_refund_may_come_in_one_batch_in_any_order(till: Partner, account: Account) -> None:
    one_for_one()

    outcomes = intake.post(
        [refund("R1", "A1", 4000, NOW - timedelta(minutes=1)), order("A1", 10000, account)], partner=till, now=NOW
    )

    assert [outcome.status for outcome in outcomes] == [Status.ACCEPTED, Status.ACCEPTED]
    assert net(account) == 60


def test_one_bad_row_does_not_spoil_the_batch(till: Partner, account: Account) -> None:
    one_for_one()
    unknown = Incoming("order.paid", {"order_id": "B", "currency": "CNY", "amount_minor": 1, "customer": "m:0"}, NOW)

    outcomes = intake.post([unknown, order("A1", 10000, account)], partner=till, now=NOW)

    assert [outcome.status for outcome in outcomes] == [Status.REFUSED, Status.ACCEPTED]
    assert outcomes[0].error is not None
    assert outcomes[0].error.code == "member_not_found"


def test_simulating_decides_everything_and_keeps_nothing(till: Partner, account: Account) -> None:
    one_for_one()

    outcome = intake.post([order("A1", 10050, account)], partner=till, now=NOW, simulate=True)[0]

    assert outcome.receipt["steps"][0]["awarded"] == 100
    assert (Event.objects.count(), Entry.objects.count(), Order.objects.count()) == (0, 0, 0)


def test_a_daily_limit_clips_and_says_so(till: Partner, account: Account) -> None:
    """E08: cap 200 a day, 180 used, order worth 50: award 20, desired 50, 30 clipped with reason."""
    publish(
        "base",
        [{"effect": "points.rate", "currency": "points", "points": 1, "per_minor": 100}],
        caps=[{"per": "day", "currency": "points", "limit": 200, "over": "clip"}],
    )
    intake.post([order("A1", 18000, account)], partner=till, now=NOW)

    outcome = intake.post([order("A2", 5000, account, NOW + timedelta(minutes=1))], partner=till, now=NOW)[0]

    step = outcome.receipt["steps"][0]
    assert (step["desired"], step["awarded"], step["reason"]) == (50, 20, "clipped:day")
    assert Entry.objects.filter(event=outcome.event_id).values_list("amount", "desired").get() == (20, 50)


def test_a_late_order_is_judged_by_the_version_in_force_when_it_happened(till: Partner, account: Account) -> None:
    """E14: rate 1 → 0.5 effective 12:00; paid 11:59, received 12:05, ¥100: 100 under v1."""
    rule = one_for_one()
    rule.effects = [{"effect": "points.rate", "currency": "points", "points": 1, "per_minor": 200}]
    rule.save()
    rules.publish(rule, by=None, now=NOW)

    intake.post([order("A1", 10000, account, NOW - timedelta(minutes=1))], partner=till, now=NOW + timedelta(minutes=5))
    intake.post([order("A2", 10000, account)], partner=till, now=NOW + timedelta(minutes=5))

    given = Entry.objects.order_by("version").values_list("amount", "rule_version__number")
    assert list(given) == [(100, 1), (50, 2)]
