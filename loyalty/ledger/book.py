"""The book: balances, lots and moves of some accounts, held in memory.

Pure: no database, no clock. Every move keeps the invariants of the ledger (available, pending,
held, debt never negative; never both something available and a debt; each debit allocated in full to
lots or to debt) and leaves rows to be written. The live path, expiry, refunds and previews all use
this one class, so they can't disagree.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import NamedTuple
from uuid import UUID

from loyalty import ids

NEVER = datetime.max.replace(tzinfo=UTC)
DayOf = Callable[[datetime], date]


class Purse(NamedTuple):
    """One account's holding of one currency."""

    account_id: int
    currency_id: int


class Stamp(NamedTuple):
    """When and why an entry is made: instants, the business day, the event and the rule version."""

    effective_at: datetime
    effective_on: date
    recorded_at: datetime
    event_id: UUID | None = None
    rule_version_id: int | None = None


@dataclass(slots=True)
class Holding:
    """The balance columns of one purse."""

    available: int = 0
    pending: int = 0
    held: int = 0
    debt: int = 0
    version: int = 0

    @property
    def net(self) -> int:
        return self.available + self.pending + self.held - self.debt


@dataclass(slots=True)
class LotState:
    """A lot as it stands; ``is_new`` lots are inserted, others updated."""

    id: UUID
    entry_id: UUID
    purse: Purse
    amount: int
    remaining: int
    earned_at: datetime
    available_at: datetime
    activated_at: datetime | None
    expires_at: datetime | None
    is_new: bool = False

    def spending_order(self) -> tuple[datetime, datetime, UUID]:
        """Earliest expiry first (none last), then earned first, then id."""
        return (self.expires_at or NEVER, self.earned_at, self.id)


class EntryRow(NamedTuple):
    """An entry to be written, columns in the model's order."""

    id: UUID
    account_id: int
    currency_id: int
    version: int
    counter: str
    amount: int
    balance_after: int
    stamp: Stamp
    reverses_id: UUID | None
    desired: int | None
    memo: str


class AllocationRow(NamedTuple):
    """An allocation to be written."""

    entry_id: UUID
    lot_id: UUID | None
    kind: str
    amount: int


class NotEnough(Exception):
    """A debit that may neither owe nor absorb found too little."""

    def __init__(self, missing: int) -> None:
        super().__init__(missing)
        self.missing = missing


