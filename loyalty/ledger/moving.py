"""Moves on a book that undo or carry on earlier ones: giving back, moving over, waking, living longer.

Pure, like the book. Given back means: to the very lots it was taken from, the last taken first, so
the book stands as if only the rest had been taken. Moved over means: lot by lot, each keeping the day
it was earned and the day it goes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from loyalty.ledger.book import Book, DayOf
from loyalty.ledger.rows import AllocationRow, EntryRow, LotState, Part, Purse, Stamp


class Share(NamedTuple):
    """What an entry took of one lot (``None``: left as debt), less what went back since."""

    lot_id: UUID | None
    amount: int


@dataclass(frozen=True, slots=True)
class Back:
    """Where something given back goes: to lots, and, of what was owed, into a new lot."""

    parts: tuple[Part, ...]
    rest: int


def unwind(shares: Sequence[Share], amount: int, lots: dict[UUID, LotState]) -> Back:
    """The last ``amount`` of what an entry took, latest share first.

    ``shares`` in the order they were taken. Asking for more than there is raises ``ValueError``.
    """
    parts: list[Part] = []
    rest, left = 0, amount
    for share in reversed(shares):
        part = min(left, share.amount)
        left -= part
        if part and share.lot_id is None:
            rest += part
        elif part and share.lot_id is not None:
            parts.append(Part(lots[share.lot_id], part))
    if left:
        raise ValueError(f"{left} more to give back than was taken")
    return Back(tuple(parts), rest)


def kept_by(back: Back, purse: Purse) -> Back:
    """What would go to lots of an account that was merged into this one is rest."""
    own = tuple(part for part in back.parts if part.lot.purse == purse)
    return Back(own, back.rest + sum(part.amount for part in back.parts if part.lot.purse != purse))


def give_back(
    book: Book,
    purse: Purse,
    back: Back,
    *,
    counter: str,
    stamp: Stamp,
    day_of: DayOf,
    reverses_id: UUID | None = None,
    until: datetime | None = None,
    rest_until: datetime | None = None,
    memo: str = "",
) -> EntryRow:
    """One entry that fills the lots again; debt is paid first.

    A lot whose deadline has passed lives until ``until`` where that is given and later, else what came
    back to it expires at once, effective when it came back. ``rest`` opens a lot that goes at
    ``rest_until``. Settle the purse first.
    """
    amount = back.rest + sum(part.amount for part in back.parts)
    entry = book.enter(purse, amount, counter=counter, stamp=stamp, reverses_id=reverses_id, memo=memo)
    if back.rest:
        book.open_lot(entry, back.rest, available_at=stamp.recorded_at, expires_at=rest_until, share=100)
    for lot, part in back.parts:
        book.allocations.append(AllocationRow(entry.id, lot.id, "restore", -part))
        lot.remaining += part
        book.touched[lot.id] = lot
        if lot.activated_at is None:
            book.holding(purse).pending += part
            continue
        book.make_available(lot, part)
    for lot, _part in back.parts:  # only now, or the balance of one that goes would lack what the next one got back
        if lot.activated_at is not None:
            _or_let_go(book, lot, stamp, until, day_of)
    return entry


def _or_let_go(book: Book, lot: LotState, stamp: Stamp, until: datetime | None, day_of: DayOf) -> None:
    if lot.expires_at is None or lot.expires_at > stamp.recorded_at:
        return
    if until is not None and until > stamp.recorded_at:
        extend(book, lot, until)
    elif lot.remaining:
        book.expire(lot, stamp.recorded_at, stamp.recorded_at, day_of)


def extend(book: Book, lot: LotState, until: datetime) -> None:
    """Lets a lot live until ``until`` where that is later; its first deadline is kept."""
    if lot.expires_at is None or until <= lot.expires_at:
        return
    if lot.born_expires_at is None:
        lot.born_expires_at = lot.expires_at
    lot.expires_at = until
    lot.is_stretched = True
    book.touched[lot.id] = lot


def keep_alive(book: Book, purse: Purse, until: datetime) -> None:
    """Lets every open lot of a purse live until ``until`` at least: the member was active."""
    for lot in book.lots.get(purse, ()):
        if lot.remaining and not lot.awaits:
            extend(book, lot, until)


def wake(book: Book, lot: LotState, *, at: datetime, expires_at: datetime | None) -> None:
    """What a lot waited for has come at ``at``: it can be spent from now on, until ``expires_at``."""
    if lot.activated_at is not None or not lot.awaits or not lot.remaining:
        return
    lot.available_at, lot.expires_at = at, expires_at
    lot.is_stretched = True
    book.touched[lot.id] = lot
    book.activate(lot)


def move_over(
    book: Book,
    giver: Purse,
    receiver: Purse,
    parts: Iterable[Part],
    *,
    stamp: Stamp,
    origin_id: int | None = None,
    memo: str = "",
) -> tuple[EntryRow, list[tuple[EntryRow, LotState]]]:
    """Moves parts of lots to another purse; returns the giver's entry, and the receiver's with their sources.

    Each new lot keeps the dates of its source, pending ones stay pending. What arrives pays the
    receiver's debt first. Settle both purses first.
    """
    parts = list(parts)
    entry = book.enter(giver, -sum(part.amount for part in parts), counter="transferred", stamp=stamp, memo=memo)
    arrived: list[tuple[EntryRow, LotState]] = []
    for lot, amount in parts:
        book.collect(entry, giver, amount, [lot])
        there = book.enter(receiver, amount, counter="transferred", stamp=stamp, memo=memo)
        book.open_lot(
            there,
            amount,
            available_at=lot.available_at,
            expires_at=lot.expires_at,
            earned_at=lot.earned_at,
            awaits=lot.awaits,
            origin_id=origin_id,
            share=0,
        )
        arrived.append((there, lot))
    return entry, arrived


def portions(lots: Iterable[LotState], amount: int) -> list[Part]:
    """The first ``amount`` of some lots in their order; fewer where there is less."""
    found: list[Part] = []
    for lot in lots:
        part = min(lot.remaining, amount)
        if part:
            found.append(Part(lot, part))
            amount -= part
    return found
