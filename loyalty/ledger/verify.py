"""The auditor: every invariant of the books as one query that finds nothing when they are right.

I1 and I2 (each transaction has two sides, and they sum to zero) hold by construction: an entry names
both the member's account and the programme account. The rest is asked of the tables, read-only, in
production too. Names follow the list of ledger invariants: I3 … I22.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, Exists, F, Max, OuterRef, Q, Subquery, Sum, Window
from django.db.models.expressions import Expression
from django.db.models.functions import Coalesce, Lag, RowNumber
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from loyalty import sealing, triggers
from loyalty.models import Allocation, Approval, Balance, Entry, Event, Lot, Order
from loyalty.models.accounts import NET
from loyalty.models.holds import Hold, HoldPart

STALLED = timedelta(hours=36)
SHOWN = 50


@dataclass(frozen=True, slots=True)
class Breach:
    """One row that breaks an invariant: which, what row, and what is wrong in figures."""

    invariant: str
    row: str
    found: str


@dataclass(frozen=True, slots=True)
class Invariant:
    """A law of the books and the query that looks for what breaks it."""

    code: str
    law: str | Promise
    look: Callable[[datetime], Iterator[Breach]]


def run(*, now: datetime) -> list[Breach]:
    """Every breach found, at most 50 for each invariant; empty when the books are right."""
    found: list[Breach] = []
    for invariant in INVARIANTS:
        for count, breach in enumerate(invariant.look(now)):
            if count == SHOWN:
                break
            found.append(breach)
    return found


def _sum_of(rows: Any, *group: str) -> Expression:
    """The sum of ``amount`` over ``rows``, which are tied to the outer query."""
    total = rows.order_by().values(*group).annotate(total=Sum("amount")).values("total")
    return Coalesce(Subquery(total), 0)


def _balances_match_entries(_now: datetime) -> Iterator[Breach]:
    entries = Entry.objects.filter(account=OuterRef("account"), currency=OuterRef("currency"))
    rows = Balance.objects.annotate(known=NET, posted=_sum_of(entries, "account")).exclude(known=F("posted"))
    for row in rows.values_list("account__number", "currency__code", "known", "posted"):
        yield Breach("I3", f"{row[0]} {row[1]}", f"balance {row[2]}, entries {row[3]}")
    counts = Entry.objects.order_by().values("account", "currency").annotate(last=Max("version"))
    held = {(b.account_id, b.currency_id): b.version for b in Balance.objects.only("account", "currency", "version")}
    for account, currency, last in counts.values_list("account", "currency", "last").iterator():
        if held.get((account, currency)) != last:
            yield Breach(
                "I3", f"{account}:{currency}", f"balance at version {held.get((account, currency))}, last {last}"
            )


def _versions_chain(_now: datetime) -> Iterator[Breach]:
    purse, order = [F("account"), F("currency")], F("version").asc()
    before = Window(Lag("balance_after"), partition_by=purse, order_by=order)
    place = Window(RowNumber(), partition_by=purse, order_by=order)
    rows = Entry.objects.annotate(before=Coalesce(before, 0), place=place)
    rows = rows.exclude(balance_after=F("before") + F("amount"), version=F("place"))
    for row in rows.values_list("id", "version", "place", "before", "amount", "balance_after"):
        yield Breach("I4", str(row[0]), f"version {row[1]} at {row[2]}, {row[3]} {row[4]:+d} is not {row[5]}")


def _amounts_in_range(_now: datetime) -> Iterator[Breach]:
    limit = 10**15
    for row in Entry.objects.filter(Q(amount=0) | Q(amount__gt=limit) | Q(amount__lt=-limit)).values_list(
        "id", "amount"
    ):
        yield Breach("I5", str(row[0]), f"amount {row[1]}")


def _nothing_negative(_now: datetime) -> Iterator[Breach]:
    below = Q(available__lt=0) | Q(pending__lt=0) | Q(held__lt=0) | Q(debt__lt=0) | Q(deferred__lt=0)
    for row in Balance.objects.filter(below).values_list("account__number", "available", "pending", "held", "debt"):
        yield Breach("I6", row[0], f"available {row[1]}, pending {row[2]}, held {row[3]}, debt {row[4]}")


def _credit_or_debt(_now: datetime) -> Iterator[Breach]:
    for row in Balance.objects.filter(available__gt=0, debt__gt=0).values_list("account__number", "available", "debt"):
        yield Breach("I7", row[0], f"available {row[1]} and debt {row[2]}")


def _holds_explain_held(_now: datetime) -> Iterator[Breach]:
    tied = {"account": OuterRef("account"), "currency": OuterRef("currency")}
    kept = _sum_of(Hold.objects.filter(state=Hold.State.HELD, **tied), "account")
    rows = Balance.objects.annotate(kept=kept).exclude(held=F("kept"))
    for row in rows.values_list("account__number", "currency__code", "held", "kept"):
        yield Breach("I8", f"{row[0]} {row[1]}", f"held {row[2]}, open holds {row[3]}")
    together = _sum_of(HoldPart.objects.filter(hold=OuterRef("pk")), "hold")
    uneven = Hold.objects.annotate(together=together).exclude(amount=F("together"))
    for hold_id, amount, parts in uneven.values_list("id", "amount", "together"):
        yield Breach("I8", str(hold_id), f"hold of {amount}, parts {parts}")


def _lots_back_balances(_now: datetime) -> Iterator[Breach]:
    lots = Lot.objects.open().filter(account=OuterRef("account"), currency=OuterRef("currency"))  # by their index
    for name, kind in (("available", Q(activated_at__isnull=False)), ("pending", Q(activated_at=None))):
        left = lots.filter(kind).order_by().values("account").annotate(total=Sum("remaining")).values("total")
        rows = Balance.objects.annotate(backed=Coalesce(Subquery(left), 0)).exclude(**{name: F("backed")})
        for row in rows.values_list("account__number", "currency__code", name, "backed"):
            yield Breach("I9", f"{row[0]} {row[1]}", f"{name} {row[2]}, lots {row[3]}")


def _allocations_explain_lots(_now: datetime) -> Iterator[Breach]:
    taken = _sum_of(Allocation.objects.filter(lot=OuterRef("pk")), "lot")
    kept = _sum_of(HoldPart.objects.filter(lot=OuterRef("pk"), hold__state=Hold.State.HELD), "lot")
    rows = Lot.objects.annotate(gone=F("amount") - F("remaining"), taken=taken, kept=kept)
    for row in rows.exclude(gone=F("taken") + F("kept")).values_list("id", "gone", "taken", "kept"):
        yield Breach("I10", str(row[0]), f"gone {row[1]}, allocated {row[2]}, held {row[3]}")


def _lots_in_range(_now: datetime) -> Iterator[Breach]:
    for row in Lot.objects.filter(Q(remaining__lt=0) | Q(remaining__gt=F("amount"))).values_list("id", "remaining"):
        yield Breach("I11", str(row[0]), f"left {row[1]}")


def _debits_are_allocated(_now: datetime) -> Iterator[Breach]:
    given = _sum_of(Allocation.objects.filter(entry=OuterRef("pk"), kind__in=["drain", "debt"]), "entry")
    rows = Entry.objects.filter(amount__lt=0).annotate(given=given).exclude(amount=-F("given"))
    for row in rows.values_list("id", "amount", "given"):
        yield Breach("I12", str(row[0]), f"amount {row[1]}, allocated {row[2]}")
    back = _sum_of(Allocation.objects.filter(entry=OuterRef("pk"), kind="restore"), "entry")
    gains = Entry.objects.filter(amount__gt=0).annotate(laid=Coalesce(F("lot__amount"), 0) - back)
    for row in gains.exclude(amount=F("laid")).values_list("id", "amount", "laid"):
        yield Breach("I12", str(row[0]), f"amount {row[1]}, laid into lots {row[2]}")


def _debt_is_explained(_now: datetime) -> Iterator[Breach]:
    tied = {"entry__account": OuterRef("account"), "entry__currency": OuterRef("currency")}
    owed = _sum_of(Allocation.objects.filter(kind="debt", **tied), "entry__account")
    paid = _sum_of(Allocation.objects.filter(kind="repay", **tied), "entry__account")
    rows = Balance.objects.annotate(owed=owed - paid, owes=F("debt") + F("deferred")).exclude(owes=F("owed"))
    for row in rows.values_list("account__number", "owes", "owed"):
        yield Breach("I12", row[0], f"debt {row[1]}, allocations say {row[2]}")


def _expiry_runs(now: datetime) -> Iterator[Breach]:
    late = Lot.objects.filter(remaining__gt=0, expires_at__lt=now - STALLED)
    for row in late.values_list("id", "expires_at", "remaining"):
        yield Breach("I13", str(row[0]), f"{row[2]} left since {row[1]:%Y-%m-%d %H:%M}")
    open_ = Hold.objects.filter(state=Hold.State.HELD, lapses_at__lt=now - STALLED)
    for row in open_.values_list("id", "lapses_at", "amount"):
        yield Breach("I13", str(row[0]), f"{row[2]} held since {row[1]:%Y-%m-%d %H:%M}")


def _keys_are_unique(_now: datetime) -> Iterator[Breach]:
    rows = Event.objects.order_by().values("key").annotate(times=Count("id")).filter(Q(times__gt=1) | Q(key=""))
    for row in rows.values_list("key", "times"):
        yield Breach("I14", row[0], f"{row[1]} events")


def _refunds_fit_their_order(_now: datetime) -> Iterator[Breach]:
    back = _sum_of(Entry.objects.filter(reverses=OuterRef("pk")), "reverses")
    rows = Entry.objects.filter(amount__gt=0, reversals__isnull=False).annotate(back=back).filter(amount__lt=-F("back"))
    for row in rows.values_list("id", "amount", "back").distinct():
        yield Breach("I15", str(row[0]), f"gave {row[1]}, taken back {-row[2]}")
    awards = Entry.objects.filter(counter=Entry.Counter.ISSUED, event__isnull=False).order_by()
    for order in Order.objects.exclude(clawed={}).iterator():
        given = dict(awards.filter(event_id=order.event_id).values_list("id", "amount"))
        for entry_id, amount in given.items():
            if order.clawed.get(entry_id.hex, 0) > amount:
                yield Breach("I15", order.external_id, f"asked back {order.clawed[entry_id.hex]} of {amount}")


def _holds_end_once(_now: datetime) -> Iterator[Breach]:
    agreed = Q(entry__amount=-F("captured"), entry__account=F("account"), entry__currency=F("currency"))
    captured = Q(state=Hold.State.CAPTURED, captured__gt=0, entry__counter=Entry.Counter.REDEEMED) & agreed
    otherwise = ~Q(state=Hold.State.CAPTURED) & Q(captured=0, entry=None)
    rows = Hold.objects.exclude(captured | otherwise).values_list("id", "state", "captured", "entry__amount")
    for row in rows:
        yield Breach("I16", str(row[0]), f"{row[1]}, captured {row[2]}, entry {row[3]}")
    its_own = HoldPart.objects.filter(hold=OuterRef("entry__hold"), lot=OuterRef("lot"), amount__gte=OuterRef("amount"))
    foreign = Allocation.objects.filter(Q(entry__hold__isnull=False) & ~Exists(its_own))
    for hold_id, lot_id, amount in foreign.values_list("entry__hold", "lot", "amount"):
        yield Breach("I16", str(hold_id), f"took {amount} of lot {lot_id}, which it had not set aside")


def _adjustments_are_agreed(_now: datetime) -> Iterator[Breach]:
    lonely = Entry.objects.filter(counter=Entry.Counter.ADJUSTED, event=None, approval=None)
    for row in lonely.values_list("id", "amount"):
        yield Breach("I21", str(row[0]), f"amount {row[1]}, nobody asked for it")
    tied: dict[str, Any] = {
        "entry__account": F("account"),
        "entry__amount": F("amount"),
        "entry__counter": Entry.Counter.ADJUSTED,
    }
    tied |= {"decided_at__isnull": False, "entry__recorded_at__gte": F("decided_at")}
    done = Q(state="approved", entry__isnull=False, **tied) & ~Q(reason="")
    for approval in Approval.objects.exclude(done | (~Q(state="approved") & Q(entry=None))).iterator():
        yield Breach("I21", f"approval {approval.pk}", f"{approval.state} {approval.amount}, entry {approval.entry_id}")
    for approval in Approval.objects.filter(state="approved", decided_by=None).iterator():
        if approval.asked_by_id is None or abs(approval.amount) > approval.terms.get("limit", 0):
            yield Breach("I21", f"approval {approval.pk}", f"{approval.amount} by one person alone")


def _seals_hold(_now: datetime) -> Iterator[Breach]:
    for fault in sealing.faults():
        yield Breach("I24", f"{fault.chain} #{fault.number}", str(fault.text))


def _triggers_stand(_now: datetime) -> Iterator[Breach]:
    standing = triggers.installed(connection)
    for trigger, table in triggers.names():
        if trigger not in standing:
            yield Breach("T1", table, f"trigger {trigger} is gone")


INVARIANTS = (
    Invariant("I3", _("The stored balance is the sum of the entries."), _balances_match_entries),
    Invariant("I4", _("Entries are numbered without a gap and chain."), _versions_chain),
    Invariant("I5", _("No amount is zero or beyond 10^15."), _amounts_in_range),
    Invariant("I6", _("No part of a balance is negative."), _nothing_negative),
    Invariant("I7", _("Nobody has points and a debt at once."), _credit_or_debt),
    Invariant("I8", _("What is held is the sum of the open holds."), _holds_explain_held),
    Invariant("I9", _("Lots back the balance."), _lots_back_balances),
    Invariant("I10", _("Allocations and open holds explain what has left each lot."), _allocations_explain_lots),
    Invariant("I11", _("What is left of a lot is between nothing and all."), _lots_in_range),
    Invariant("I12", _("Each debit is allocated in full, each credit laid into lots."), _debits_are_allocated),
    Invariant("I12", _("Debt is what debits owe less what was repaid."), _debt_is_explained),
    Invariant("I13", _("Expiry is not stalled."), _expiry_runs),
    Invariant("I14", _("Each business key is there once."), _keys_are_unique),
    Invariant("I15", _("No more is taken back than was given."), _refunds_fit_their_order),
    Invariant("I16", _("Each hold ended once, as its entry says."), _holds_end_once),
    Invariant(
        "I21", _("Each adjustment was asked for, and agreed by another where it had to be."), _adjustments_are_agreed
    ),
    Invariant("I24", _("The seals hold."), _seals_hold),
    Invariant("T1", _("The triggers that keep the books append-only stand."), _triggers_stand),
)
