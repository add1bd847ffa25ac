"""I26 and I27: a seeded corruption for each thing that may be wrong with points that changed hands."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F

from loyalty import triggers
from loyalty.ledger import merging, pooling, spending, transferring, verify
from loyalty.models import Account, Allocation, Currency, Entry, Lot, Merge, Transfer, TransferPart
from tests.loyalty.till import NOW, one_for_one, open_account, order, post, refund

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def books() -> None:
    """A gift of two lots, a shared purse, and a merge of an account that owes."""
    one_for_one()
    Currency.objects.filter(code="points").update(is_transferable=True)
    giver, receiver, debtor = (open_account() for _ in range(3))
    for number in range(2):
        post(order(f"A{number}", 10000, giver, NOW - timedelta(days=number)))
    transferring.transfer(giver_id=giver.pk, receiver_id=receiver.pk, amount=150, key="gift", now=NOW)
    pool = pooling.open_purse(owner_id=receiver.pk, name="一家人", now=NOW)
    pooling.contribute(pool_id=pool.pk, account_id=receiver.pk, amount=50, key="in", now=NOW)
    post(order("D1", 3000, debtor))
    spending.spend(account_id=debtor.pk, amount=30, now=NOW)
    post(refund("R1", "D1", 3000))
    row = merging.merge(survivor_id=giver.pk, duplicate_id=debtor.pk, reason="one person", by=None, now=NOW)
    merging.unmerge(merge_id=row.pk, reason="two after all", by=None, now=NOW)
    merging.merge(survivor_id=giver.pk, duplicate_id=debtor.pk, reason="one person", by=None, now=NOW)


def gift() -> Transfer:
    return Transfer.objects.get(key="gift")


def found() -> set[str]:
    return {breach.invariant for breach in verify.run(now=NOW)}


def other_account() -> Account:
    return open_account()


def test_right_books_have_nothing_to_report_of_all_or_of_some() -> None:
    everybody = list(Account.objects.values_list("pk", flat=True))

    assert (verify.run(now=NOW), verify.run(now=NOW, accounts=everybody)) == ([], [])


TAMPERING: dict[str, tuple[str, Callable[[], object]]] = {
    "a transfer grown": ("I26", lambda: Transfer.objects.filter(key="gift").update(amount=F("amount") + 1)),
    "a part lost": ("I26", lambda: gift().parts.earliest("pk").delete()),
    "a transfer of another giver": (
        "I26",
        lambda: Transfer.objects.filter(key="gift").update(giver=other_account()),
    ),
    "a transfer to somebody else": (
        "I26",
        lambda: Transfer.objects.filter(key="gift").update(receiver=other_account()),
    ),
    "a part from another lot": (
        "I26",
        lambda: TransferPart.objects.filter(transfer=gift()).update(source=Lot.objects.earliest("pk")),
    ),
    "a lot that was made younger": (
        "I26",
        lambda: Lot.objects.filter(entry__transfer_part__transfer=gift()).update(earned_at=NOW + timedelta(days=1)),
    ),
    "a gift that drained less": (
        "I26",
        lambda: Allocation.objects.filter(entry=gift().entry).update(amount=F("amount") - 1),
    ),
    "an entry told as transferred": (
        "I26",
        lambda: Entry.objects.filter(counter="redeemed").update(counter="transferred"),
    ),
    "a merge that forgot its debt": ("I26", lambda: Merge.objects.update(record={})),
    "shared points of nobody": ("I27", lambda: Lot.objects.filter(account__kind="pool").update(origin=None)),
    "a member's points of somebody": (
        "I27",
        lambda: Lot.objects.filter(account__kind="member").update(origin=other_account()),
    ),
}


@pytest.mark.parametrize("deed", TAMPERING)
def test_tampering_is_found(deed: str) -> None:
    invariant, tamper = TAMPERING[deed]
    triggers.remove(connection)

    tamper()
    report = found()
    triggers.install(connection)

    assert invariant in report
