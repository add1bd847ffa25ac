"""C2, the ledger half: lots replayed, taken back and expired as Sylius' own tests have them."""

from datetime import UTC, datetime, timedelta

import pytest

from loyalty.ledger.book import Book, Purse, Stamp

PURSE = Purse(1, 1)
NOW = datetime(2026, 1, 10, tzinfo=UTC)
WHEN = Stamp(NOW, NOW.date(), NOW)


def give(book: Book, amount: int, expires: datetime | None = None) -> None:
    book.credit(PURSE, amount, counter="issued", stamp=WHEN, available_at=NOW, expires_at=expires)


def left(book: Book) -> list[int]:
    return [lot.remaining for lot in book.lots[PURSE] if lot.remaining]


def test_spending_crosses_lots_in_order_of_expiry() -> None:
    """C2: lots 50 (exp Jan) + 50 (exp Feb), spend 70: 30 left in Feb."""
    book = Book()
    give(book, 50, datetime(2026, 1, 31, tzinfo=UTC))
    give(book, 50, datetime(2026, 2, 28, tzinfo=UTC))

    book.debit(PURSE, 70, counter="redeemed", stamp=WHEN)

    assert [(lot.remaining, lot.expires_at and lot.expires_at.month) for lot in book.lots[PURSE]] == [(0, 1), (30, 2)]


def test_a_debit_beyond_the_lots_is_paid_by_the_next_credit() -> None:
    """C2: credit 50, debit 80, credit 100: balance 70, one open lot of 70."""
    book = Book()
    give(book, 50)
    book.debit(PURSE, 80, counter="redeemed", stamp=WHEN, may_owe=True)
    give(book, 100)

    assert (book.holdings[PURSE].net, left(book)) == (70, [70])


@pytest.mark.parametrize(("may_owe", "taken", "net"), [(False, -50, 0), (True, -150, -100)])
def test_clawback_is_clamped_or_goes_below_zero(may_owe: bool, taken: int, net: int) -> None:
    """C2: earn 150, spend 100, clawback: clamp -50 → 0; negative -150 → -100."""
    book = Book()
    give(book, 150)
    book.debit(PURSE, 100, counter="redeemed", stamp=WHEN)

    entry, uncollected = book.claw(PURSE, book.entries[0].id, 150, stamp=WHEN, may_owe=may_owe)

    assert entry is not None
    assert (entry.amount, book.holdings[PURSE].net, uncollected) == (taken, net, 150 + taken)


@pytest.mark.parametrize(
    ("until", "due"),
    [(datetime(2026, 3, 1, tzinfo=UTC), 100), (datetime(2026, 7, 1, tzinfo=UTC), 300)],
)
def test_what_expires_by_a_day(until: datetime, due: int) -> None:
    """C2: expiring ≤ 1 Mar of {100@1 Feb, 200@1 Jun, 50 none} = 100; ≤ 1 Jul = 300."""
    book = Book()
    give(book, 100, datetime(2026, 2, 1, tzinfo=UTC))
    give(book, 200, datetime(2026, 6, 1, tzinfo=UTC))
    give(book, 50)

    book.settle(PURSE, until, lambda at: (at + timedelta(0)).date())

    assert -sum(entry.amount for entry in book.entries if entry.counter == "expired") == due
