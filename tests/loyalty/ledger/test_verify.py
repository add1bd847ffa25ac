"""The auditor finds what was tampered with, and nothing else."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from loyalty import outbox, triggers
from loyalty.ledger import spending, verify
from loyalty.models import Account, Allocation, Balance, Entry, Event, Lot, Order, OutboxMessage
from tests.loyalty.till import NOW, one_for_one, open_account, order, post, refund

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def books() -> None:
    """Earned, spent, refunded into debt, and earned again."""
    one_for_one()
    member = open_account()
    post(order("A1", 15000, member))
    spending.spend(account_id=member.pk, amount=100, now=NOW)
    post(refund("R1", "A1", 15000))
    post(order("A2", 12000, member))


def found() -> set[str]:
    return {breach.invariant for breach in verify.run(now=NOW)}


def test_right_books_have_nothing_to_report() -> None:
    out = StringIO()

    call_command("ledger_verify", stdout=out)

    assert found() == set()
    assert str(len(verify.checks())) in out.getvalue()


def one_that_awaits(**columns: Any) -> None:
    """A lot of its own entry: 5 points that wait for an event, and whatever is wrong with them."""
    balance = Balance.objects.get()
    entry = Entry.objects.create(
        account_id=balance.account_id,
        currency_id=balance.currency_id,
        version=balance.version + 1,
        counter="issued",
        amount=5,
        balance_after=balance.net + 5,
        effective_at=NOW,
        effective_on=NOW.date(),
        recorded_at=NOW,
        event=Event.objects.first(),
    )
    far = NOW.replace(year=9999)
    dates: dict[str, Any] = {"earned_at": NOW, "available_at": far, "awaits": "order.delivered", **columns}
    Lot.objects.create(
        entry=entry, account_id=balance.account_id, currency_id=balance.currency_id, amount=5, remaining=5, **dates
    )
    Balance.objects.update(version=F("version") + 1, pending=F("pending") + 5)


def moved_on(**columns: Any) -> int:
    """A message of now, and whatever is wrong with it."""
    row = {"topic": "seal.head", "key": "k", "payload": {}, "created_at": NOW, "due_at": NOW, **columns}
    return OutboxMessage.objects.create(**row).pk


def test_points_that_wait_for_an_event_are_in_order() -> None:
    """They may wait until the year 9999."""
    one_that_awaits()

    assert verify.run(now=NOW + timedelta(days=100)) == []


TAMPERING: dict[str, Callable[[], object]] = {
    "I3": lambda: Balance.objects.update(held=F("held") + 5),
    "I4": lambda: Entry.objects.filter(version=2).update(balance_after=49),
    "I9": lambda: Lot.objects.filter(remaining=20).update(remaining=19),
    "I10": lambda: Lot.objects.filter(remaining=0).update(remaining=1),
    "I12": lambda: Allocation.objects.filter(pk=Allocation.objects.filter(kind="drain").values("pk")[:1]).delete(),
    "I11": lambda: one_that_awaits(expires_at=NOW, born_expires_at=NOW + timedelta(days=1)),
    "I12 debt": lambda: Balance.objects.update(deferred=F("deferred") + 1, pending=F("pending") + 1),
    "I12 restore": lambda: Allocation.objects.create(
        entry=Entry.objects.get(version=1), lot=Lot.objects.order_by("id").first(), kind="restore", amount=-1
    ),
    "I14": lambda: Event.objects.filter(pk=Event.objects.values("pk")[:1]).update(key=""),
    "I15 twice": lambda: Entry.objects.filter(version=3).update(amount=-151),
    "I20": lambda: Entry.objects.filter(version=2).update(counter="transferred"),
    "I22": lambda: moved_on(due_at=NOW - timedelta(hours=37)),
    "I22 far": lambda: moved_on(due_at=NOW + timedelta(days=3)),
    "I22 often": lambda: moved_on(attempts=11),
    "I22 both": lambda: moved_on(delivered_at=NOW, dead_at=NOW),
    "I15": lambda: Order.objects.filter(external_id="A1").update(clawed={Entry.objects.get(version=1).pk.hex: 151}),
}


WHOLE = {"I14", "I20", "I22"}


@pytest.mark.parametrize("invariant", TAMPERING)
def test_tampering_is_found(invariant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One seeded corruption for each invariant that the database itself does not refuse; also of some accounts."""
    triggers.remove(connection)
    [member] = Account.objects.all()
    other = open_account()

    TAMPERING[invariant]()
    whole = [breach for breach in verify.run(now=NOW) if breach.invariant != "T1"]
    part = verify.run(now=NOW, accounts=[member.pk])
    monkeypatch.setattr(verify, "SHARE", 0)
    by_index = verify.run(now=NOW, accounts=[member.pk])
    triggers.install(connection)

    assert invariant.split(maxsplit=1)[0] in {breach.invariant for breach in whole}
    expected = {breach for breach in whole if breach.invariant not in WHOLE}
    assert set(part) == set(by_index) == expected
    assert verify.run(now=NOW, accounts=[other.pk]) == []


