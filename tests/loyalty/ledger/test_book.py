"""The book alone, without a database: lots, debts and deadlines."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty import clock, ids
from loyalty.ledger import lifetimes
from loyalty.ledger.book import Book, EntryRow, LotState, NotEnough, Purse, Stamp

PURSE = Purse(1, 1)
START = datetime(2026, 1, 1, tzinfo=UTC)
FAR = datetime(2030, 1, 1, tzinfo=UTC)


def day_of(at: datetime) -> date:
    return at.date()


def stamp(at: datetime = START) -> Stamp:
    return Stamp(at, at.date(), at)


def give(book: Book, amount: int, *, at: datetime = START, expires: datetime | None = None) -> EntryRow:
    return book.credit(PURSE, amount, counter="issued", stamp=stamp(at), available_at=at, expires_at=expires)


def lot_of(book: Book, entry: EntryRow) -> LotState:
    return book.born[entry.id]


def test_spending_drains_the_lot_that_expires_first() -> None:
    """E37: lots A 100 exp 1 Jun (earned first), B 100 exp 1 Jan; spend 100: B 0, A 100."""
    book = Book()
    first = give(book, 100, expires=datetime(2027, 6, 1, tzinfo=UTC))
    second = give(book, 100, at=START + timedelta(days=1), expires=datetime(2027, 1, 1, tzinfo=UTC))

    book.debit(PURSE, 100, counter="redeemed", stamp=stamp())

    assert (lot_of(book, first).remaining, lot_of(book, second).remaining) == (100, 0)


def test_expiry_takes_what_is_left_once() -> None:
    """E38: lot 150, spent 50, expiry run twice: one entry -100; second run 0 entries."""
    book = Book()
    give(book, 150, expires=START + timedelta(days=30))
    book.debit(PURSE, 50, counter="redeemed", stamp=stamp())

    moves = [book.settle(PURSE, START + timedelta(days=40), day_of) for _ in range(2)]

    expired = [entry for entry in book.entries if entry.counter == "expired"]
    assert moves == [1, 0]
    assert [(entry.amount, entry.stamp.effective_at) for entry in expired] == [(-100, START + timedelta(days=30))]


def test_exactly_at_the_deadline_counts_as_expired() -> None:
    """C2: expiry exactly at the reference instant counts as expired."""
    book = Book()
    give(book, 10, expires=FAR)

    assert book.settle(PURSE, FAR - timedelta(microseconds=1), day_of) == 0
    assert book.settle(PURSE, FAR, day_of) == 1


def test_a_debit_beyond_the_balance_is_refused_and_changes_nothing() -> None:
    book = Book()
    give(book, 10)

    with pytest.raises(NotEnough) as refusal:
        book.debit(PURSE, 15, counter="redeemed", stamp=stamp())

    assert refusal.value.missing == 5
    assert book.holdings[PURSE].available == 10
    assert len(book.entries) == 1


@pytest.mark.parametrize(
    ("earned", "months", "last"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 1, 31), 0, date(2026, 1, 31)),
        (date(2026, 12, 31), 2, date(2027, 2, 28)),
    ],
)
def test_months_are_held_to_the_end_of_a_shorter_month(earned: date, months: int, last: date) -> None:
    """E35, E36: 31 Jan + 1 month is to 28 Feb 24:00 (2028: 29 Feb); 0 months is the earning day."""
    assert lifetimes.last_day("months", months, earned) == last


def test_the_last_day_ends_at_midnight_in_the_programmes_zone() -> None:
    """E35: "to 28 Feb 24:00" local is 16:00 UTC of that day in Shanghai."""
    assert clock.end_of_day(date(2026, 2, 28), "Asia/Shanghai") == datetime(2026, 2, 28, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("mode", "length", "earned", "last"),
    [
        ("days", 30, date(2026, 1, 31), date(2026, 3, 2)),
        ("month_end", 1, date(2026, 1, 31), date(2026, 2, 28)),
        ("quarter_end", 0, date(2026, 2, 10), date(2026, 3, 31)),
        ("quarter_end", 1, date(2026, 11, 10), date(2027, 3, 31)),
        ("year_end", 1, date(2026, 5, 5), date(2027, 12, 31)),
        ("never", 9, date(2026, 5, 5), None),
    ],
)
def test_fixed_ends_of_periods(mode: str, length: int, earned: date, last: date | None) -> None:
    assert lifetimes.last_day(mode, length, earned) == last


MOVES = st.lists(
    st.tuples(
        st.sampled_from(["give", "give_later", "take", "owe", "claw", "hold", "capture", "release", "wait"]),
        st.integers(min_value=1, max_value=200),
        st.integers(min_value=0, max_value=60),
    ),
    max_size=40,
)


@given(MOVES)
@settings(max_examples=200)
def test_whatever_happens_the_book_stays_right(moves: list[tuple[str, int, int]]) -> None:
    """I3, I4, I6, I7, I8, I9, I10, I12, I16 hold after every move; holds lapse by themselves."""
    book, now = Book(), START
    for deed, amount, days in moves:
        now += timedelta(hours=days)
        book.settle(PURSE, now, day_of)
        _do(book, deed, amount, now, days)
        check(book)


def _do(book: Book, deed: str, amount: int, now: datetime, days: int) -> None:
    when = stamp(now)
    if deed == "give":
        expires = now + timedelta(days=days) if days % 3 else None
        book.credit(PURSE, amount, counter="issued", stamp=when, available_at=now, expires_at=expires)
    elif deed == "give_later":
        later = now + timedelta(days=days)
        book.credit(PURSE, amount, counter="issued", stamp=when, available_at=later, expires_at=later)
    elif deed == "take" and book.holding(PURSE).available:
        book.debit(PURSE, min(amount, book.holding(PURSE).available), counter="redeemed", stamp=when)
    elif deed == "owe":
        book.debit(PURSE, amount, counter="clawed_back", stamp=when, may_owe=True)
    elif deed == "claw" and book.born:
        oldest: UUID = next(iter(book.born))
        book.claw(PURSE, oldest, amount, stamp=when, may_owe=bool(days % 2))
    elif deed == "hold" and book.holding(PURSE).available:
        most = min(amount, book.holding(PURSE).available)
        book.set_aside(PURSE, most, hold_id=ids.uuid7(), lapses_at=now + timedelta(hours=days + 1))
    elif deed == "capture" and book.holds:
        hold = next(iter(book.holds.values()))
        book.capture(hold.id, min(amount, hold.amount), counter="redeemed", stamp=when, day_of=day_of)
    elif deed == "release" and book.holds:
        book.release(next(iter(book.holds)), at=now, now=now, day_of=day_of)


def check(book: Book) -> None:
    """The invariants of one purse, straight from the rows that would be written."""
    holding, lots = book.holding(PURSE), book.lots[PURSE]
    assert min(holding.available, holding.pending, holding.held, holding.debt) >= 0
    assert not (holding.available and holding.debt)
    assert holding.net == sum(entry.amount for entry in book.entries)
    assert [entry.version for entry in book.entries] == list(range(1, len(book.entries) + 1))
    running = 0
    for entry in book.entries:
        running += entry.amount
        assert entry.balance_after == running
    assert holding.available == sum(lot.remaining for lot in lots if lot.activated_at)
    assert holding.pending == sum(lot.remaining for lot in lots if not lot.activated_at)
    parts = [part for hold in book.holds.values() for part in hold.parts]
    assert holding.held == sum(part.amount for part in parts)
    for lot in lots:
        away = sum(part.amount for part in parts if part.lot is lot)
        assert lot.amount - lot.remaining == away + sum(r.amount for r in book.allocations if r.lot_id == lot.id)
    assert len({end.hold_id for end in book.hold_ends}) == len(book.hold_ends)
    for entry in book.entries:
        given = sum(r.amount for r in book.allocations if r.entry_id == entry.id and r.kind != "repay")
        assert given == max(0, -entry.amount)
