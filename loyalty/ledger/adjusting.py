"""Giving or taking points by hand, with a reason and the name of who did it."""

from datetime import datetime

from django.db import transaction

from loyalty import accounts, programme
from loyalty.ledger import lifetimes, spending, store
from loyalty.ledger.book import Purse, Stamp
from loyalty.models import Entry


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
    _, expires_at = lifetimes.span(unit, running, now)
    entry = book.credit(
        Purse(account_id, unit.pk),
        amount,
        counter=Entry.Counter.ADJUSTED,
        stamp=Stamp(now, store.days_of(running)(now), now),
        available_at=now,
        expires_at=expires_at,
        memo=reason,
    )
    store.write(book)
    return Entry.objects.get(pk=entry.id)
