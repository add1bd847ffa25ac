"""What the ground keeps of a person: the books under the account's number, and the words around them."""

from collections.abc import Collection, Sequence

from django.utils.translation import gettext_lazy as _

from loyalty import forgetting
from loyalty.models import (
    Account,
    AccountReference,
    AdjustmentLine,
    Approval,
    Balance,
    ChannelPreference,
    Entry,
    Event,
    Hold,
    Lot,
    Message,
    Order,
    OrderLine,
    PoolMembership,
    Tally,
    Transfer,
)
from loyalty.personal import Dossier, Table, table_of

BOOKS = {
    "loyalty.Account": "the number is the pseudonym; it names nobody",
    "loyalty.Balance": "figures only",
    "loyalty.Entry": "append-only figures; free text is no place for people",
    "loyalty.Lot": "figures only",
    "loyalty.Allocation": "figures only",
    "loyalty.Hold": "figures; the till's memo is blanked",
    "loyalty.HoldPart": "figures only",
    "loyalty.Tally": "counts a business day",
    "loyalty.Event": "what was bought and did happen is a trade record; words about the person are blanked",
    "loyalty.Decision": "append-only; names rules and figures",
    "loyalty.GrantRecord": "which rule gave what; once for ever",
    "loyalty.Replay": "figures of a late event",
    "loyalty.Finding": "figures that break a law of the books",
    "loyalty.Approval": "who asked for and agreed to an entry; kept with the entry",
    "loyalty.AdjustmentLine": "which line of a file became which entry; its note is blanked",
    "loyalty.Transfer": "figures between two accounts; what was said with it is blanked",
    "loyalty.TransferPart": "figures only",
    "loyalty.Pool": "a shared purse is an account of its own; the owner's name for it is blanked",
    "loyalty.PoolMembership": "who shared which purse, by number",
    "loyalty.Merge": "which account went into which, by number; what was kept of the people is blanked",
    "loyalty.Order": "trade records are kept by law; the customer's word is blanked",
    "loyalty.OrderLine": "goods only",
    "loyalty.AccountReference": "a digest of the till's id, so that its later orders are nobody's",
}
TABLES = ("loyalty.Message", "loyalty.ChannelPreference")


def tell(account_ids: Collection[int]) -> Sequence[Table]:
    """Everything of the accounts, oldest first; other members are in it by nothing."""
    of = {"account_id__in": account_ids}
    shares = PoolMembership.objects.filter(**of).order_by("pk")
    given, got = Transfer.objects.filter(giver_id__in=account_ids), Transfer.objects.filter(receiver_id__in=account_ids)
    moved = ("transferred_at", "currency__code", "amount", "kind", "memo")
    return [
        table_of(Account.objects.filter(pk__in=account_ids).order_by("pk"), "number", "status", "opened_at"),
        table_of(AccountReference.objects.filter(**of).order_by("pk"), "partner__name", "external_id"),
        table_of(Balance.objects.filter(**of).order_by("pk"), "currency__code", "available", "pending", "held", "debt"),
        table_of(
            Entry.objects.filter(**of).order_by("pk"),
            *("effective_at", "currency__code", "amount", "balance_after", "counter", "memo", "event__kind"),
        ),
        table_of(
            Lot.objects.filter(**of).order_by("pk"),
            *("earned_at", "currency__code", "amount", "remaining", "available_at", "expires_at"),
        ),
        table_of(Hold.objects.filter(**of).order_by("pk"), "held_at", "currency__code", "amount", "state", "memo"),
        table_of(given.order_by("pk"), *moved, code="given", title=_("points given away")),
        table_of(got.order_by("pk"), *moved, code="received", title=_("points received")),
        table_of(shares, "pool__name", "role", "percent", "joined_at", "left_at"),
        table_of(
            Order.objects.filter(**of).order_by("pk"),
            *("placed_at", "external_id", "partner__name", "store__name", "currency", "total_minor", "refunded_minor"),
        ),
        table_of(
            OrderLine.objects.filter(order__account_id__in=account_ids).order_by("pk"),
            *("order__external_id", "position", "sku", "title", "category", "quantity", "amount_minor"),
        ),
        table_of(Event.objects.filter(**of).order_by("pk"), "occurred_at", "kind", "state", "payload"),
        table_of(Tally.objects.filter(**of).exclude(value=0).order_by("metric", "day"), "metric__code", "day", "value"),
        table_of(Approval.objects.filter(**of).order_by("pk"), "asked_at", "deed", "amount", "reason", "state"),
        table_of(AdjustmentLine.objects.filter(**of).order_by("pk"), "amount", "note"),
        table_of(
            Message.objects.filter(**of).order_by("pk"),
            *("created_at", "channel", "purpose", "subject", "body", "state", "sent_to", "read_at"),
        ),
        table_of(ChannelPreference.objects.filter(**of).order_by("pk"), "purpose", "channel", "is_on", "changed_at"),
    ]


def names(account_ids: Collection[int]) -> tuple[Collection[str], Collection[str]]:
    """What tills call them."""
    rows = AccountReference.objects.filter(account_id__in=account_ids)
    return set(rows.values_list("external_id", flat=True)), ()


DOSSIER = Dossier(
    "loyalty",
    _("points, orders and messages"),
    tell,
    forgetting.forget,
    TABLES,
    books=BOOKS,
    names=names,
    rank=60,
)
