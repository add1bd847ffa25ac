"""Giving expired points back: into the very lots they expired from, for so many days more.

What one expiry took can be given back whole or in parts, never more in all than it took, and for so
long after it as ``Currency.reinstate_days`` says. The entry runs the other way between the account and
"expired" and names the one it reverses, so both add up. Who may, and who else must agree, is the
business of ``loyalty.approvals``; the auditor reports an entry of this kind that nobody asked for.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from loyalty import accounts, programme
from loyalty.errors import InvalidInput, LoyaltyError
from loyalty.ledger import moving, store
from loyalty.ledger.moving import Share
from loyalty.ledger.rows import Purse, Stamp
from loyalty.models import Allocation, Currency, Entry

LONGEST = 366  # days that points given back may live


class NothingExpired(LoyaltyError):
    """The entry is no expiry of this account."""

    code = "nothing_expired"
    sentence = _("No points expired here that could be given back.")


class TooLate(LoyaltyError):
    """Longer ago than the currency allows."""

    code = "reinstate_too_late"
    sentence = _("Expired points can be given back for %(days)s days. For these, that time is over.")


class MoreThanExpired(LoyaltyError):
    """Some of it was given back before."""

    code = "more_than_expired"
    sentence = _("Only %(left)s of these points have not been given back yet. Please ask for no more than that.")


class DaysNeeded(InvalidInput):
    code = "days_out_of_range"
    sentence = _("Please say for how many days, from 1 to %(most)s.")


class Return(NamedTuple):
    """Which expiry is to be undone, and for how many days its points live then."""

    entry_id: UUID
    days: int


@dataclass(frozen=True, slots=True)
class Expiry:
    """What one expiry took, what of it has not come back, and until when it can (exclusive)."""

    entry_id: UUID
    account_id: int
    currency: Currency
    expired_at: datetime
    amount: int
    left: int

    @property
    def ends_at(self) -> datetime:
        return self.expired_at + timedelta(days=self.currency.reinstate_days)


def offers(account_id: int, *, now: datetime) -> list[Expiry]:
    """What can be given back to an account now, the latest expiry first. Two queries."""
    longest = max((unit.reinstate_days for unit in accounts.currencies().values()), default=0)
    rows = _expiries(account_id).filter(effective_at__gt=now - timedelta(days=longest)).order_by("-effective_at", "-id")
    return [each for each in map(_expiry, rows) if each.left > 0 and now < each.ends_at]


def check(*, account_id: int, back: Return, amount: int, now: datetime) -> Expiry:
    """The expiry that ``back`` means; raises what speaks against giving ``amount`` of it back at ``now``."""
    row = _expiries(account_id).filter(pk=back.entry_id).first()
    if row is None:
        raise NothingExpired(param="expiry")
    if not 1 <= back.days <= LONGEST:
        raise DaysNeeded(param="days", most=LONGEST)
    found = _expiry(row)
    if now >= found.ends_at:
        raise TooLate(param="expiry", days=found.currency.reinstate_days)
    if not 0 < amount <= found.left:
        raise MoreThanExpired(param="amount", left=found.left)
    return found


@transaction.atomic
def reinstate(
    *, account_id: int, entry_id: UUID, amount: int, days: int, reason: str, now: datetime, asked_at: datetime
) -> Entry:
    """Gives ``amount`` of what expiry ``entry_id`` took back to its lots, after settling what is due.

    The points live until the 24:00 that ends the business day ``days`` days from now; debt is paid
    first. Whether it is in time is judged by ``asked_at``, so nobody loses by waiting for a colleague.
    Raises ``NothingExpired``, ``TooLate``, ``MoreThanExpired``, ``AccountFrozen``.
    """
    accounts.lock_active(account_id)
    expiry = check(account_id=account_id, back=Return(entry_id, days), amount=amount, now=asked_at)
    policy = programme.current()
    day_of = store.days_of(policy)
    book = store.load([account_id], with_lots=[account_id])
    purse = Purse(account_id, expiry.currency.pk)
    book.settle(purse, now, day_of)
    taken = shares(entry_id)
    book.take_in(lot for lot in store.lots([s.lot_id for s in taken if s.lot_id]) if lot.entry_id not in book.born)
    back = moving.unwind(taken, amount, {lot.id: lot for lot in book.born.values()})
    until = policy.end_of(day_of(now) + timedelta(days=days))
    for lot, _part in back.parts:
        moving.extend(book, lot, until)
    entry = moving.give_back(
        book,
        purse,
        back,
        counter=Entry.Counter.EXPIRED,
        stamp=Stamp(now, day_of(now), now),
        day_of=day_of,
        reverses_id=entry_id,
        memo=reason,
    )
    store.write(book)
    return Entry.objects.get(pk=entry.id)


def _expiries(account_id: int) -> QuerySet[Entry]:
    taken = Entry.objects.filter(account=account_id, counter=Entry.Counter.EXPIRED, amount__lt=0)
    return taken.select_related("currency").annotate(back=Sum("reversals__amount", default=0))


def _expiry(entry: Entry) -> Expiry:
    back: int = vars(entry)["back"]  # annotated by _expiries
    return Expiry(
        entry_id=entry.pk,
        account_id=entry.account_id,
        currency=entry.currency,
        expired_at=entry.effective_at,
        amount=-entry.amount,
        left=-entry.amount - back,
    )


def shares(entry_id: UUID) -> Sequence[Share]:
    """What the expiry took of each lot, less what came back since."""
    rows = Allocation.objects.filter(entry_id=entry_id) | Allocation.objects.filter(entry__reverses=entry_id)
    taken: dict[UUID | None, int] = defaultdict(int)
    for lot_id, amount in rows.exclude(kind=Allocation.Kind.REPAY).order_by("id").values_list("lot_id", "amount"):
        taken[lot_id] += amount
    return [Share(lot_id, amount) for lot_id, amount in taken.items()]
