"""What deeds took from lots, so that it can be given back to the very same ones.

A deed here is an award that refunds took back, or a payment with points. All entries that reverse a
deed belong to it, in both directions, so what is outstanding is simply their sum, lot by lot.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Q

from loyalty import accounts
from loyalty.ledger import moving, store
from loyalty.ledger.book import Book
from loyalty.ledger.moving import Share
from loyalty.ledger.rows import EntryRow, LotState, Purse
from loyalty.models import Allocation, Entry


@dataclass(slots=True)
class Taken:
    """Shares by deed, in the order they were taken, and the lots they name."""

    shares: dict[UUID, list[Share]] = field(default_factory=dict)
    lots: dict[UUID, LotState] = field(default_factory=dict)
    purses: dict[UUID, Purse] = field(default_factory=dict)

    @classmethod
    def load(cls, *, awards: Collection[UUID], payments: Collection[UUID]) -> "Taken":
        """Three queries, none for no deeds. An award's own allocations only pay debt and don't count."""
        found = cls()
        if not awards and not payments:
            return found
        known = Q(id__in=payments) | Q(reverses_id__in=[*awards, *payments])
        columns = ("id", "reverses_id", "account_id", "currency_id", "account__merged_into_id", "lot__amount")
        rows: list[tuple[Any, ...]] = list(Entry.objects.filter(known).values_list(*columns))
        deed_of: dict[UUID, UUID] = {}
        living = accounts.living({row[2] for row in rows if row[4] is not None})
        for entry_id, reverses_id, account_id, currency_id, *_rest in rows:
            deed_of[entry_id] = reverses_id if reverses_id is not None else entry_id
            found.purses.setdefault(deed_of[entry_id], Purse(living.get(account_id, account_id), currency_id))
        parts = Allocation.objects.filter(entry_id__in=deed_of).exclude(kind=Allocation.Kind.REPAY).order_by("id")
        for entry_id, lot_id, amount in parts.values_list("entry_id", "lot_id", "amount"):
            found.add(deed_of[entry_id], lot_id, amount)
        for entry_id, *_rest, fresh in rows:
            if fresh:
                found.add(deed_of[entry_id], None, -fresh)
        found.lots = {lot.id: lot for lot in store.lots(found.lot_ids())}
        return found

    def add(self, deed: UUID, lot_id: UUID | None, amount: int) -> None:
        """Counts ``amount`` taken (below zero: given back) of a lot, or of what is owed."""
        shares = self.shares.setdefault(deed, [])
        for place, share in enumerate(shares):
            if share.lot_id == lot_id:
                shares[place] = Share(lot_id, share.amount + amount)
                return
        shares.append(Share(lot_id, amount))

    def lot_ids(self) -> set[UUID]:
        return {share.lot_id for shares in self.shares.values() for share in shares if share.lot_id is not None}

    def settle_into(self, book: Book) -> None:
        """Lets the book know the lots; where it has one already, that one counts."""
        book.take_in([lot for lot in self.lots.values() if lot.entry_id not in book.born])
        self.lots = {lot_id: book.born[lot.entry_id] for lot_id, lot in self.lots.items()}

    def outstanding(self, deed: UUID) -> int:
        """What the deed has taken in all and not given back."""
        return sum(share.amount for share in self.shares.get(deed, ()))

    def unwind(self, deed: UUID, amount: int, book: Book) -> moving.Back:
        """Where the last ``amount`` that a deed took goes back to."""
        known = self.lots | {lot.id: lot for lot in book.touched.values()}
        return moving.unwind(self.shares.get(deed, ()), amount, known)

    def follow(self, deed: UUID, entry: EntryRow, book: Book, *, fresh: int = 0) -> None:
        """Counts what an entry of the deed has just taken or given back; ``fresh`` of it opened a new lot."""
        for row in book.allocations:
            if row.entry_id == entry.id and row.kind != Allocation.Kind.REPAY:
                self.add(deed, row.lot_id, row.amount)
        if fresh:
            self.add(deed, None, -fresh)
