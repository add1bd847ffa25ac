"""Loading a book from the tables and writing what moved, in a constant number of statements.

The only writer of entries, lots, allocations and balances, and of how holds end. Callers are inside a
transaction and hold the accounts' locks (``accounts.lock``), so what was loaded is still true when
it is written.
"""

from collections.abc import Callable, Collection, Iterable
from datetime import date, datetime
from uuid import UUID

from django.db.models import F

from loyalty import bulk
from loyalty.asking import Question
from loyalty.errors import Conflict
from loyalty.ledger.book import Book
from loyalty.ledger.rows import EntryRow, HoldEnd, Holding, HoldState, LotState, Part, Purse
from loyalty.models import Allocation, Balance, Currency, Entry, Hold, HoldPart, Lot, Programme

_BALANCE = ("account_id", "currency_id", "available", "pending", "held", "debt", "deferred", "version")
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
    "born_expires_at",
    "awaits",
    "origin_id",
)
_DATES = ("id", "available_at", "expires_at", "born_expires_at")


_BALANCES = Question(
    lambda account_ids: Balance.objects.filter(bulk.among("account_id", account_ids)).values_list(*_BALANCE)
)


def days_of(programme: Programme) -> Callable[[datetime], date]:
    """The programme's business day of an instant, as the book wants it."""
    return programme.day_of


def load(account_ids: Collection[int], *, with_lots: Collection[int] = (), born_of: Iterable[UUID] = ()) -> Book:
    """The balances of some accounts; open lots and holds of ``with_lots``; lots born of entries ``born_of``.

    One query more where something is held, and one where somebody owes by instalments.
    """
    book = Book()
    for account, currency, *columns in _BALANCES(account_ids):
        book.holdings[Purse(account, currency)] = Holding(*columns)
    if any(holding.deferred for holding in book.holdings.values()):
        book.recoup = shares(Currency.objects.all())
    if with_lots:
        book.take_in(_state(row) for row in Lot.objects.open().filter(account_id__in=with_lots).values_list(*_LOT))
        _load_holds(book, with_lots)
    born = [entry_id for entry_id in born_of if entry_id not in book.born]
    if born:
        book.take_in(_state(row) for row in Lot.objects.filter(entry_id__in=born).values_list(*_LOT))
    return book


def shares(units: Iterable[Currency]) -> dict[int, int]:
    """The currencies whose debt is paid by instalments: id → percent of what comes in."""
    return {unit.pk: unit.recoup_percent for unit in units if unit.recoup_percent < 100}


def _load_holds(book: Book, account_ids: Collection[int]) -> None:
    """Open holds with their parts, in the order they were set aside, and the lots they drained."""
    holders = {purse.account_id for purse, holding in book.holdings.items() if holding.held} & set(account_ids)
    if not holders:
        return
    parts = HoldPart.objects.filter(hold__state=Hold.State.HELD, hold__account_id__in=holders).order_by("id")
    columns = ("hold_id", "hold__lapses_at", "amount", *(f"lot__{name}" for name in _LOT))
    for hold_id, lapses_at, amount, *columns_of_lot in parts.values_list(*columns):
        lot = _state(tuple(columns_of_lot))
        if lot.entry_id not in book.born:
            book.take_in([lot])
        hold = book.holds.setdefault(hold_id, HoldState(hold_id, lot.purse, lapses_at))
        hold.parts.append(Part(book.born[lot.entry_id], amount))


def lots(lot_ids: Collection[UUID]) -> list[LotState]:
    """These lots, whatever is left of them. One query, none for no ids."""
    if not lot_ids:
        return []
    return [_state(row) for row in Lot.objects.filter(id__in=lot_ids).values_list(*_LOT)]


def _state(row: tuple[object, ...]) -> LotState:
    lot_id, entry_id, account_id, currency_id, *rest = row
    return LotState(lot_id, entry_id, Purse(account_id, currency_id), *rest)  # type: ignore[arg-type]  # as selected


def write(book: Book) -> None:
    """Writes every move made on the book since it was loaded."""
    bulk.insert(Entry, _ENTRY, [_entry(row) for row in book.entries])
    new = [lot for lot in book.touched.values() if lot.is_new]
    old = [lot for lot in book.touched.values() if not lot.is_new]
    bulk.insert(Lot, _LOT, [_lot(lot) for lot in new])
    stretched = [lot for lot in old if lot.is_stretched]  # before they wake: then dates are fixed
    bulk.update(Lot, _DATES, [(o.id, o.available_at, o.expires_at, o.born_expires_at) for o in stretched])
    bulk.update(Lot, ("id", "remaining", "activated_at"), [(lot.id, lot.remaining, lot.activated_at) for lot in old])
    bulk.insert(Allocation, _ALLOCATION, book.allocations)
    balances = [(*purse, *_balance(book.holdings[purse])) for purse in sorted(book.moved)]
    bulk.upsert(Balance, _BALANCE, balances, key=("account_id", "currency_id"))
    _end_holds(book.hold_ends)
    _settle(book)


def _end_holds(ends: Collection[HoldEnd]) -> None:
    """Each hold ends once: an update that does not find it held undoes the whole deed."""
    lapsed = [end.hold_id for end in ends if end.state == Hold.State.LAPSED]
    if lapsed:
        ended = Hold.objects.filter(pk__in=lapsed, state=Hold.State.HELD)
        _must_be(ended.update(state=Hold.State.LAPSED, ended_at=F("lapses_at")), len(lapsed))
    for end in ends:
        if end.state != Hold.State.LAPSED:
            held = Hold.objects.filter(pk=end.hold_id, state=Hold.State.HELD)
            columns = {"state": end.state, "ended_at": end.at, "captured": end.captured, "entry_id": end.entry_id}
            _must_be(held.update(**columns), 1)


def _must_be(found: int, wanted: int) -> None:
    if found != wanted:
        raise Conflict


def _settle(book: Book) -> None:
    """What was written is no longer new, so the same book can be moved on and written again."""
    for lot in book.touched.values():
        lot.is_new = lot.is_stretched = False
    for pile in (book.entries, book.allocations, book.touched, book.moved, book.hold_ends):
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
        lot.born_expires_at,
        lot.awaits,
        lot.origin_id,
    )


def _balance(holding: Holding) -> tuple[int, ...]:
    return (holding.available, holding.pending, holding.held, holding.debt, holding.deferred, holding.version)