@pytest.mark.parametrize("message", [{"attempts": 10}, {"delivered_at": NOW}, {"dead_at": NOW - timedelta(days=30)}])
def test_a_message_on_its_way_or_at_its_end_is_in_order(message: dict[str, Any]) -> None:
    """I22: delivered, given up, or inside its retry window."""
    moved_on(**message)

    assert verify.run(now=NOW) == []


def test_a_message_put_back_after_it_was_given_up_is_in_order() -> None:
    """I22: its window begins anew."""
    dead = moved_on(created_at=NOW - timedelta(days=40), due_at=NOW - timedelta(days=36), dead_at=NOW, attempts=10)

    outbox.revive(ids=[dead], now=NOW)

    assert verify.run(now=NOW) == []


def test_no_more_rows_mean_no_more_questions(django_assert_num_queries: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some accounts are asked in the same number of statements however much they moved."""
    monkeypatch.setattr(verify, "SHARE", 0)
    [member] = Account.objects.all()
    with CaptureQueriesContext(connection) as few:
        verify.run(now=NOW, accounts=[member.pk])

    for number in range(5):
        post(order(f"B{number}", 1000, member), order(f"C{number}", 1000, open_account()))
    everybody = list(Account.objects.values_list("pk", flat=True))

    with django_assert_num_queries(len(few)):
        assert verify.run(now=NOW, accounts=everybody) == []


def test_a_breach_says_what_would_mend_it() -> None:
    """I15: the difference, where an entry can make it good."""
    triggers.remove(connection)

    Entry.objects.filter(version=3).update(amount=-151)
    found = [breach for breach in verify.run(now=NOW) if breach.invariant == "I15"]
    triggers.install(connection)

    assert [(breach.currency, breach.amount) for breach in found] == [("points", 1)]


def test_a_missing_trigger_is_found() -> None:
    triggers.remove(connection)

    report = found()
    triggers.install(connection)

    assert report == {"T1"}


def test_stalled_expiry_is_found() -> None:
    """I13."""
    report = {breach.invariant for breach in verify.run(now=NOW + timedelta(days=400))}

    assert report == {"I13"}


def test_the_command_prints_a_table_and_fails() -> None:
    Balance.objects.update(held=5)
    out = StringIO()

    with pytest.raises(CommandError):
        call_command("ledger_verify", stdout=out)

    assert "I3" in out.getvalue()


@pytest.mark.parametrize(
    "deed",
    [
        lambda: Entry.objects.filter(version=1).update(amount=1),
        lambda: Entry.objects.filter(version=4).delete(),
        lambda: Allocation.objects.all().update(amount=1),
        lambda: Allocation.objects.all().delete(),
        lambda: Lot.objects.update(amount=F("amount") + 1),
        lambda: Lot.objects.update(expires_at=None),
        lambda: Balance.objects.update(available=-1),
        lambda: Balance.objects.update(debt=1),
        lambda: Lot.objects.update(remaining=F("amount") + 1),
    ],
)
def test_the_database_refuses_to_rewrite_the_books(deed: Callable[[], object]) -> None:
    """I5, I6, I7, I11 and append-only: by constraint and trigger, on both databases."""
    with pytest.raises(DatabaseError), transaction.atomic():
        deed()
