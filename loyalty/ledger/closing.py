"""Closing a purse for good: what was set aside comes back, and all that is left goes by one entry a unit.

The account stays in the books under its number, with nothing in it. Points are "expired" as of now; debt
is let go by an adjustment. Both name the event that closed the account, which is what agrees to them.
"""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from loyalty import accounts
from loyalty.ledger.book import Stamp
from loyalty.ledger.handing import Hands
from loyalty.models import Account, Approval, Hold

MEMO = "closed"


class Closed(NamedTuple):
    """What a purse lost by being closed, by currency code; units without anything are left out."""

    forfeited: dict[str, int]
    forgiven: dict[str, int]


def empty(account_ids: Collection[int], *, event_id: UUID, now: datetime) -> Closed:
    """Leaves nothing in the accounts, whose locks the caller holds. Again, it finds nothing left.

    Growth and other units that cannot be spent go as well. Open holds are released first.
    """
    hands = Hands.over(account_ids, now)
    for account_id in sorted(account_ids):
        hands.release_holds(account_id)
    stamp = Stamp(now, hands.day_of(now), now, event_id)
    codes = {unit.pk: unit.code for unit in accounts.currencies().values()}
    told = Closed({}, {})
    for purse in sorted({*hands.book.lots, *hands.book.holdings}):
        code = codes[purse.currency_id]
        lots = [lot for lot in hands.book.lots.get(purse, ()) if lot.remaining]
        if left := sum(lot.remaining for lot in lots):
            entry = hands.book.enter(purse, -left, counter="expired", stamp=stamp, memo=MEMO)
            hands.book.collect(entry, purse, left, lots)
            told.forfeited[code] = told.forfeited.get(code, 0) + left
        if owed := hands.book.holding(purse).owed:
            hands.book.forgive(purse, owed, stamp=stamp, memo=MEMO)
            told.forgiven[code] = told.forgiven.get(code, 0) + owed
    hands.write()
    return told


def close(account_ids: Collection[int], *, now: datetime) -> int:
    """Closes emptied accounts; wishes that still wait for a second person are withdrawn. How many of those."""
    Account.objects.filter(pk__in=account_ids).update(status=Account.Status.CLOSED)
    waiting = Approval.objects.filter(account_id__in=account_ids, state=Approval.State.WAITING)
    return waiting.update(state=Approval.State.WITHDRAWN, decided_at=now)


def holds_of(account_ids: Collection[int]) -> int:
    """How many holds closing would release."""
    return Hold.objects.filter(account_id__in=account_ids, state=Hold.State.HELD).count()
