"""F16: a fault at every statement of every deed. What failed left nothing; told again, it is whole."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction

from loyalty.events import intake, releasing
from loyalty.events.incoming import Incoming
from loyalty.ledger import expiring, holding, spending, transferring, verify
from loyalty.models import (
    Account,
    Allocation,
    Balance,
    Currency,
    Decision,
    Entry,
    Event,
    Hold,
    Lot,
    Order,
    OutboxMessage,
    Tally,
    Transfer,
)
from tests.loyalty.till import NOW, one_for_one, open_account, open_till, order, refund

pytestmark = pytest.mark.django_db
TABLES = (Allocation, Decision, Entry, Event, Hold, Lot, Order, OutboxMessage, Tally, Transfer)
Deed = Callable[["Scene"], object]


class Fault(OperationalError):
    """The database gives up in the middle."""


class Scene:
    """Somebody with points, an order, a hold and a friend."""

    def __init__(self) -> None:
        self.till = open_till()
        self.account: Account = open_account()
        self.friend: Account = open_account()
        Currency.objects.filter(code="points").update(is_transferable=True, expiry_mode="days", expiry_length=30)
        one_for_one()
        self.post(order("A0", 50000, self.account))
        self.post(order("G0", 10000, None))
        holding.hold(account_id=self.account.pk, amount=50, key="H0", partner=self.till, now=NOW)

    def post(self, *batch: Incoming) -> None:
        outcomes = intake.post(batch, partner=self.till, now=NOW)
        assert [outcome.error for outcome in outcomes] == [None] * len(batch)


def _claim(scene: Scene) -> object:
    return releasing.claim(partner_id=scene.till.pk, order_id="G0", account_id=scene.account.pk, now=NOW)


DEEDS: dict[str, Deed] = {
    "order": lambda s: s.post(order("A1", 10000, s.account)),
    "batch": lambda s: s.post(*(order(f"B{n}", 10000, who) for n, who in enumerate([s.account, s.friend, None]))),
    "correction": lambda s: s.post(order("A0", 20000, s.account, version=2)),
    "refund": lambda s: s.post(refund("R1", "A0", 20000)),
    "claim": _claim,
    "spend": lambda s: spending.spend(account_id=s.account.pk, amount=100, now=NOW),
    "hold": lambda s: holding.hold(account_id=s.account.pk, amount=70, key="H1", partner=s.till, now=NOW),
    "capture": lambda s: holding.capture(key="H0", amount=20, partner=s.till, now=NOW),
    "release": lambda s: holding.release(key="H0", partner=s.till, now=NOW),
    "transfer": lambda s: transferring.transfer(
        giver_id=s.account.pk, receiver_id=s.friend.pk, amount=90, key="T1", now=NOW
    ),
    "expiry": lambda s: expiring.settle([s.account.pk], now=NOW + timedelta(days=60)),
}


def picture() -> dict[str, Any]:
    """Everything that a deed may move, as figures."""
    counts = {table.__name__: table._default_manager.count() for table in TABLES}
    columns = ("account_id", "available", "pending", "held", "debt", "version")
    return counts | {"balances": sorted(Balance.objects.values_list(*columns))}


def failing_at(number: int, met: list[int]) -> AbstractContextManager[None]:
    """Raises instead of the ``number``-th statement from now; ``met`` counts them."""

    def execute(run: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        met.append(len(met) + 1)
        if len(met) == number:
            raise Fault(f"statement {number}")
        return run(sql, params, many, context)

    return connection.execute_wrapper(execute)


@pytest.mark.parametrize("name", DEEDS)
def test_a_fault_at_any_statement_leaves_nothing_half_done(name: str) -> None:
    """F16: for every n the n-th statement fails; the books are as before, and the deed told again is done once."""
    scene, deed = Scene(), DEEDS[name]
    before = picture()
    with transaction.atomic():
        deed(scene)
        after = picture()
        transaction.set_rollback(True)

    number, failed = 0, True
    while failed:
        number += 1
        met: list[int] = []
        with transaction.atomic():
            try:
                with failing_at(number, met):
                    deed(scene)
                failed = False
            except Fault:
                assert picture() == before
                deed(scene)
            assert picture() == after
            faults = [] if failed else [b for b in verify.run(now=NOW) if b.invariant not in ("I13", "I22")]
            assert faults == []
            transaction.set_rollback(True)

    assert number > 3  # the deed had statements to fail at
