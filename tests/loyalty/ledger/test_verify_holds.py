"""The auditor and holds: open ones explain what lots lack, each corruption is found by its law."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import F

from loyalty import triggers
from loyalty.ledger import holding, verify
from loyalty.models import Account, Balance, Entry, Hold, HoldPart, Lot
from tests.loyalty.till import NOW, one_for_one, open_account, order, post

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def books() -> None:
    """Two purchases, one hold open over both lots, one captured in part, one released, one lapsed."""
    one_for_one()
    member = open_account()
    for number in range(2):
        post(order(f"A{number}", 10000, member))
    for key in ("captured", "released", "lapsed", "open"):
        amount = 120 if key == "open" else 20
        holding.hold(account_id=member.pk, amount=amount, key=key, now=NOW - timedelta(minutes=key == "lapsed"))
    holding.capture(key="captured", amount=15, now=NOW)
    holding.release(key="released", now=NOW)
    holding.lapse_due(now=NOW + timedelta(minutes=14))


def found() -> set[str]:
    return {breach.invariant for breach in verify.run(now=NOW)}


def hold(key: str) -> Hold:
    return Hold.objects.get(key=key)


def change(key: str, **columns: object) -> int:
    return Hold.objects.filter(key=key).update(**columns)


def test_right_books_with_every_kind_of_hold_have_nothing_to_report() -> None:
    states = dict(Hold.objects.values_list("key", "state"))

    assert states == {"captured": "captured", "released": "released", "lapsed": "lapsed", "open": "held"}
    assert (hold("open").parts.count(), verify.run(now=NOW)) == (2, [])


TAMPERING: dict[str, tuple[str, Callable[[], object]]] = {
    "held without a hold": ("I8", lambda: Balance.objects.update(held=F("held") + 1, available=F("available") - 1)),
    "a hold ended without giving back": ("I8", lambda: change("open", state="released", ended_at=NOW)),
    "a hold opened again": ("I8", lambda: change("released", state="held", ended_at=None)),
    "a hold grown": ("I8", lambda: change("open", amount=121)),
    "a part gone": ("I8", lambda: HoldPart.objects.filter(hold=hold("released")).delete()),
    "available for held": ("I9", lambda: Balance.objects.update(held=F("held") - 1, available=F("available") + 1)),
    "a lot filled up": ("I10", lambda: Lot.objects.filter(remaining=20).update(remaining=21)),
    "a part moved to another lot": (
        "I10",
        lambda: HoldPart.objects.filter(hold=hold("open")).update(amount=60),
    ),
    "a capture without its entry": ("I16", lambda: change("captured", entry=None)),
    "a capture of less than its entry": ("I16", lambda: change("captured", captured=14)),
    "a release that captured": ("I16", lambda: change("released", captured=5)),
    "a capture told as a release": ("I16", lambda: change("captured", state="released")),
    "an entry of points that are given": ("I16", lambda: change("captured", entry=Entry.objects.get(version=1))),
    "somebody else's capture": ("I16", lambda: change("captured", account=open_account())),
    "a capture of what was not set aside": (
        "I16",
        lambda: HoldPart.objects.filter(hold=hold("captured")).update(lot=Lot.objects.order_by("id").last()),
    ),
}


@pytest.mark.parametrize("deed", TAMPERING)
def test_tampering_is_found(deed: str) -> None:
    """I8, I9, I10, I16: a seeded corruption for each that the database itself does not refuse."""
    invariant, tamper = TAMPERING[deed]
    triggers.remove(connection)

    assert tamper()
    report = found()
    triggers.install(connection)

    assert invariant in report


def test_holds_that_nobody_lets_lapse_are_found() -> None:
    """I13."""
    late = verify.run(now=NOW + timedelta(hours=37))

    assert [(breach.invariant, breach.row) for breach in late] == [("I13", str(hold("open").pk))]


@pytest.mark.parametrize(
    "deed",
    [
        lambda: change("open", amount=0),
        lambda: change("captured", captured=21),
        lambda: change("captured", captured=-1),
        lambda: change("open", state="released"),
        lambda: change("released", ended_at=None),
        lambda: Hold.objects.filter(key="open").update(key="lapsed"),
        lambda: change("open", entry=hold("captured").entry_id),
        lambda: HoldPart.objects.update(amount=0),
        lambda: Account.objects.all().delete(),
    ],
)
def test_the_database_refuses_a_hold_that_cannot_be(deed: Callable[[], object]) -> None:
    """I16 by constraint: between nothing and all is captured, one entry is of one hold, what ended has ended."""
    with pytest.raises(DatabaseError), transaction.atomic():
        deed()
