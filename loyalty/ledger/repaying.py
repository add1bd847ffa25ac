"""Giving back what was spent: whole or in part, to the very lots it was taken from.

The entry runs the other way between the account and "redeemed" and names the one it reverses, so both
add up, and no more comes back in all than was taken. A lot whose deadline has passed meanwhile lets what
came back go again at once, unless the currency says that what is returned lives anew.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from loyalty import accounts, programme, stopping
from loyalty.errors import LoyaltyError
from loyalty.ledger import lifetimes, moving, reinstating, store
from loyalty.ledger.book import Book
from loyalty.ledger.rows import Purse, Stamp
from loyalty.models import Currency, Entry


class MoreThanSpent(LoyaltyError):
    """Some of it was given back before."""

    code = "more_than_spent"
    sentence = _("Only %(left)s of these points have not been given back yet. Please ask for no more than that.")
    left: int


@transaction.atomic
def repay(*, entry_id: UUID, amount: int, now: datetime, memo: str = "") -> Entry:
    """Gives ``amount`` > 0 of what the spending ``entry_id`` took back to its lots, after settling what is due.

    Debt is paid first. Where the account was merged, the survivor gets it. Works for suspended accounts,
    too: it is theirs. Not idempotent: the caller's own row is. Raises ``MoreThanSpent``.
    """
    spent = Entry.objects.select_related("currency").get(pk=entry_id, counter=Entry.Counter.REDEEMED, amount__lt=0)
    account_id = accounts.living([spent.account_id])[spent.account_id]
    accounts.lock([account_id])
    back_already = spent.reversals.aggregate(back=Sum("amount", default=0))["back"]
    if amount > (left := -spent.amount - back_already):
        raise MoreThanSpent(left=left)
    policy = programme.current()
    day_of = store.days_of(policy)
    book = store.load([account_id], with_lots=[account_id])
    purse = Purse(account_id, spent.currency_id)
    book.settle(purse, now, day_of)
    entry = moving.give_back(
        book,
        purse,
        _back(spent, amount, purse, book),
        counter=Entry.Counter.REDEEMED,
        stamp=Stamp(now, day_of(now), now),
        day_of=day_of,
        reverses_id=entry_id,
        rest_until=lifetimes.deadline(spent.currency, policy, now),
        memo=memo,
    )
    store.write(book)
    stopping.release_if_paid([account_id])
    return Entry.objects.get(pk=entry.id)


def _back(spent: Entry, amount: int, purse: Purse, book: Book) -> moving.Back:
    """Which lots it goes to; all of it into a new one where returned points live anew."""
    if spent.currency.returned == Currency.Returned.ANEW:
        return moving.Back((), amount)
    shares = reinstating.shares(spent.pk)
    wanted = [share.lot_id for share in shares if share.lot_id]
    book.take_in(lot for lot in store.lots(wanted) if lot.entry_id not in book.born)
    return moving.kept_by(moving.unwind(shares, amount, {lot.id: lot for lot in book.born.values()}), purse)
