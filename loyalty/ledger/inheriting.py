"""What goes over from one account to another when two are made one, and what comes back of it.

Lots go over one by one, pending and waiting ones too. Debt goes over as a pair of entries: the
duplicate is forgiven by one, the survivor owes by the other; no transfer names them, so the merge's
record does. Callers hold both locks. Used by ``merging`` alone.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from loyalty import accounts, programme
from loyalty.ledger import lifetimes, moving
from loyalty.ledger.handing import Hands
from loyalty.ledger.moving import Share
from loyalty.ledger.rows import LotState, Part, Purse
from loyalty.models import Allocation, Entry, Merge, Transfer, TransferPart

COUNTER = Entry.Counter.TRANSFERRED
Births = Mapping[UUID, tuple[UUID | None, int | None]]


def give_lots(hands: Hands, row: Merge) -> list[str]:
    """Moves every open lot of the duplicate; returns the transfers' ids."""
    purses = sorted(purse for purse in hands.book.lots if purse.account_id == row.duplicate_id)
    made: list[Transfer] = []
    for purse in purses:
        lots = [lot for lot in hands.book.lots[purse] if lot.remaining]
        made += _carry(hands, lots, f"merge:{row.pk}", row.duplicate_id, row.survivor_id)
    return [each.pk.hex for each in made]


def return_lots(hands: Hands, row: Merge) -> dict[str, int]:
    """Moves back what is unspent of the lots that went over; returns what is missing, by currency."""
    transfers = Transfer.objects.filter(pk__in=row.record["transfers"])
    missing: dict[int, int] = {}
    for currency_id, amount in transfers.values_list("currency_id", "amount"):
        missing[currency_id] = missing.get(currency_id, 0) + amount
    arrived = set(TransferPart.objects.filter(transfer__in=transfers).values_list("entry_id", flat=True))
    for currency_id in sorted(missing):
        lots = hands.book.lots.get(Purse(row.survivor_id, currency_id), [])
        own = [lot for lot in lots if lot.remaining and lot.entry_id in arrived]
        for back in _carry(hands, own, f"unmerge:{row.pk}", row.survivor_id, row.duplicate_id):
            missing[currency_id] -= back.amount
    codes = {unit.pk: unit.code for unit in accounts.currencies().values()}
    return {codes[currency_id]: points for currency_id, points in sorted(missing.items()) if points}


def _carry(hands: Hands, lots: Sequence[LotState], key: str, giver_id: int, receiver_id: int) -> list[Transfer]:
    """One transfer of all lots, and one for each that waits for an event, which is found by its birth."""
    lots = sorted(lots, key=LotState.spending_order)
    births = _births(lots)
    piles = [(f"{key}:{lot.purse.currency_id}:{lot.id.hex}", [lot]) for lot in lots if lot.entry_id in births]
    if plain := [lot for lot in lots if lot.entry_id not in births]:
        piles.append((f"{key}:{plain[0].purse.currency_id}", plain))
    made = []
    for name, pile in piles:
        wanted = Transfer(
            key=name,
            kind=Transfer.Kind.MERGE,
            giver_id=giver_id,
            receiver_id=receiver_id,
            currency_id=pile[0].purse.currency_id,
        )
        event_id, version_id = births.get(pile[0].entry_id, (None, None))
        stamp = hands.stamp._replace(event_id=event_id, rule_version_id=version_id)
        made.append(hands.carry(wanted, [Part(lot, lot.remaining) for lot in pile], stamp=stamp))
    return made


def _births(lots: Sequence[LotState]) -> Births:
    """Event and rule of lots that still wait for an event."""
    waiting = [lot.entry_id for lot in lots if lot.awaits and lot.activated_at is None]
    rows = Entry.objects.filter(pk__in=waiting).values_list("pk", "event_id", "rule_version_id")
    return {entry_id: (event_id, version_id) for entry_id, event_id, version_id in rows}


def give_debts(hands: Hands, row: Merge) -> list[dict[str, Any]]:
    """Lets the survivor owe what the duplicate owes, paid at once from what is there; returns the entries."""
    book, kept = hands.book, []
    for purse in sorted(purse for purse in book.holdings if purse.account_id == row.duplicate_id):
        due, deferred = book.holding(purse).debt, book.holding(purse).deferred
        if not due + deferred:
            continue
        given = book.enter(purse, due + deferred, counter=COUNTER, stamp=hands.stamp)
        book.open_lot(given, due + deferred, available_at=hands.now, expires_at=None, share=100)
        other = Purse(row.survivor_id, purse.currency_id)
        taken = book.enter(other, -due - deferred, counter=COUNTER, stamp=hands.stamp)
        book.collect(taken, other, due, book.spendable(other))
        by_instalments = book.recoup.get(purse.currency_id, 100) < 100
        book.collect(taken, other, deferred, [] if by_instalments else book.spendable(other))
        kept.append({"currency": purse.currency_id, "entries": [given.id.hex, taken.id.hex]})
    return kept


def drained(row: Merge) -> list[UUID]:
    """The entries whose lots paid the duplicate's debt, so that the book can load them."""
    rows = Allocation.objects.filter(entry_id__in=_takers(row), lot__isnull=False)
    return list(rows.values_list("lot__entry_id", flat=True))


def return_debts(hands: Hands, row: Merge) -> list[dict[str, Any]]:
    """Gives the survivor back what it paid of the duplicate's debt, which the duplicate owes again."""
    book, kept = hands.book, []
    lots = {lot.id: lot for lot in book.born.values()}
    units = {unit.pk: unit for unit in accounts.currencies().values()}
    shares: dict[UUID, list[Share]] = {}
    rows = Allocation.objects.filter(entry_id__in=_takers(row)).order_by("id")
    for entry_id, lot_id, amount in rows.values_list("entry_id", "lot_id", "amount"):
        shares.setdefault(entry_id, []).append(Share(lot_id, amount))
    for debt in row.record["debts"]:
        taken = UUID(debt["entries"][1])
        amount = sum(share.amount for share in shares[taken])
        survivor, duplicate = (Purse(each, debt["currency"]) for each in (row.survivor_id, row.duplicate_id))
        _from, until = lifetimes.span(units[debt["currency"]], programme.current(), hands.now)
        back = moving.give_back(
            book,
            survivor,
            moving.unwind(shares[taken], amount, lots),
            counter=COUNTER,
            stamp=hands.stamp,
            day_of=hands.day_of,
            reverses_id=taken,
            rest_until=until,
        )
        owed = book.enter(duplicate, -amount, counter=COUNTER, stamp=hands.stamp)
        book.collect(owed, duplicate, amount, [])
        kept.append({"currency": debt["currency"], "entries": [back.id.hex, owed.id.hex]})
    return kept


def _takers(row: Merge) -> list[UUID]:
    return [UUID(debt["entries"][1]) for debt in row.record["debts"]]
