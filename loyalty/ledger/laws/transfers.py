"""Laws of points that change hands: what one side gives the other receives, lot by lot."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet
from django.utils.translation import gettext_lazy as _

from loyalty.bookkeeping import Breach, Check
from loyalty.ledger.laws import weighing
from loyalty.ledger.laws.weighing import CUT, Scope, beneath, side, uneven, within
from loyalty.models import Account, Allocation, Entry, Merge, Transfer, TransferPart

COUNTER = Entry.Counter.TRANSFERRED


def parts_add_up(_now: datetime, accounts: Scope) -> Iterator[Breach]:
    """I26: what arrived is what was given, and each part came of a lot that the giver's entry drained."""
    parts = _of(TransferPart.objects.all(), accounts, "transfer__giver_id")
    rows = uneven(
        "amount <> arrived",
        side(_of(Transfer.objects.all(), accounts, "giver_id"), "id", amount="amount"),
        side(parts, "transfer_id", arrived="entry__amount"),
    )
    for transfer, amount, arrived in rows:
        yield Breach("I26", str(transfer), f"amount {amount}, arrived {arrived}")
    drained = Allocation.objects.filter(entry__transfer__isnull=False)
    lots = uneven(
        "taken <> arrived",
        side(_of(drained, accounts, "entry__account_id"), "entry_id", "lot_id", taken="amount"),
        side(parts, "transfer__entry_id", "source_id", arrived="entry__amount"),
    )
    for entry, lot, taken, arrived in lots:
        yield Breach("I26", f"{entry} {lot}", f"taken {taken}, arrived {arrived}")


def both_sides_fit(_now: datetime, accounts: Scope) -> Iterator[Breach]:
    """I26: the giver's entry is the giver's, of just that amount; each other one is the receiver's."""
    given = {"entry__account": F("giver"), "entry__amount": -F("amount"), "entry__currency": F("currency")}
    transfers = _of(Transfer.objects.exclude(**given, entry__counter=COUNTER), accounts, "giver_id").order_by()
    columns = ("id", "amount", "entry__amount", "giver_id", "currency__code")
    for transfer, amount, moved, giver, unit in transfers.values_list(*columns)[:CUT]:
        yield Breach("I26", str(transfer), f"amount {amount}, entry {moved}", giver, unit)
    received = {"entry__account": F("transfer__receiver"), "entry__currency": F("transfer__currency")}
    sources = {"source__account": F("transfer__giver"), "source__earned_at": F("entry__lot__earned_at")}
    parts = TransferPart.objects.exclude(**received, **sources, entry__amount__gt=0, entry__counter=COUNTER)
    rows = _of(parts, accounts, "transfer__receiver_id").order_by()
    for part, amount, receiver in rows.values_list("id", "entry__amount", "transfer__receiver_id")[:CUT]:
        yield Breach("I26", f"part {part}", f"entry {amount} does not fit its transfer", receiver)


def entries_are_explained(_now: datetime, accounts: Scope) -> Iterator[Breach]:
    """I26: no entry is "transferred" but by a transfer, or by debt that went over with a merge."""
    rows = uneven(
        "made > told",
        side(within(Entry.objects.filter(counter=COUNTER), accounts), "id", amount="amount", made=1),
        side(_of(Transfer.objects.all(), accounts, "entry__account_id"), "entry_id", told=1),
        side(_of(TransferPart.objects.all(), accounts, "entry__account_id"), "entry_id", told=1),
    )
    found = list(rows)
    debts = _debts() if found else set()
    owner = weighing.owners(Entry, (row[0] for row in found))
    for entry, amount, *_sums in found:
        if entry not in debts:
            purse = owner[entry]
            yield Breach("I26", str(entry), f"amount {amount}, transfers 0", purse.account_id, purse.currency)


def _of(rows: QuerySet[Any], accounts: Scope, path: str) -> QuerySet[Any]:
    """Only the rows that hang on one of these accounts by ``path``; ``None`` means all."""
    return rows if accounts is None else rows.filter(**{f"{path}__in": accounts})


def _debts() -> set[UUID]:
    """Entries by which debt went over, or came back, with a merge."""
    records = Merge.objects.values_list("record", flat=True).iterator()
    kept = (debt for record in records for name in ("debts", "debts_returned") for debt in record.get(name, ()))
    return {UUID(entry) for debt in kept for entry in debt["entries"]}


def shared_lots_know_their_origin(_now: datetime, accounts: Scope) -> Iterator[Breach]:
    """I27: lots of a shared purse remember who brought them; nobody else's do."""
    pools = within(Account.objects.filter(kind=Account.Kind.POOL), accounts, "id")
    rows = uneven(
        "(pools > 0 AND nameless > 0) OR (pools = 0 AND brought > 0)",
        beneath(Entry, "lot", accounts, "account_id", where={"origin__isnull": True}, nameless="amount"),
        beneath(Entry, "lot", accounts, "account_id", where={"origin__isnull": False}, brought="amount"),
        side(pools, "id", pools=1),
    )
    found = list(rows)
    numbers = dict(Account.objects.filter(pk__in=[row[0] for row in found]).values_list("id", "number"))
    for account, nameless, brought, is_shared in found:
        words = f"shared {is_shared}, nameless {nameless}, brought {brought}"
        yield Breach("I27", numbers.get(account, str(account)), words, account)


def _hands(now: datetime, accounts: Scope) -> Iterator[Breach]:
    yield from parts_add_up(now, accounts)
    yield from both_sides_fit(now, accounts)
    yield from entries_are_explained(now, accounts)


LAWS = (
    Check(
        "I26",
        _("What one account gives another receives, lot by lot."),
        _hands,
        _("No entry mends this: rows were lost or changed. Compare them with the last backup."),
    ),
    Check(
        "I27",
        _("Points in a shared purse know who brought them."),
        shared_lots_know_their_origin,
        _("Close the purse, so that everybody gets back what is known to be theirs, and look at the rest by hand."),
    ),
)
