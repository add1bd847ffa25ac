"""What is in a shared purse and whose it is, for pages that show it. Writes nothing, waits for no job."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Sum

from loyalty import accounts
from loyalty.ledger import reading, store
from loyalty.ledger.rows import Purse
from loyalty.models import Pool, PoolMembership, Programme, Transfer

POINTS = "points"


@dataclass(frozen=True, slots=True)
class Share:
    """One who shares a purse. ``brought`` ever; ``left`` is what of it would go along on leaving now."""

    membership: PoolMembership
    brought: int
    left: int


@dataclass(frozen=True, slots=True)
class Contents:
    """A purse's points as of an instant, and everybody's part of them."""

    pool: Pool
    position: reading.Position
    shares: list[Share]

    def of(self, account_id: int) -> Share | None:
        return next((share for share in self.shares if share.membership.account_id == account_id), None)


def shared_by(account_id: int) -> PoolMembership | None:
    """The share somebody has in a purse at present."""
    found = PoolMembership.objects.filter(account_id=account_id, left_at=None)
    return found.select_related("pool__account").first()


def contents(pool: Pool, *, now: datetime, programme: Programme) -> Contents:
    """What is in the purse. Six queries at most, however many share it."""
    position = reading.position(pool.account_id, now=now, programme=programme)[POINTS]
    left = _left(pool, now, programme)
    came = Transfer.objects.filter(receiver=pool.account_id, kind=Transfer.Kind.POOL_IN, currency__code=POINTS)
    brought = dict(came.values_list("giver_id").annotate(total=Sum("amount")))
    members = pool.memberships.filter(left_at=None).select_related("account").order_by("pk")
    shares = [Share(each, brought.get(each.account_id, 0), left.get(each.account_id, 0)) for each in members]
    return Contents(pool, position, shares)


def _left(pool: Pool, now: datetime, programme: Programme) -> dict[int, int]:
    """What is left of each one's lots, those that are due to expire taken off."""
    day_of = store.days_of(programme)
    book = store.load([pool.account_id], with_lots=[pool.account_id])
    for purse in list(book.lots):
        book.settle(purse, now, day_of)
    points = book.lots.get(Purse(pool.account_id, accounts.currencies()[POINTS].pk), [])
    found: dict[int, int] = {}
    for lot in points:
        if lot.origin_id is not None and lot.activated_at is not None:
            found[lot.origin_id] = found.get(lot.origin_id, 0) + lot.remaining
    return found
