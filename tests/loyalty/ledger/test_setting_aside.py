"""Setting points aside in the book alone: to which lots they go back, and when it is too late for them."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from loyalty import ids
from loyalty.ledger.book import Book, NotEnough
from tests.loyalty.ledger.test_book import PURSE, START, check, day_of, give, lot_of, stamp

MIDNIGHT = datetime(2026, 1, 31, 16, tzinfo=UTC)
BEFORE, AFTER = MIDNIGHT - timedelta(minutes=5), MIDNIGHT + timedelta(minutes=5)
QUARTER = timedelta(minutes=15)


def aside(book: Book, amount: int, *, at: datetime = BEFORE) -> UUID:
    return book.set_aside(PURSE, amount, hold_id=ids.uuid7(), lapses_at=at + QUARTER).id


def test_what_is_set_aside_comes_from_the_lots_that_expire_first_and_is_no_entry() -> None:
    book = Book()
    last, first = give(book, 100), give(book, 30, expires=MIDNIGHT)

    hold = book.holds[aside(book, 50)]

    assert [(part.lot, part.amount) for part in hold.parts] == [(lot_of(book, first), 30), (lot_of(book, last), 20)]
    assert (book.holding(PURSE).available, book.holding(PURSE).held, len(book.entries)) == (80, 50, 2)
    check(book)


def test_more_than_is_available_cannot_be_set_aside() -> None:
    book = Book()
    give(book, 10)
    aside(book, 8)

    with pytest.raises(NotEnough) as refusal:
        aside(book, 5)

    assert (refusal.value.missing, book.holding(PURSE).held) == (3, 8)


def test_capturing_a_part_gives_the_rest_back_to_the_same_lots() -> None:
    book = Book()
    first, last = give(book, 30, expires=MIDNIGHT), give(book, 100)
    hold = aside(book, 50)

    entry = book.capture(hold, 40, counter="redeemed", stamp=stamp(BEFORE), day_of=day_of)

    assert (entry.amount, entry.balance_after) == (-40, 90)
    assert (lot_of(book, first).remaining, lot_of(book, last).remaining) == (0, 90)
    assert [row.amount for row in book.allocations if row.entry_id == entry.id] == [30, 10]
    check(book)


def test_points_set_aside_before_midnight_can_be_captured_after_it() -> None:
    """E40, first half: hold on an expiring lot placed 23:55; capture 00:05 succeeds."""
    book = Book()
    give(book, 30, expires=MIDNIGHT)
    hold = aside(book, 30)
    book.settle(PURSE, AFTER, day_of)

    entry = book.capture(hold, 30, counter="redeemed", stamp=stamp(AFTER), day_of=day_of)

    assert (entry.amount, book.holding(PURSE).net) == (-30, 0)
    assert [row.counter for row in book.entries] == ["issued", "redeemed"]
    check(book)


def test_points_released_after_their_deadline_expire_at_once() -> None:
    """E40, second half: release 00:05 expires them at once, dated at the release."""
    book = Book()
    give(book, 30, expires=MIDNIGHT)
    hold = aside(book, 30)
    book.settle(PURSE, AFTER, day_of)

    book.release(hold, at=AFTER, now=AFTER, day_of=day_of)

    expired = book.entries[-1]
    assert (expired.counter, expired.amount, expired.stamp.effective_at) == ("expired", -30, AFTER)
    assert book.holding(PURSE).net == 0
    check(book)


def test_what_a_late_capture_leaves_of_a_lapsed_lot_expires_too() -> None:
    """E40: the rest of a partial capture is given back, and is too late."""
    book = Book()
    give(book, 30, expires=MIDNIGHT)
    hold = aside(book, 30)
    book.settle(PURSE, AFTER, day_of)

    book.capture(hold, 10, counter="redeemed", stamp=stamp(AFTER), day_of=day_of)

    assert [(row.counter, row.amount) for row in book.entries[1:]] == [("redeemed", -10), ("expired", -20)]
    check(book)


def test_a_hold_lapses_by_itself_before_its_lot_expires() -> None:
    """Found days later, both are dated at their own time: first the lapse, then the expiry."""
    book = Book()
    give(book, 30, expires=MIDNIGHT)
    hold = aside(book, 30, at=START)

    moves = book.settle(PURSE, MIDNIGHT + timedelta(days=3), day_of)

    [end] = book.hold_ends
    assert moves == 2
    assert (end.hold_id, end.state, end.at) == (hold, "lapsed", START + QUARTER)
    assert (book.entries[-1].amount, book.entries[-1].stamp.effective_at) == (-30, MIDNIGHT)
    check(book)


def test_a_hold_that_lapses_after_its_lot_lets_it_expire_at_the_lapse() -> None:
    book = Book()
    give(book, 30, expires=MIDNIGHT)
    aside(book, 30)

    book.settle(PURSE, MIDNIGHT + timedelta(days=3), day_of)

    assert book.entries[-1].stamp.effective_at == BEFORE + QUARTER
    check(book)


def test_exactly_at_its_end_a_hold_has_lapsed() -> None:
    book = Book()
    give(book, 30)
    aside(book, 30, at=START)

    assert book.settle(PURSE, START + QUARTER - timedelta(microseconds=1), day_of) == 0
    assert book.settle(PURSE, START + QUARTER, day_of) == 1


def test_points_that_come_back_pay_a_debt_first() -> None:
    """I7: a refund meanwhile took the order's points back and found them set aside."""
    book = Book()
    earned = give(book, 100)
    hold = aside(book, 100)
    book.claw(PURSE, earned.id, 60, stamp=stamp(BEFORE), may_owe=True)

    book.release(hold, at=AFTER, now=AFTER, day_of=day_of)

    holding = book.holding(PURSE)
    assert (holding.available, holding.held, holding.debt) == (40, 0, 0)
    check(book)
