"""Batches: constant queries, waves, guests, claims, and two tills at once."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from unittest import mock

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from loyalty import accounts
from loyalty.events import releasing
from loyalty.events.incoming import Status
from loyalty.ledger import spending, verify
from loyalty.models import Entry, Event, Lot, Order, Programme
from tests.loyalty.till import (
    NOW,
    RATE,
    net,
    one_for_one,
    open_account,
    open_till,
    order,
    post,
    publish,
    refund,
)


@pytest.mark.django_db
def test_queries_do_not_grow_with_the_batch() -> None:
    one_for_one(caps=[{"per": "month", "currency": "points", "limit": 10000, "over": "clip"}])
    members = [open_account() for _ in range(60)]
    open_till()
    counts = []
    post(order("first", 10000, members[59]))  # which reads the configuration

    for size in (1, 3, 50):
        batch = [order(f"{size}-{n}", 10000, members[n]) for n in range(size)]
        with CaptureQueriesContext(
            connection,
        ) as queries:
            post(*batch)
        counts.append(len(queries))

    assert counts[0] == counts[1] == counts[2]


@pytest.mark.django_db
def test_a_batch_decides_like_one_event_after_another() -> None:
    """An account's second order sees what the first brought about, also within one batch."""
    one_for_one()
    publish(
        "rich",
        [{"effect": "points.fixed", "currency": "points", "points": 7}],
        condition={"fact": "balance.points", "op": "gte", "value": 100},
    )
    member = open_account()

    outcomes = post(*[order(f"A{n}", 10000, member, NOW + timedelta(minutes=n - 5)) for n in range(3)])

    given = [sum(step["awarded"] for step in outcome.receipt["steps"]) for outcome in outcomes]
    assert given == [100, 107, 107]


@pytest.mark.django_db
def test_a_claimed_guest_order_is_dated_from_the_day_it_was_paid() -> None:
    """E17: guest order 5 Jan claimed 20 Jan (limit 30 d): points dated 5 Jan, expiry from 5 Jan."""
    one_for_one()
    paid = NOW - timedelta(days=6)
    guest = post(order("G1", 10000, None, paid))[0]
    member = open_account()

    releasing.claim(partner_id=open_till().pk, order_id="G1", account_id=member.pk, now=NOW)
    releasing.claim(partner_id=open_till().pk, order_id="G1", account_id=member.pk, now=NOW)

    assert guest.status == Status.GUEST
    entry, lot = Entry.objects.get(), Lot.objects.get()
    assert (entry.amount, entry.effective_at, entry.recorded_at) == (100, paid, NOW)
    assert lot.earned_at == paid
    assert lot.expires_at == datetime.fromisoformat("2027-11-05T16:00:00+00:00")
    assert net(member) == 100


@pytest.mark.django_db
def test_an_order_is_claimed_by_one_member_and_in_time() -> None:
    """E17 (limit) and bad input 52: two members claim one order."""
    one_for_one()
    first, second = open_account(), open_account()
    post(order("G1", 10000, None), order("G2", 10000, None))
    Order.objects.filter(external_id="G2").update(placed_at=NOW - timedelta(days=31))
    till = open_till()
    releasing.claim(partner_id=till.pk, order_id="G1", account_id=first.pk, now=NOW)

    with pytest.raises(releasing.OrderAlreadyClaimed):
        releasing.claim(partner_id=till.pk, order_id="G1", account_id=second.pk, now=NOW)
    with pytest.raises(releasing.ClaimTooLate):
        releasing.claim(partner_id=till.pk, order_id="G2", account_id=second.pk, now=NOW)

    assert (net(first), net(second)) == (100, 0)


@pytest.mark.django_db
def test_a_guest_order_refunded_before_it_is_claimed_gives_what_is_left() -> None:
    one_for_one()
    post(order("G1", 10000, None))
    post(refund("R1", "G1", 4000))
    member = open_account()

    releasing.claim(partner_id=open_till().pk, order_id="G1", account_id=member.pk, now=NOW)

    assert net(member) == 60
    assert verify.run(now=NOW) == []


