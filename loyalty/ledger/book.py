"""The book: balances, lots and moves of some accounts, held in memory.

Pure: no database, no clock. Every move keeps the invariants of the ledger (available, pending,
held, debt never negative; never both something available and a debt; each debit allocated in full to
lots or to debt; what a lot lacks is explained by allocations and open holds) and leaves rows to be
written. The live path, expiry, refunds and previews all use
this one class, so they can't disagree.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from loyalty import ids
from loyalty.ledger.rows import (
    AllocationRow,
    EntryRow,
    HoldEnd,
    Holding,
    HoldState,
    LotState,
    Part,
    Purse,
    Stamp,
)

__all__ = ["AllocationRow", "Book", "EntryRow", "Holding", "LotState", "NotEnough", "Purse", "Stamp"]

DayOf = Callable[[datetime], date]


class NotEnough(Exception):
    """A debit that may neither owe nor absorb found too little."""

    def __init__(self, missing: int) -> None:
        super().__init__(missing)
        self.missing = missing


@dataclass(slots=True)
class Book:
    """Balances and lots of some purses, and the moves made on them since loading.

    ``recoup`` tells the currencies (by id) whose debt is paid by a share of what comes in, in percent.
    """

    holdings: dict[Purse, Holding] = field(default_factory=dict)
    lots: dict[Purse, list[LotState]] = field(default_factory=lambda: defaultdict(list))
    born: dict[UUID, LotState] = field(default_factory=dict)
    entries: list[EntryRow] = field(default_factory=list)
    allocations: list[AllocationRow] = field(default_factory=list)
    touched: dict[UUID, LotState] = field(default_factory=dict)
    moved: set[Purse] = field(default_factory=set)
    holds: dict[UUID, HoldState] = field(default_factory=dict)
    recoup: dict[int, int] = field(default_factory=dict)
    hold_ends: list[HoldEnd] = field(default_factory=list)

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
        awaits: str = "",
    ) -> EntryRow:
        """Gives ``amount`` > 0 as one new lot; what is available at once pays debt first."""
        entry = self.enter(purse, amount, counter=counter, stamp=stamp, desired=desired, memo=memo)
        self.open_lot(entry, amount, available_at=available_at, expires_at=expires_at, awaits=awaits)
        return entry

    def open_lot(
        self,
        entry: EntryRow,
        amount: int,
        *,
        available_at: datetime,
        expires_at: datetime | None,
        earned_at: datetime | None = None,
        awaits: str = "",
        origin_id: int | None = None,
        share: int | None = None,
    ) -> LotState:
        """Opens the one lot of a positive entry; available at once, it pays debt by its ``share`` (percent)."""
        purse = Purse(entry.account_id, entry.currency_id)
        lot = LotState(
            id=ids.uuid7(),
            entry_id=entry.id,
            purse=purse,
            amount=amount,
            remaining=amount,
            earned_at=earned_at or entry.stamp.effective_at,
            available_at=available_at,
            activated_at=None,
            expires_at=expires_at,
            awaits=awaits,
            origin_id=origin_id,
            is_new=True,
        )
        self.take_in([lot])
        self.touched[lot.id] = lot
        self.holding(purse).pending += amount
        if available_at <= entry.stamp.recorded_at:
            self.activate(lot, share)
        return lot

    def debit(
        self,
        purse: Purse,
        amount: int,
        *,
        counter: str,
        stamp: Stamp,
        memo: str = "",
        may_owe: bool = False,
        reverses_id: UUID | None = None,
    ) -> EntryRow:
        """Takes ``amount`` > 0 from available lots, earliest expiry first.

        Settle the purse first. Raises ``NotEnough`` where less is there, unless it may be owed.
        """
        holding = self.holding(purse)
        if amount > holding.available and not may_owe:
            raise NotEnough(amount - holding.available)
        entry = self.enter(purse, -amount, counter=counter, stamp=stamp, memo=memo, reverses_id=reverses_id)
        self.collect(entry, purse, amount, self.spendable(purse))
        return entry

    def forgive(self, purse: Purse, amount: int, *, stamp: Stamp, memo: str = "") -> EntryRow:
        """Gives ``amount`` > 0 that pays debt at once and leaves nothing to spend.

        Settle the purse first. Raises ``NotEnough`` where less is owed.
        """
        owed = self.holding(purse).owed
        if amount > owed:
            raise NotEnough(amount - owed)
        entry = self.enter(purse, amount, counter="adjusted", stamp=stamp, memo=memo)
        self.open_lot(entry, amount, available_at=stamp.recorded_at, expires_at=None, share=100)
        return entry

    def claw(
        self, purse: Purse, born_of: UUID, amount: int, *, stamp: Stamp, may_owe: bool, lot_of: UUID | None = None
    ) -> tuple[EntryRow | None, int]:
        """Takes back ``amount`` of what entry ``born_of`` gave; returns (entry, uncollected).

        The lot itself gives first, pending or not; then other available lots; the rest is owed, or,
        where it may not be, left uncollected. ``lot_of`` names the entry whose lot it is by now, where
        it has moved to another account.
        """
        own = self.born.get(lot_of or born_of)
        sources = [own] if own and own.remaining else []
        sources += [lot for lot in self.spendable(purse) if lot is not own]
        found = min(amount, sum(lot.remaining for lot in sources))
        taken = amount if may_owe else found
        if not taken:
            return None, amount
        entry = self.enter(purse, -taken, counter="clawed_back", stamp=stamp, reverses_id=born_of, desired=-amount)
        self.collect(entry, purse, taken, sources)
        return entry, amount - taken

    def set_aside(self, purse: Purse, amount: int, *, hold_id: UUID, lapses_at: datetime) -> HoldState:
        """Moves ``amount`` > 0 from available to held, earliest expiry first; no entry, as nothing changes hands.

        Settle the purse first. Raises ``NotEnough``: what is set aside may never be owed.
        """
        holding = self.holding(purse)
        if amount > holding.available:
            raise NotEnough(amount - holding.available)
        parts = list(self._drain(self.spendable(purse), amount))
        holding.available -= amount
        holding.held += amount
        self.moved.add(purse)
        hold = self.holds[hold_id] = HoldState(hold_id, purse, lapses_at, parts)
        return hold

    def capture(
        self, hold_id: UUID, amount: int, *, counter: str, stamp: Stamp, day_of: DayOf, memo: str = ""
    ) -> EntryRow:
        """Takes 1 to all of an open hold as one entry, in the order of its parts; the rest is given back.

        What was set aside in time may be taken though its lots have expired meanwhile.
        """
        hold = self.holds.pop(hold_id)
        entry = self.enter(hold.purse, -amount, counter=counter, stamp=stamp, memo=memo)
        left, rest = amount, []
        for lot, held in hold.parts:
            taken = min(left, held)
            left -= taken
            if taken:
                self.allocations.append(AllocationRow(entry.id, lot.id, "drain", taken))
            if held > taken:
                rest.append(Part(lot, held - taken))
        self.holding(hold.purse).held -= amount
        self._give_back(rest, stamp.effective_at, stamp.recorded_at, day_of)
        self.hold_ends.append(HoldEnd(hold_id, "captured", stamp.effective_at, amount, entry.id))
        return entry

    def release(self, hold_id: UUID, *, at: datetime, now: datetime, day_of: DayOf, state: str = "released") -> None:
        """Gives an open hold back to its own lots as of ``at``.

        It pays debt first. Then a lot whose deadline passed meanwhile expires at once: its entry is
        effective at ``at``, since until then these points could still have been taken.
        """
        hold = self.holds.pop(hold_id)
        self._give_back(hold.parts, at, now, day_of)
        self.hold_ends.append(HoldEnd(hold_id, state, at))

    def settle(self, purse: Purse, now: datetime, day_of: DayOf) -> int:
        """Brings the purse up to ``now``: activation, expiry and lapse of holds, each at its own time.

        Returns the number of moves. Expiry entries are effective at the lot's true deadline.
        """
        moves = 0
        for at, deed, item in sorted(self._due(purse, now), key=lambda due: (due[0], due[1])):
            if isinstance(item, HoldState):
                self.release(item.id, at=at, now=now, day_of=day_of, state=deed)
            elif deed == "activate":
                self.activate(item)
            elif item.remaining:
                self.expire(item, at, now, day_of)
            else:
                continue
            moves += 1
        return moves

    def _due(self, purse: Purse, now: datetime) -> Iterator[tuple[datetime, str, LotState | HoldState]]:
        """A lot that is all held may expire after its hold lapsed, so it is told whatever is left of it."""
        for lot in self.lots.get(purse, ()):
            if lot.remaining and lot.activated_at is None and lot.available_at <= now:
                yield lot.available_at, "activate", lot
            if lot.expires_at is not None and lot.expires_at <= now:
                yield lot.expires_at, "expire", lot
        for hold in self.holds.values():
            if hold.purse == purse and hold.lapses_at <= now:
                yield hold.lapses_at, "lapsed", hold

    def activate(self, lot: LotState, share: int | None = None) -> None:
        """A pending lot can be spent from its ``available_at`` on; it pays instalments by ``share`` (percent)."""
        lot.activated_at = lot.available_at
        self.holding(lot.purse).pending -= lot.remaining
        percent = self.recoup.get(lot.purse.currency_id, 100) if share is None else share
        self.make_available(lot, lot.remaining, share=percent)

    def _give_back(self, parts: Iterable[Part], at: datetime, now: datetime, day_of: DayOf) -> None:
        for lot, amount in parts:
            self.holding(lot.purse).held -= amount
            lot.remaining += amount
            self.make_available(lot, amount)
            if lot.remaining and lot.expires_at is not None and lot.expires_at <= at:
                self.expire(lot, at, now, day_of)

    def make_available(self, lot: LotState, amount: int, *, share: int = 0) -> None:
        """``amount`` of the lot can be spent from now on; debt is paid first.

        Debt by instalments is paid by ``share`` percent of the amount, rounded up.
        """
        holding = self.holding(lot.purse)
        due = min(amount, holding.debt)
        instalment = min(holding.deferred, amount - due, -(-amount * share // 100))
        repaid = due + instalment
        if repaid:
            holding.debt -= due
            holding.deferred -= instalment
            lot.remaining -= repaid
            self.allocations.append(AllocationRow(lot.entry_id, lot.id, "repay", repaid))
        holding.available += amount - repaid
        self.touched[lot.id] = lot
        self.moved.add(lot.purse)

    def expire(self, lot: LotState, at: datetime, now: datetime, day_of: DayOf) -> None:
        """What is left of a lot is gone as of ``at``."""
        stamp = Stamp(at, day_of(at), now)
        entry = self.enter(lot.purse, -lot.remaining, counter="expired", stamp=stamp)
        self.collect(entry, lot.purse, lot.remaining, [lot])

    def spendable(self, purse: Purse) -> list[LotState]:
        """Lots that can be spent, in spending order."""
        lots = [lot for lot in self.lots.get(purse, ()) if lot.remaining and lot.activated_at is not None]
        return sorted(lots, key=LotState.spending_order)

    def collect(self, entry: EntryRow, purse: Purse, amount: int, sources: Iterable[LotState]) -> None:
        """Allocates ``amount`` of a debit to lots in order, and the rest to debt, by instalments where that is set."""
        holding = self.holding(purse)
        left = amount
        for lot, part in self._drain(sources, amount):
            left -= part
            if lot.activated_at is None:
                holding.pending -= part
            else:
                holding.available -= part
            self.allocations.append(AllocationRow(entry.id, lot.id, "drain", part))
        if left:
            if self.recoup.get(purse.currency_id, 100) < 100:
                holding.deferred += left
            else:
                holding.debt += left
            self.allocations.append(AllocationRow(entry.id, None, "debt", left))

    def _drain(self, sources: Iterable[LotState], amount: int) -> Iterator[Part]:
        """Lowers lots in order until ``amount`` or all of them is taken; yields what each gave."""
        for lot in sources:
            part = min(amount, lot.remaining)
            if part:
                lot.remaining -= part
                amount -= part
                self.touched[lot.id] = lot
                yield Part(lot, part)

    def enter(
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
