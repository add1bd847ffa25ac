"""Laws of lots: they back the balance, and everything that left one is told by an allocation or a hold."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, F, Q, When

from loyalty.bookkeeping import Breach
from loyalty.ledger.laws import weighing
from loyalty.ledger.laws.weighing import CUT, Scope, beneath, side, uneven, within
from loyalty.models import Allocation, Balance, Entry, Hold, Lot

STALLED = timedelta(hours=36)
_PURSE = ("account_id", "currency_id")
_KIND = Allocation.Kind
_GONE = (_KIND.DRAIN, _KIND.DEBT)


def back_balances(_now: datetime, accounts: Scope) -> Iterator[Breach]:
    """I9: what is left of lots in force is what is available; of the others, what is pending."""
    lots = within(Lot.objects.open(), accounts)
    rows = uneven(
        "available <> backed OR pending <> waiting",
        side(within(Balance.objects.all(), accounts), *_PURSE, available="available", pending="pending"),
        side(lots.filter(activated_at__isnull=False), *_PURSE, backed="remaining"),
        side(lots.filter(activated_at=None), *_PURSE, waiting="remaining"),
    )
    found = list(rows)
    named = weighing.purses((row[0], row[1]) for row in found)
    for account, currency, *figures in found:
        purse = named[account, currency]
        words = "available {}, pending {}, lots {}, waiting {}".format(*figures)
        yield Breach("I9", str(purse), words, account, purse.currency)


def are_explained(_now: datetime, accounts: Scope) -> Iterator[Breach]:
    """I10: allocations and open holds are all that has left a lot."""
    rows = uneven(
        "amount - remaining <> taken + kept",
        beneath(Entry, "lot", accounts, "id", amount="amount", remaining="remaining"),
        beneath(Entry, "allocations", accounts, "lot_id", where={"lot__isnull": False}, taken="amount"),
        beneath(Hold, "parts", accounts, "lot_id", where={"hold__state": Hold.State.HELD}, kept="amount"),
    )
    yield from _of_rows("I10", Lot, rows, "amount {}, left {}, allocated {}, held {}")


def in_range(_now: datetime, accounts: Scope) -> Iterator[Breach]:
    """I11: between nothing and all is left of a lot; its life was only ever made longer."""
    beyond = Q(remaining__lt=0) | Q(remaining__gt=F("amount"))
    shorter = Q(born_expires_at__isnull=False) & (Q(expires_at=None) | Q(expires_at__lt=F("born_expires_at")))
    columns = ("id", "account_id", "remaining", "amount", "expires_at", "born_expires_at")
    rows = within(Lot.objects.filter(beyond | shorter), accounts).order_by()
    for lot, account, remaining, amount, until, born in rows.values_list(*columns)[:CUT]:
        words = f"left {remaining}, amount {amount}"
        if born is not None:
            words += f", until {_minute(until)}, first {_minute(born)}"
        yield Breach("I11", str(lot), words, account)


def explain_entries(_now: datetime, accounts: Scope) -> Iterator[Breach]:
    """I12: a debit is drained from lots or owed; a credit is laid into its lot or given back to others."""
    rows = uneven(
        "debit <> allocated OR credit <> laid",
        side(
            within(Entry.objects.all(), accounts),
            "id",
            debit=Case(When(amount__lt=0, then=-F("amount")), default=0),
            allocated=0,
            credit=Case(When(amount__gt=0, then="amount"), default=0),
            laid=0,
        ),
        beneath(Entry, "lot", accounts, "entry_id", laid="amount"),
        beneath(Entry, "allocations", accounts, "entry_id", where={"kind__in": _GONE}, allocated="amount"),
        beneath(Entry, "allocations", accounts, "entry_id", where={"kind": _KIND.RESTORE}, laid="-amount"),
    )
    yield from _of_rows("I12", Entry, rows, "debit {}, allocated {}, credit {}, laid {}")


def do_not_stall(now: datetime, accounts: Scope) -> Iterator[Breach]:
    """I13: what should have expired, begun or lapsed did so within 36 hours. Held points are not left in lots.

    A lot that came in late, with an old order, has 36 hours from then.
    """
    late = now - STALLED
    due = Q(expires_at__lt=late) | Q(activated_at=None, available_at__lt=late)
    lots = within(Lot.objects.open().filter(due, entry__recorded_at__lt=late), accounts).order_by()
    columns = ("id", "account_id", "remaining", "expires_at", "available_at")
    for lot, account, left, expires, begins in lots.values_list(*columns)[:CUT]:
        since = expires if expires is not None and expires < late else begins
        yield Breach("I13", str(lot), f"left {left}, since {_minute(since)}", account)
    open_ = within(Hold.objects.filter(state=Hold.State.HELD, lapses_at__lt=late), accounts).order_by()
    for hold, account, amount, lapses in open_.values_list("id", "account_id", "amount", "lapses_at")[:CUT]:
        yield Breach("I13", str(hold), f"held {amount}, since {_minute(lapses)}", account)


def _of_rows(
    code: str, model: type[Entry] | type[Lot], rows: Iterator[tuple[Any, ...]], words: str
) -> Iterator[Breach]:
    found = list(rows)
    owner = weighing.owners(model, (row[0] for row in found))
    for key, *figures in found:
        yield Breach(code, str(key), words.format(*figures), owner[key].account_id if key in owner else None)


def _minute(at: datetime | None) -> str:
    return f"{at:%Y-%m-%dT%H:%MZ}" if at else "never"
