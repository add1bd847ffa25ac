"""Loading a book from the tables and writing what moved, in a constant number of statements.

The only writer of entries, lots, allocations and balances. Callers are inside a transaction and
hold the accounts' locks (``accounts.lock``), so what was loaded is still true when it is written.
"""

from collections.abc import Callable, Collection, Iterable
from datetime import date, datetime
from uuid import UUID

from loyalty import bulk, clock
from loyalty.ledger.book import Book, EntryRow, Holding, LotState, Purse
from loyalty.models import Allocation, Balance, Entry, Lot, Programme

_BALANCE = ("account_id", "currency_id", "available", "pending", "held", "debt", "version")
_ALLOCATION = ("entry_id", "lot_id", "kind", "amount")
_LOT = (
    "id",
    "entry_id",
    "account_id",
    "currency_id",
    "amount",
    "remaining",
    "earned_at",
    "available_at",
    "activated_at",
    "expires_at",
)


def days_of(programme: Programme) -> Callable[[datetime], date]:
    """The programme's business day of an instant, as the book wants it."""
    return lambda at: clock.business_day(at, programme.timezone, programme.day_start_hour)


def load(account_ids: Collection[int], *, with_lots: Collection[int] = (), born_of: Iterable[UUID] = ()) -> Book:
    """The balances of some accounts; open lots of ``with_lots``; lots born of entries ``born_of``."""
    book = Book()
    for account, currency, *columns in Balance.objects.filter(account_id__in=account_ids).values_list(*_BALANCE):
        book.holdings[Purse(account, currency)] = Holding(*columns)
    if with_lots:
        book.take_in(_state(row) for row in Lot.objects.open().filter(account_id__in=with_lots).values_list(*_LOT))
    born = [entry_id for entry_id in born_of if entry_id not in book.born]
    if born:
        book.take_in(_state(row) for row in Lot.objects.filter(entry_id__in=born).values_list(*_LOT))
    return book


def _state(row: tuple[object, ...]) -> LotState:
    lot_id, entry_id, account_id, currency_id, *rest = row
    return LotState(lot_id, entry_id, Purse(account_id, currency_id), *rest)  # type: ignore[arg-type]  # as selected


def write(book: Book) -> None:
    """Writes every move made on the book since it was loaded."""
    bulk.insert(Entry, _ENTRY, [_entry(row) for row in book.entries])
    new = [lot for lot in book.touched.values() if lot.is_new]
    old = [lot for lot in book.touched.values() if not lot.is_new]
    bulk.insert(Lot, _LOT, [_lot(lot) for lot in new])
    bulk.update(Lot, ("id", "remaining", "activated_at"), [(lot.id, lot.remaining, lot.activated_at) for lot in old])
    bulk.insert(Allocation, _ALLOCATION, book.allocations)
    balances = [(*purse, *_balance(book.holdings[purse])) for purse in sorted(book.moved)]
    bulk.upsert(Balance, _BALANCE, balances, key=("account_id", "currency_id"))
    _settle(book)


def _settle(book: Book) -> None:
    """What was written is no longer new, so the same book can be moved on and written again."""
    for lot in book.touched.values():
        lot.is_new = False
    for pile in (book.entries, book.allocations, book.touched, book.moved):
        pile.clear()


_ENTRY = (
    "id",
    "account_id",
    "currency_id",
    "version",
    "counter",
    "amount",
    "balance_after",
    "effective_at",
    "effective_on",
    "recorded_at",
    "event_id",
    "rule_version_id",
    "reverses_id",
    "desired",
    "memo",
)


def _entry(row: EntryRow) -> tuple[object, ...]:
    return (*row[:7], *row.stamp, *row[8:])


def _lot(lot: LotState) -> tuple[object, ...]:
    return (
        lot.id,
        lot.entry_id,
        *lot.purse,
        lot.amount,
        lot.remaining,
        lot.earned_at,
        lot.available_at,
        lot.activated_at,
        lot.expires_at,
    )


def _balance(holding: Holding) -> tuple[int, ...]:
    return (holding.available, holding.pending, holding.held, holding.debt, holding.version)