@dataclass(slots=True)
class Book:
    """Balances and lots of some purses, and the moves made on them since loading."""

    holdings: dict[Purse, Holding] = field(default_factory=dict)
    lots: dict[Purse, list[LotState]] = field(default_factory=lambda: defaultdict(list))
    born: dict[UUID, LotState] = field(default_factory=dict)
    entries: list[EntryRow] = field(default_factory=list)
    allocations: list[AllocationRow] = field(default_factory=list)
    touched: dict[UUID, LotState] = field(default_factory=dict)
    moved: set[Purse] = field(default_factory=set)

    def take_in(self, lots: Iterable[LotState]) -> None:
        """Adds lots loaded from the store."""
        for lot in lots:
            self.lots[lot.purse].append(lot)
            self.born[lot.entry_id] = lot

    def holding(self, purse: Purse) -> Holding:
        """The purse's holding; a new one is empty."""
        found = self.holdings.get(purse)
        if found is None:
            found = self.holdings[purse] = Holding()
        return found

    def credit(
        self,
        purse: Purse,
        amount: int,
        *,
        counter: str,
        stamp: Stamp,
        available_at: datetime,
        expires_at: datetime | None,
        desired: int | None = None,
        memo: str = "",
    ) -> EntryRow:
        """Gives ``amount`` > 0 as one new lot; what is available at once pays debt first."""
        entry = self._enter(purse, amount, counter=counter, stamp=stamp, desired=desired, memo=memo)
        lot = LotState(
            id=ids.uuid7(),
            entry_id=entry.id,
            purse=purse,
            amount=amount,
            remaining=amount,
            earned_at=stamp.effective_at,
            available_at=available_at,
            activated_at=None,
            expires_at=expires_at,
            is_new=True,
        )
        self.take_in([lot])
        self.touched[lot.id] = lot
        self.holding(purse).pending += amount
        if available_at <= stamp.recorded_at:
            self._activate(lot)
        return entry

    def debit(
        self, purse: Purse, amount: int, *, counter: str, stamp: Stamp, memo: str = "", may_owe: bool = False
    ) -> EntryRow:
        """Takes ``amount`` > 0 from available lots, earliest expiry first.

        Settle the purse first. Raises ``NotEnough`` where less is there, unless it may be owed.
        """
        holding = self.holding(purse)
        if amount > holding.available and not may_owe:
            raise NotEnough(amount - holding.available)
        entry = self._enter(purse, -amount, counter=counter, stamp=stamp, memo=memo)
        self._collect(entry, purse, amount, self._spendable(purse))
        return entry

    def claw(
        self, purse: Purse, born_of: UUID, amount: int, *, stamp: Stamp, may_owe: bool
    ) -> tuple[EntryRow | None, int]:
        """Takes back ``amount`` of what entry ``born_of`` gave; returns (entry, uncollected).

        The lot itself gives first, pending or not; then other available lots; the rest is owed, or,
        where it may not be, left uncollected.
        """
        own = self.born.get(born_of)
        sources = [own] if own and own.remaining else []
        sources += [lot for lot in self._spendable(purse) if lot is not own]
        found = min(amount, sum(lot.remaining for lot in sources))
        taken = amount if may_owe else found
        if not taken:
            return None, amount
        entry = self._enter(purse, -taken, counter="clawed_back", stamp=stamp, reverses_id=born_of, desired=-amount)
        self._collect(entry, purse, taken, sources)
        return entry, amount - taken

    def settle(self, purse: Purse, now: datetime, day_of: DayOf) -> int:
        """Brings the purse up to ``now``: activates and expires what is due, each at its own time.

        Returns the number of moves. Expiry entries are effective at the lot's true deadline.
        """
        moves = 0
        for _, deed, lot in sorted(self._due(purse, now), key=lambda item: (item[0], item[1])):
            if deed == "activate":
                self._activate(lot)
                moves += 1
            elif lot.remaining and lot.expires_at:
                self._expire(lot, lot.expires_at, now, day_of)
                moves += 1
        return moves

    def _due(self, purse: Purse, now: datetime) -> Iterator[tuple[datetime, str, LotState]]:
        for lot in self.lots.get(purse, ()):
            if not lot.remaining:
                continue
            if lot.activated_at is None and lot.available_at <= now:
                yield lot.available_at, "activate", lot
            if lot.expires_at is not None and lot.expires_at <= now:
                yield lot.expires_at, "expire", lot

    def _activate(self, lot: LotState) -> None:
        holding = self.holding(lot.purse)
        lot.activated_at = lot.available_at
        self.touched[lot.id] = lot
        self.moved.add(lot.purse)
        holding.pending -= lot.remaining
        repaid = min(lot.remaining, holding.debt)
        if repaid:
            holding.debt -= repaid
            lot.remaining -= repaid
            self.allocations.append(AllocationRow(lot.entry_id, lot.id, "repay", repaid))
        holding.available += lot.remaining

    def _expire(self, lot: LotState, at: datetime, now: datetime, day_of: DayOf) -> None:
        stamp = Stamp(at, day_of(at), now)
        entry = self._enter(lot.purse, -lot.remaining, counter="expired", stamp=stamp)
        self._collect(entry, lot.purse, lot.remaining, [lot])

    def _spendable(self, purse: Purse) -> list[LotState]:
        lots = [lot for lot in self.lots.get(purse, ()) if lot.remaining and lot.activated_at is not None]
        return sorted(lots, key=LotState.spending_order)

    def _collect(self, entry: EntryRow, purse: Purse, amount: int, sources: Iterable[LotState]) -> None:
        """Allocates ``amount`` of a debit to lots in order, and the rest to debt."""
        holding = self.holding(purse)
        left = amount
        for lot in sources:
            part = min(left, lot.remaining)
            if not part:
                continue
            lot.remaining -= part
            left -= part
            if lot.activated_at is None:
                holding.pending -= part
            else:
                holding.available -= part
            self.touched[lot.id] = lot
            self.allocations.append(AllocationRow(entry.id, lot.id, "drain", part))
        if left:
            holding.debt += left
            self.allocations.append(AllocationRow(entry.id, None, "debt", left))

    def _enter(
        self,
        purse: Purse,
        amount: int,
        *,
        counter: str,
        stamp: Stamp,
        reverses_id: UUID | None = None,
        desired: int | None = None,
        memo: str = "",
    ) -> EntryRow:
        """Appends the entry; its ``balance_after`` chains on the last one of the purse."""
        holding = self.holding(purse)
        self.moved.add(purse)
        holding.version += 1
        entry = EntryRow(
            ids.uuid7(),
            purse.account_id,
            purse.currency_id,
            holding.version,
            counter,
            amount,
            holding.net + amount,
            stamp,
            reverses_id,
            desired,
            memo,
        )
        self.entries.append(entry)
        return entry
