"""Giving or taking points by hand, and forgiving debt.

Who may, and who else must agree, is the business of ``loyalty.approvals``, which ties every entry made
here to the wish it fulfils; the auditor reports an entry without one.
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from loyalty import accounts, programme
from loyalty.errors import LoyaltyError
from loyalty.ledger import lifetimes, spending, store
from loyalty.ledger.book import NotEnough, Purse, Stamp
from loyalty.models import Entry


class LessOwed(LoyaltyError):
    """More was to be forgiven than is owed by now."""

    code = "less_owed"
    sentence = _("Only %(owed)s points are owed by now. Please ask again for no more than that.")


@transaction.atomic
def adjust(*, account_id: int, amount: int, reason: str, now: datetime, currency: str = "points") -> Entry:
    """Moves ``amount`` (positive or negative, never 0) between the account and "adjusted".

    Raises what ``spending.spend`` raises when points are taken.
    """
    if amount < 0:
        return spending.spend(
            account_id=account_id,
            amount=-amount,
            currency=currency,
            counter=Entry.Counter.ADJUSTED,
            now=now,
            memo=reason,
        )
    accounts.lock_active(account_id)
    unit = accounts.currencies()[currency]
    running = programme.current()
    book = store.load([account_id])
    entry = book.credit(
        Purse(account_id, unit.pk),
        amount,
        counter=Entry.Counter.ADJUSTED,
        stamp=Stamp(now, store.days_of(running)(now), now),
        available_at=now,
        expires_at=lifetimes.deadline(unit, running, now),
        memo=reason,
    )
    store.write(book)
    return Entry.objects.get(pk=entry.id)


@transaction.atomic
def forgive(*, account_id: int, amount: int, reason: str, now: datetime, currency: str = "points") -> Entry:
    """Lets ``amount`` > 0 of what is owed go, after settling what is due. Raises ``LessOwed``."""
    accounts.lock_active(account_id)
    day_of = store.days_of(programme.current())
    book = store.load([account_id], with_lots=[account_id])
    purse = Purse(account_id, accounts.currencies()[currency].pk)
    book.settle(purse, now, day_of)
    owed = book.holding(purse).debt
    try:
        entry = book.forgive(purse, amount, stamp=Stamp(now, day_of(now), now), memo=reason)
    except NotEnough as refusal:
        raise LessOwed(owed=owed) from refusal
    store.write(book)
    return Entry.objects.get(pk=entry.id)
