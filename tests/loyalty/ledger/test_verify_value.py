"""The auditor on adjustments and seals: one seeded corruption for each law."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.db.models import QuerySet

from loyalty import approvals, triggers
from loyalty.adjustment_files import carrying
from loyalty.ledger import adjusting, expiring, verify
from loyalty.ledger.reinstating import Return
from loyalty.models import AdjustmentFile, AdjustmentLine, Approval, Entry, OutboxMessage, User
from tests.loyalty import desk
from tests.loyalty.adjustment_files import paper
from tests.loyalty.till import NOW, open_account

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def books() -> Iterator[None]:
    """One adjustment done alone, one by two people, one that waits, one forgiven; a file; points given back."""
    clerk, boss = desk.person("clerk", "clerk"), desk.person("boss", "supervisor")
    account = desk.indebted()
    later = NOW + timedelta(minutes=3)
    desk.ask(clerk, account, 60, deed="forgive", now=later)
    desk.ask(clerk, open_account(), 100, now=later)
    big = desk.ask(clerk, open_account(), 5000, now=later)
    approvals.approve(approval_id=big.pk, by=boss, now=later + timedelta(minutes=1))
    desk.ask(clerk, open_account(), 5000, now=later)
    _file(clerk, later)
    _given_back(clerk, later)
    with desk.true_numbers():
        desk.seal_after(timedelta(hours=1))
        yield


def _file(clerk: User, now: datetime) -> None:
    """A file that two people agreed to, done."""
    filed = paper.ask(clerk, [paper.row(open_account(), 3000), paper.row(open_account(), 70)], now=now)
    approvals.approve(approval_id=filed.pk, by=paper.person("chief", "supervisor"), now=now)
    carrying.stride(period=f"{paper.file_of(filed).pk}.1", now=now)


def _given_back(clerk: User, now: datetime) -> None:
    """Points that expired and were given back; what was said of them long ago was delivered."""
    account = open_account()
    desk.ask(clerk, account, 40, now=now - timedelta(days=400))
    OutboxMessage.objects.update(delivered_at=now)
    expiring.sweep(now=now)
    gone = Entry.objects.get(account=account, counter="expired")
    desk.ask(clerk, account, 40, now=now, back=Return(gone.pk, 30))


def found() -> set[str]:
    return {breach.invariant for breach in verify.run(now=NOW + timedelta(hours=1))}


def test_right_books_have_nothing_to_report() -> None:
    assert found() == set()


def _approved() -> Approval:
    return Approval.objects.get(amount=5000, state="approved")


def _returned() -> QuerySet[Approval]:
    return Approval.objects.filter(entry__counter="expired")


def _swap_lines() -> None:
    """Two lines of a file, each with the other's amount: the sum is as it was."""
    for number, amount in ((2, 70), (3, 3000)):
        AdjustmentLine.objects.filter(number=number).update(amount=amount)


def adjusting_entry(amount: int) -> Entry:
    """An adjustment that no wish names."""
    return adjusting.adjust(account_id=open_account().pk, amount=amount, reason="by file", now=NOW)


def _line(entry: Entry, amount: int, *, state: str = "waiting") -> AdjustmentLine:
    """The line of a file that the entry fulfils; its file waits, or was agreed to before."""
    decided = {"decided_by": desk.person("x"), "decided_at": NOW} if state == "approved" else {}
    wish = Approval.objects.create(
        deed="bulk",
        amount=amount,
        terms={"currency": "points", "limit": 0},
        reason="by file",
        state=state,
        asked_by=desk.person("y"),
        asked_at=NOW,
        **decided,
    )
    file = AdjustmentFile.objects.create(
        approval=wish, file_name="a.csv", file_hash="f", currency_id=entry.currency_id, given=amount
    )
    return AdjustmentLine.objects.create(file=file, number=1, account_id=entry.account_id, amount=amount, entry=entry)


def test_a_line_of_a_file_that_was_agreed_to_is_in_order() -> None:
    """I21."""
    _line(adjusting_entry(7), 7, state="approved")

    assert found() == set()


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
    "a line nobody agreed to": (
        {"I21"},
        lambda: AdjustmentLine.objects.filter(amount=70).update(entry=None, amount=71),
    ),
    "a line that moved another amount": ({"I21"}, _swap_lines),
    "a line of a file that waits": (
        {"I21"},
        lambda: Approval.objects.filter(deed="bulk").update(state="waiting", decided_by=None, decided_at=None),
    ),
    "a line put into an agreed file": (
        {"I21"},
        lambda: AdjustmentLine.objects.create(
            file=AdjustmentFile.objects.get(), number=9, account=open_account(), amount=5
        ),
    ),
    "given back and nobody asked": ({"I21"}, lambda: _returned().update(entry=None, state="withdrawn")),
    "given back of another expiry": (
        {"I21"},
        lambda: _returned().update(terms={"currency": "points", "alone": True, "limit": 1000, "reinstates": "x"}),
    ),
    "given back as if it were an adjustment": (
        {"I21"},
        lambda: _returned().update(terms={"currency": "points", "alone": True, "limit": 1000}),
    ),
    "a line of a file that nobody agreed to": ({"I21"}, lambda: _line(adjusting_entry(7), 7)),
    "a line of a file that moved another amount": ({"I21"}, lambda: _line(adjusting_entry(7), 8, state="approved")),
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
