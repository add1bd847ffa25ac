"""Handing points over: what gifts, shared purses and merged accounts have in common.

A transfer is one entry of the giver and one of the receiver for each lot, all against "transferred",
so that both sides sum to zero; each new lot keeps the day it was earned and the day it goes. Callers
hold the locks of both accounts, have settled both purses and write the book.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from loyalty import accounts, bulk, programme
from loyalty.ledger import moving, store
from loyalty.ledger.book import Book, DayOf
from loyalty.ledger.rows import Part, Purse, Stamp
from loyalty.models import Account, Transfer, TransferPart
from loyalty.registry import Text

_PART = ("transfer_id", "entry_id", "source_id")
_GIVEN = {
    Transfer.Kind.GIFT: _("A gift for somebody"),
    Transfer.Kind.POOL_IN: _("Into the shared purse"),
    Transfer.Kind.POOL_OUT: _("Back from the shared purse"),
    Transfer.Kind.MERGE: _("Moved to your other account"),
}
_RECEIVED = {
    Transfer.Kind.GIFT: _("A gift for you"),
    Transfer.Kind.POOL_IN: _("Into the shared purse"),
    Transfer.Kind.POOL_OUT: _("Back from the shared purse"),
    Transfer.Kind.MERGE: _("Moved from your other account"),
}


@dataclass(slots=True)
class Hands:
    """A book of some accounts under lock, brought up to ``now``, and the transfers made on it."""

    book: Book
    now: datetime
    day_of: DayOf
    made: list[Transfer] = field(default_factory=list)
    parts: list[tuple[UUID, UUID, UUID]] = field(default_factory=list)

    @classmethod
    def over(cls, account_ids: Collection[int], now: datetime, *, born_of: Collection[UUID] = ()) -> "Hands":
        """Loads the accounts, whose locks the caller holds, and settles all their purses."""
        day_of = store.days_of(programme.current())
        book = store.load(account_ids, with_lots=account_ids, born_of=born_of)
        for purse in sorted({*book.lots, *book.holdings}):
            book.settle(purse, now, day_of)
        return cls(book, now, day_of)

    @property
    def stamp(self) -> Stamp:
        return Stamp(self.now, self.day_of(self.now), self.now)

    def carry(
        self, wanted: Transfer, parts: Sequence[Part], *, origin_id: int | None = None, stamp: Stamp | None = None
    ) -> Transfer:
        """Moves ``parts`` from the giver to the receiver and notes the transfer; ``write`` writes all.

        What the giver says with it stays on the transfer, since entries can never be blanked.
        """
        giver = Purse(wanted.giver_id, wanted.currency_id)
        receiver = Purse(wanted.receiver_id, wanted.currency_id)
        entry, arrived = moving.move_over(
            self.book, giver, receiver, parts, stamp=stamp or self.stamp, origin_id=origin_id
        )
        wanted.amount, wanted.entry_id = -entry.amount, entry.id
        wanted.transferred_at, wanted.transferred_on = self.now, self.day_of(self.now)
        self.made.append(wanted)
        self.parts += [(wanted.pk, there.id, lot.id) for there, lot in arrived]
        return wanted

    def release_holds(self, account_id: int) -> list[str]:
        """Gives every open hold of the account back to its lots; returns their ids."""
        found = [hold.id for hold in self.book.holds.values() if hold.purse.account_id == account_id]
        for hold_id in found:
            self.book.release(hold_id, at=self.now, now=self.now, day_of=self.day_of)
        return [hold_id.hex for hold_id in found]

    def write(self) -> None:
        """Writes the book and the transfers: four statements more, however many lots moved."""
        Transfer.objects.bulk_create(self.made)
        store.write(self.book)
        bulk.insert(TransferPart, _PART, self.parts)
        self.made.clear()
        self.parts.clear()


def lock_open(account_ids: Collection[int], *, spending: Collection[int] = ()) -> dict[int, accounts.Locked]:
    """Locks the accounts in ascending order, none of which may be closed.

    Those ``spending`` give something away, so they may be neither suspended nor in doubt. Raises
    ``AccountNotFound``, ``AccountFrozen`` or ``SpendingStopped``.
    """
    locked = accounts.lock(account_ids)
    if len(locked) < len(set(account_ids)) or any(row.status == Account.Status.CLOSED for row in locked.values()):
        raise accounts.AccountNotFound
    for account_id in spending:
        if locked[account_id].status == Account.Status.FROZEN:
            raise accounts.AccountFrozen
        if locked[account_id].spending_stopped_at is not None:
            raise accounts.SpendingStopped
    return locked


def captions(entry_ids: Collection[UUID]) -> Mapping[UUID, Text]:
    """What a statement calls the entries of transfers, seen from either side."""
    found: dict[UUID, Text] = {}
    if not entry_ids:
        return found
    given = Transfer.objects.filter(entry_id__in=entry_ids).values_list("entry_id", "kind")
    found.update({entry_id: _GIVEN[Transfer.Kind(kind)] for entry_id, kind in given})
    received = TransferPart.objects.filter(entry_id__in=entry_ids).values_list("entry_id", "transfer__kind")
    found.update({entry_id: _RECEIVED[Transfer.Kind(kind)] for entry_id, kind in received})
    return found
