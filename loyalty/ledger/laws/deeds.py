"""Laws of deeds: events, refunds, holds and adjustments left in the books what they were allowed to."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q
from django.db.models.functions import Abs

from loyalty.bookkeeping import Breach
from loyalty.ledger.laws import weighing
from loyalty.ledger.laws.weighing import CUT, Scope, beneath, side, uneven, within
from loyalty.models import AdjustmentFile, AdjustmentLine, Approval, Entry, Event, Hold, Order, Threshold

CHUNK = 500


def keys_are_unique(_now: datetime, _accounts: Scope) -> Iterator[Breach]:
    """I14: each business key is there once, and none is empty."""
    rows = Event.objects.order_by().values("key").annotate(times=Count("id")).filter(Q(times__gt=1) | Q(key=""))
    for key, times in rows.values_list("key", "times")[:CUT]:
        yield Breach("I14", key, f"events {times}")


def reversals_fit(_now: datetime, accounts: Scope) -> Iterator[Breach]:
    """I15: no more is taken back (or given back) of an entry than it moved."""
    entries = within(Entry.objects.all(), accounts)
    rows = uneven(
        "(moved > 0 AND moved + back < 0) OR (moved < 0 AND moved + back > 0)",
        side(entries, "id", moved="amount"),
        side(entries.filter(reverses__isnull=False), "reverses_id", back="amount"),
    )
    found = list(rows)
    owner = weighing.owners(Entry, (row[0] for row in found))
    for entry, moved, back in found:
        purse = owner[entry]
        yield Breach("I15", str(entry), f"moved {moved}, back {back}", purse.account_id, purse.currency, -moved - back)


def orders_fit(_now: datetime, accounts: Scope) -> Iterator[Breach]:
    """I15: an order asks back no more of an entry than it gave."""
    orders = within(Order.objects.exclude(clawed={}), accounts).order_by()
    rows = orders.values_list("id", "external_id", "account_id", "clawed").iterator(chunk_size=CHUNK)
    while chunk := list(islice(rows, CHUNK)):
        yield from _asked_too_much(chunk)


def _asked_too_much(orders: Sequence[tuple[UUID, str, int | None, dict[str, int]]]) -> Iterator[Breach]:
    ids = {UUID(key) for *_, clawed in orders for key in clawed}
    gave = dict(Entry.objects.filter(pk__in=ids).values_list("id", "amount"))
    for order, name, account, clawed in orders:
        for key, asked in clawed.items():
            given = gave.get(UUID(key), 0)
            if not 0 <= asked <= given:
                yield Breach("I15", f"{order} {key}"[:120], f"order {name}, asked {asked}, given {given}", account)


def holds_end_once(_now: datetime, accounts: Scope) -> Iterator[Breach]:
    """I16: a captured hold has its entry of just that amount, any other has none."""
    agreed = Q(entry__amount=-F("captured"), entry__account=F("account"), entry__currency=F("currency"))
    captured = Q(state=Hold.State.CAPTURED, captured__gt=0, entry__counter=Entry.Counter.REDEEMED) & agreed
    otherwise = ~Q(state=Hold.State.CAPTURED) & Q(captured=0, entry=None)
    rows = within(Hold.objects.exclude(captured | otherwise), accounts).order_by()
    columns = ("id", "state", "captured", "entry__amount", "account_id", "entry__account_id", "currency__code")
    for hold, state, taken, moved, account, payer, unit in rows.values_list(*columns)[:CUT]:
        is_its_own = moved is not None and moved < 0 and payer == account
        mends = -taken - moved if is_its_own else 0  # too much or too little was taken
        words = f"state {state}, captured {taken}, entry {moved if moved is not None else 'none'}"
        yield Breach("I16", str(hold), words, account, unit, mends)


def captures_take_what_was_held(_now: datetime, accounts: Scope) -> Iterator[Breach]:
    """I16: a capture takes of each lot no more than its hold set aside of it."""
    rows = uneven(
        "taken > aside",
        beneath(
            Entry,
            "allocations",
            accounts,
            "entry__hold",
            "lot_id",
            where={"entry__hold__isnull": False},
            taken="amount",
        ),
        beneath(Hold, "parts", accounts, "hold_id", "lot_id", aside="amount"),
    )
    found = list(rows)
    owner = weighing.owners(Hold, (row[0] for row in found))
    for hold, lot, amount, aside in found:
        yield Breach("I16", f"{hold} {lot}", f"taken {amount}, held {aside}", owner[hold].account_id)


def adjustments_are_agreed(_now: datetime, accounts: Scope) -> Iterator[Breach]:
    """I21: an adjustment that no event caused, or expired points given back, fulfil a wish or a line of a file."""
    given_back = Q(counter=Entry.Counter.EXPIRED, amount__gt=0)
    adjusted = Entry.objects.filter(Q(counter=Entry.Counter.ADJUSTED, event=None) | given_back)
    wishes = Approval.objects.filter(entry__isnull=False)
    lines = AdjustmentLine.objects.filter(entry__isnull=False)
    rows = uneven(
        "made > agreed",
        side(within(adjusted, accounts), "id", amount="amount", made=1),
        side(within(wishes, accounts), "entry_id", agreed=1),
        side(within(lines, accounts), "entry_id", agreed=1),
    )
    found = list(rows)
    owner = weighing.owners(Entry, (row[0] for row in found))
    for entry, amount, *_ in found:
        purse = owner[entry]
        yield Breach("I21", str(entry), f"amount {amount}, agreed 0", purse.account_id, purse.currency, -amount)


def wishes_are_fulfilled_as_agreed(_now: datetime, accounts: Scope) -> Iterator[Breach]:
    """I21: what was agreed was done, just so and not before, and nothing else was."""
    by_hand = Q(entry__counter=Entry.Counter.ADJUSTED) | Q(entry__reverses__counter=Entry.Counter.EXPIRED)
    done = Q(by_hand, state=Approval.State.APPROVED, entry__isnull=False, **_as_agreed()) & ~Q(reason="")
    undone = Q(entry=None) & (~Q(state=Approval.State.APPROVED) | Q(deed=Threshold.Deed.BULK))
    rows = within(Approval.objects.exclude(done | undone), accounts).order_by()
    columns = ("id", "state", "amount", "entry__amount", "account_id")
    for wish, state, amount, moved, account in rows.values_list(*columns)[:CUT]:
        words = f"state {state}, amount {amount}, entry {moved if moved is not None else 'none'}"
        yield Breach("I21", f"wish {wish}", words, account)


def lines_are_fulfilled_as_agreed(_now: datetime, accounts: Scope) -> Iterator[Breach]:
    """I21: a line of a file moved what it says, once the file was agreed to."""
    wish = {"file__approval__state": Approval.State.APPROVED, "file__approval__decided_at__isnull": False}
    wish["entry__counter"] = Entry.Counter.ADJUSTED
    just_so = _as_agreed(decided="file__approval__decided_at") | wish
    rows = within(AdjustmentLine.objects.filter(entry__isnull=False).exclude(**just_so), accounts).order_by()
    for line, amount, moved, account in rows.values_list("id", "amount", "entry__amount", "account_id")[:CUT]:
        yield Breach("I21", f"line {line}", f"amount {amount}, entry {moved}", account)


def files_hold_what_was_agreed(_now: datetime, accounts: Scope) -> Iterator[Breach]:
    """I21: the lines of a file add up to what its wish says."""
    files, lines = AdjustmentFile.objects.all(), AdjustmentLine.objects.all()
    if accounts is not None:
        touched = within(lines, accounts).values("file_id")
        files, lines = files.filter(pk__in=touched), lines.filter(file_id__in=touched)
    sides = side(files, "id", agreed=F("approval__amount")), side(lines, "file_id", listed=Abs("amount"))
    for file, agreed, listed in uneven("agreed <> listed", *sides):
        yield Breach("I21", f"file {file}", f"agreed {agreed}, lines {listed}")


def returns_are_as_agreed(_now: datetime, accounts: Scope) -> Iterator[Breach]:
    """I21: expired points were given back of the very expiry that the wish names."""
    is_return = Q(terms__has_key="reinstates") | Q(entry__counter=Entry.Counter.EXPIRED)
    wishes = within(Approval.objects.filter(is_return, entry__isnull=False), accounts)
    columns = ("id", "terms", "entry__reverses_id", "account_id")
    for wish, terms, expiry, account in wishes.order_by().values_list(*columns).iterator(chunk_size=CHUNK):
        named = terms.get("reinstates")
        if named != str(expiry):
            yield Breach("I21", f"return {wish}", f"agreed {named}, reversed {expiry}", account)


def _as_agreed(decided: str = "decided_at") -> dict[str, Any]:
    """The entry is of that account and amount, and no older than the decision."""
    return {
        "entry__account": F("account"),
        "entry__amount": F("amount"),
        "entry__recorded_at__gte": F(decided),
        f"{decided}__isnull": False,
    }


def nobody_goes_alone(_now: datetime, accounts: Scope) -> Iterator[Breach]:
    """I21: what nobody else decided lay within its asker's own limit."""
    alone = within(Approval.objects.filter(state=Approval.State.APPROVED, decided_by=None), accounts)
    columns = ("id", "amount", "terms", "asked_by_id", "account_id")
    for wish, amount, terms, asker, account in alone.order_by().values_list(*columns).iterator(chunk_size=CHUNK):
        limit = terms.get("limit", 0)
        if asker is None or abs(amount) > limit:
            yield Breach("I21", f"alone {wish}", f"amount {amount}, limit {limit}, people 1", account)
