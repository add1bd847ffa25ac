"""Taking points from an account: for a reward, or by hand."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from loyalty import accounts, programme
from loyalty.errors import LoyaltyError
from loyalty.ledger import store
from loyalty.ledger.book import NotEnough, Purse, Stamp
from loyalty.models import Entry


class InsufficientPoints(LoyaltyError):
    """Less is available than asked for; ``missing`` points are lacking."""

    code = "insufficient_points"
    sentence = _("%(missing)s points are missing. Earn a little more, or choose something smaller.")
    missing: int


class NotSpendable(LoyaltyError):
    """The currency only qualifies; it cannot be spent."""

    code = "not_spendable"
    sentence = _("%(currency)s cannot be spent.")


@transaction.atomic
def spend(
    *,
    account_id: int,
    amount: int,
    now: datetime,
    currency: str = "points",
    counter: str = Entry.Counter.REDEEMED,
    event_id: UUID | None = None,
    memo: str = "",
) -> Entry:
    """Takes ``amount`` > 0 from the account, earliest expiry first, after settling what is due.

    Not idempotent: the caller's own unique row (a redemption's token) is. Raises
    ``InsufficientPoints``, ``AccountFrozen``, ``AccountNotFound`` and, unless staff adjust,
    ``NotSpendable`` and ``SpendingStopped``.
    """
    is_by_staff = counter == Entry.Counter.ADJUSTED  # which may set right what an account is stopped for
    lock = accounts.lock_active if is_by_staff else accounts.lock_spending
    lock(account_id)
    unit = accounts.currencies()[currency]
    if not (unit.is_spendable or is_by_staff):
        raise NotSpendable(currency=unit.name)
    day_of = store.days_of(programme.current())
    book = store.load([account_id], with_lots=[account_id])
    purse = Purse(account_id, unit.pk)
    book.settle(purse, now, day_of)
    stamp = Stamp(now, day_of(now), now, event_id)
    try:
        entry = book.debit(purse, amount, counter=counter, stamp=stamp, memo=memo)
    except NotEnough as refusal:
        raise InsufficientPoints(missing=refusal.missing) from refusal
    entry_id = entry.id
    store.write(book)
    return Entry.objects.get(pk=entry_id)
