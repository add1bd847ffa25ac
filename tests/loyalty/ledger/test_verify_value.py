"""The auditor on adjustments and seals: one seeded corruption for each law."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.db import connection

from loyalty import approvals, triggers
from loyalty.ledger import adjusting, verify
from loyalty.models import Approval, Entry
from tests.loyalty import desk
from tests.loyalty.till import NOW, open_account

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def books() -> Iterator[None]:
    """One adjustment done alone, one by two people, one that waits, one forgiven; all of it sealed."""
    clerk, boss = desk.person("clerk", "clerk"), desk.person("boss", "supervisor")
    account = desk.indebted()
    later = NOW + timedelta(minutes=3)
    desk.ask(clerk, account, 60, deed="forgive", now=later)
    desk.ask(clerk, open_account(), 100, now=later)
    big = desk.ask(clerk, open_account(), 5000, now=later)
    approvals.approve(approval_id=big.pk, by=boss, now=later + timedelta(minutes=1))
    desk.ask(clerk, open_account(), 5000, now=later)
    with desk.true_numbers():
        desk.seal_after(timedelta(hours=1))
        yield


def found() -> set[str]:
    return {breach.invariant for breach in verify.run(now=NOW + timedelta(hours=1))}


def test_right_books_have_nothing_to_report() -> None:
    assert found() == set()


def _approved() -> Approval:
    return Approval.objects.get(amount=5000, state="approved")


TAMPERING: dict[str, tuple[set[str], Callable[[], object]]] = {
    "nobody asked": (
        {"I21"},
        lambda: adjusting.adjust(account_id=open_account().pk, amount=5, reason="for a friend", now=NOW),
    ),
    "another amount": ({"I21"}, lambda: Approval.objects.filter(pk=_approved().pk).update(amount=50)),
    "another account": ({"I21"}, lambda: Approval.objects.filter(pk=_approved().pk).update(account=open_account())),
    "no reason": ({"I21"}, lambda: Approval.objects.filter(pk=_approved().pk).update(reason="")),
    "one person alone": ({"I21"}, lambda: Approval.objects.filter(pk=_approved().pk).update(decided_by=None)),
    "posted before it was approved": (
        {"I21"},
        lambda: Approval.objects.filter(pk=_approved().pk).update(decided_at=NOW + timedelta(days=1)),
    ),
    "done though it waits": (
        {"I21"},
        lambda: Approval.objects.filter(pk=_approved().pk).update(state="waiting"),
    ),
    "approved and not done": (
        {"I21"},
        lambda: Approval.objects.filter(state="waiting").update(
            state="approved", decided_by=desk.person("x"), decided_at=NOW
        ),
    ),
    "a sealed row was changed": ({"I24"}, lambda: Entry.objects.filter(amount=60).update(memo="a gift")),
}


@pytest.mark.parametrize("corruption", TAMPERING)
def test_tampering_is_found(corruption: str) -> None:
    """I21, I24."""
    laws, change = TAMPERING[corruption]
    triggers.remove(connection)

    change()
    triggers.install(connection)

    assert found() == laws
