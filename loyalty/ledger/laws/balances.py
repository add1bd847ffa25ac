"""Laws of balances and entries: what is stored is what happened, and happened in order."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Case, F, Q, When, Window
from django.db.models.functions import Coalesce, Lag, RowNumber

from loyalty.bookkeeping import Breach
from loyalty.ledger.laws import weighing
from loyalty.ledger.laws.weighing import CUT, Scope, beneath, side, uneven, within
from loyalty.models import Allocation, Balance, Entry, Hold
from loyalty.models.accounts import NET
from loyalty.models.ledger import LIMIT

COUNTERS = [str(counter) for counter in Entry.Counter.values]
_PURSE = ("account_id", "currency_id")


def match_entries(_now: datetime, accounts: Scope) -> Iterator[Breach]:
    """I3: the stored balance is the sum of the entries, its version their number."""
    rows = uneven(
        "known <> posted OR version <> entries",
        side(within(Balance.objects.all(), accounts), *_PURSE, known=NET, version="version"),
        side(within(Entry.objects.all(), accounts), *_PURSE, posted="amount", entries=1),
    )
    found = list(rows)
    named = weighing.purses((row[0], row[1]) for row in found)
    for account, currency, known, version, posted, entries in found:
        words = f"balance {known}, entries {posted}"
        if version != entries:
            words += f", version {version}, number {entries}"
        yield Breach("I3", str(named[account, currency]), words, account, named[account, currency].currency)


def chain(_now: datetime, accounts: Scope) -> Iterator[Breach]:
    """I4: entries of a purse are numbered from 1 without a gap, and each begins where the last one ended."""
    purse, order = [F("account"), F("currency")], F("version").asc()
    before = Window(Lag("balance_after"), partition_by=purse, order_by=order)
    place = Window(RowNumber(), partition_by=purse, order_by=order)
    rows = within(Entry.objects.all(), accounts).annotate(before=Coalesce(before, 0), place=place)
    rows = rows.exclude(balance_after=F("before") + F("amount"), version=F("place"))
    columns = ("id", "account_id", "version", "place", "before", "amount", "balance_after")
    for entry, account, version, at, start, amount, after in rows.order_by().values_list(*columns)[:CUT]:
        words = f"version {version}, place {at}, before {start}, amount {amount}, after {after}"
        yield Breach("I4", str(entry), words, account)


def in_range(_now: datetime, accounts: Scope) -> Iterator[Breach]:
    """I5: no amount is zero or beyond 10^15."""
    beyond = Q(amount=0) | Q(amount__gt=LIMIT) | Q(amount__lt=-LIMIT)
    rows = within(Entry.objects.filter(beyond), accounts).order_by()
    for entry, account, amount in rows.values_list("id", "account_id", "amount")[:CUT]:
        yield Breach("I5", str(entry), f"amount {amount}", account)


def nothing_negative(_now: datetime, accounts: Scope) -> Iterator[Breach]:
    """I6: no part of a balance is below zero."""
    below = Q(available__lt=0) | Q(pending__lt=0) | Q(held__lt=0) | Q(debt__lt=0) | Q(deferred__lt=0)
    yield from _positions("I6", below, accounts)


def credit_or_debt(_now: datetime, accounts: Scope) -> Iterator[Breach]:
    """I7: nobody has points and a debt that is due at once."""
    yield from _positions("I7", Q(available__gt=0, debt__gt=0), accounts)


def _positions(code: str, wrong: Q, accounts: Scope) -> Iterator[Breach]:
    parts = ("available", "pending", "held", "debt", "deferred")
    rows = within(Balance.objects.filter(wrong), accounts).order_by()
    for account, number, unit, *figures in rows.values_list("account_id", "account__number", "currency__code", *parts)[
        :CUT
    ]:
        words = ", ".join(f"{name} {figure}" for name, figure in zip(parts, figures, strict=True))
        yield Breach(code, f"{number} {unit}", words, account, unit)


def holds_explain_held(_now: datetime, accounts: Scope) -> Iterator[Breach]:
    """I8: what is held is the sum of the open holds; a hold is the sum of its parts."""
    open_ = within(Hold.objects.filter(state=Hold.State.HELD), accounts)
    rows = uneven(
        "held <> kept",
        side(within(Balance.objects.all(), accounts), *_PURSE, held="held"),
        side(open_, *_PURSE, kept="amount"),
    )
    yield from _of_purses("I8", rows, "held {}, holds {}")
    parts = uneven(
        "amount <> together",
        side(within(Hold.objects.all(), accounts), "id", amount="amount"),
        beneath(Hold, "parts", accounts, "hold_id", together="amount"),
    )
    found = list(parts)
    owner = weighing.owners(Hold, (row[0] for row in found))
    for hold, amount, together in found:
        yield Breach("I8", str(hold), f"amount {amount}, parts {together}", owner[hold].account_id)


def debt_is_explained(_now: datetime, accounts: Scope) -> Iterator[Breach]:
    """I12: what is owed is what debits left as debt less what was repaid since."""
    kinds = Allocation.Kind
    of_entry = ("entry__account_id", "entry__currency_id")
    rows = uneven(
        "owes <> explained",
        side(within(Balance.objects.all(), accounts), *_PURSE, owes=F("debt") + F("deferred")),
        beneath(Entry, "allocations", accounts, *of_entry, where={"kind": kinds.DEBT}, explained="amount"),
        beneath(Entry, "allocations", accounts, *of_entry, where={"kind": kinds.REPAY}, explained="-amount"),
    )
    yield from _of_purses("I12", rows, "debt {}, allocations {}")


def add_up(_now: datetime, _accounts: Scope) -> Iterator[Breach]:
    """I20: by currency, what came in less what went out is what members have; transfers cancel out."""
    flows = {name: Case(When(counter=name, then="amount"), default=0) for name in COUNTERS}
    rows = uneven(
        f"outstanding <> {' + '.join(COUNTERS)} OR transferred <> 0",
        side(Entry.objects.all(), "currency_id", **flows),
        side(Balance.objects.all(), "currency_id", outstanding=NET),
    )
    codes = dict(Balance.objects.order_by().values_list("currency_id", "currency__code").distinct())
    for currency, *figures in rows:
        words = ", ".join(f"{name} {figure}" for name, figure in zip([*COUNTERS, "outstanding"], figures, strict=True))
        yield Breach("I20", codes.get(currency, str(currency)), words)


def _of_purses(code: str, rows: Iterator[tuple[int, ...]], words: str) -> Iterator[Breach]:
    found = list(rows)
    named = weighing.purses((row[0], row[1]) for row in found)
    for account, currency, *figures in found:
        purse = named[account, currency]
        yield Breach(code, str(purse), words.format(*figures), account, purse.currency)