@pytest.mark.django_db
def test_a_late_event_waits_for_a_review() -> None:
    """E13 (second half): received after the tolerance: review queue, nothing posted."""
    one_for_one()
    member = open_account()

    outcome = post(order("A1", 10000, member, NOW - timedelta(days=8)))[0]
    before = net(member)
    event = Event.objects.get()
    releasing.accept(event_id=event.pk, now=NOW)
    releasing.accept(event_id=event.pk, now=NOW)

    assert (outcome.status, before, net(member)) == (Status.REVIEW, 0, 100)


@pytest.mark.django_db
def test_what_has_expired_is_not_asked_back() -> None:
    """E31: earned 100 already expired unused, refund: claw 0."""
    one_for_one()
    member = open_account()
    post(order("A1", 10000, member))
    later = NOW + timedelta(days=380)
    Programme.objects.update(late_days=400)

    post(refund("R1", "A1", 10000, later), now=later)

    assert net(member, later) == 0
    assert list(Entry.objects.order_by("version").values_list("amount", "counter")) == [
        (100, "issued"),
        (-100, "expired"),
    ]


def together(deeds: list[Callable[[], Any]]) -> list[Any]:
    """Runs deeds at the same moment, each on its own connection; results or exceptions, in order."""
    gate = threading.Barrier(len(deeds))
    results: list[Any] = [None] * len(deeds)

    def run(place: int, deed: Callable[[], Any]) -> None:
        gate.wait()
        try:
            results[place] = deed()
        except Exception as error:  # noqa: BLE001 - the test looks at whatever came
            results[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=item) for item in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_same_event_twice_in_parallel_is_one_entry() -> None:
    """E15: same event twice in parallel: 1 entry; both answers identical."""
    one_for_one()
    member, _ = open_account(), open_till()

    answers = together([lambda: post(order("A1", 10000, member))[0]] * 8)

    assert {answer.event_id for answer in answers} == {answers[0].event_id}
    assert sorted(answer.status for answer in answers) == ["accepted"] + ["duplicate"] * 7
    assert [answer.receipt for answer in answers] == [answers[0].receipt] * 8
    assert Entry.objects.count() == 1
    assert Event.objects.count() == 1


def spend_all(account_id: int) -> Any:
    return spending.spend(account_id=account_id, amount=100, now=NOW)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_twenty_spends_of_the_whole_balance_give_one() -> None:
    one_for_one()
    member = open_account()
    post(order("A1", 10000, member))

    results = together([lambda: spend_all(member.pk)] * 20)

    refusals = [result for result in results if isinstance(result, spending.InsufficientPoints)]
    assert len(refusals) == 19
    assert net(member) == 0
    assert verify.run(now=NOW) == []


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_without_the_lock_the_same_race_breaks() -> None:
    """Negative control: the guard is the account lock; without it other spends get beyond the check."""
    one_for_one()
    member = open_account()
    post(order("A1", 10000, member))
    unlocked = accounts.Locked("active", "")

    with mock.patch.object(accounts, "lock_active", return_value=unlocked):
        results = together([lambda: spend_all(member.pk)] * 20)

    refused_by_the_database = [r for r in results if not isinstance(r, Entry | spending.InsufficientPoints)]
    assert refused_by_the_database


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_batches_that_meet_in_any_order_neither_deadlock_nor_lose() -> None:
    publish("base", [RATE])
    members = [open_account() for _ in range(12)]
    open_till()

    def batch(number: int) -> Callable[[], Any]:
        turn = members[number:] + members[:number]
        rows = [order(f"{number}-{member.pk}", 10000, member) for member in turn]
        shared = [order(f"S-{member.pk}", 5000, member) for member in reversed(turn)]
        return lambda: post(*rows, *shared)

    results = together([batch(number) for number in range(8)])

    assert [type(result) for result in results] == [list] * 8
    assert [net(member) for member in members] == [850] * 12
    assert verify.run(now=NOW) == []
