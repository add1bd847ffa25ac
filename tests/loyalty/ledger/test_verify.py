"""The auditor finds what was tampered with, and nothing else."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.db.models import F

from loyalty import triggers
from loyalty.ledger import spending, verify
from loyalty.models import Allocation, Balance, Entry, Lot, Order
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


TAMPERING: dict[str, Callable[[], object]] = {
    "I3": lambda: Balance.objects.update(held=F("held") + 5),
    "I4": lambda: Entry.objects.filter(version=2).update(balance_after=49),
    "I9": lambda: Lot.objects.filter(remaining=20).update(remaining=19),
    "I10": lambda: Lot.objects.filter(remaining=0).update(remaining=1),
    "I12": lambda: Allocation.objects.filter(kind="drain").first().delete(),  # type: ignore[union-attr]
    "I15": lambda: Order.objects.filter(external_id="A1").update(clawed={Entry.objects.get(version=1).pk.hex: 151}),
}


@pytest.mark.parametrize("invariant", TAMPERING)
def test_tampering_is_found(invariant: str) -> None:
    """One seeded corruption for each invariant that the database itself does not refuse."""
    triggers.remove(connection)

    TAMPERING[invariant]()
    report = found()
    triggers.install(connection)

    assert invariant in report


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
