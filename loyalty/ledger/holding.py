"""Setting points aside for a while: a till that is still taking payment, a reward not yet handed over.

A hold ends once: it is captured (in part or whole), released, or lapses by itself. What ended never
changes, so a repeated ending is answered from the row without a lock. Locks are taken in the order
account → hold. Whoever settles a book lets lapse what is due, so nobody waits for the job.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from loyalty import accounts, bulk, faults, programme, retrying
from loyalty.errors import Conflict, NotFound
from loyalty.ledger import expiring, store
from loyalty.ledger.book import Book, DayOf, NotEnough
from loyalty.ledger.rows import Purse, Stamp
from loyalty.ledger.spending import InsufficientPoints, NotSpendable
from loyalty.models import Currency, Entry, Hold, HoldPart, Partner
from loyalty.models.ledger import LIMIT

LASTS = timedelta(minutes=15)
LONGEST = timedelta(hours=24)
RANGE = 500
_PART = ("hold_id", "lot_id", "amount")
Deed = Callable[[Book, Stamp, DayOf], None]


class HoldNotFound(NotFound):
    """No such hold, or it is another partner's."""

    code = "hold_not_found"
    sentence = _("There is no hold of yours with this id.")


class HoldMismatch(Conflict):
    """The key was used before with other content."""

    code = "hold_mismatch"
    sentence = _("This id already belongs to another hold. Please take a fresh one.")


class HoldEnded(Conflict):
    """The hold ended before, and otherwise than asked now."""

    code = "hold_ended"
    sentence = _("This hold has ended already (%(state)s). To set points aside again, please make a new one.")
    state: str | Promise


def hold(
    *,
    account_id: int,
    amount: int,
    key: str,
    now: datetime,
    currency: str = "points",
    lasts: timedelta = LASTS,
    partner: Partner | None = None,
    memo: str = "",
) -> Hold:
    """Sets ``amount`` > 0 aside until ``now + lasts``, that instant excluded; at most 24 hours.

    ``key`` is the partner's own, or the product's where there is none; the same key with the same
    content is the first hold, whatever became of it. Raises ``HoldMismatch``, ``InsufficientPoints``,
    ``NotSpendable``, ``SpendingStopped``, ``AccountFrozen``, ``AccountNotFound`` or a fault of what was sent.
    """
    unit = _checked(amount, currency, lasts)
    wanted = Hold(
        key=key_of(key, partner),
        partner=partner,
        account_id=account_id,
        currency=unit,
        amount=amount,
        memo=memo,
        fingerprint=_fingerprint(account_id, unit.pk, amount, lasts, memo),
        held_at=now,
        lapses_at=now + lasts,
    )
    return _first(wanted) or retrying.atomically(lambda: _hold(wanted, now))


def key_of(key: str, partner: Partner | None) -> str:
    """The key in the table: a partner's keys are its own name space."""
    return f"{partner.code}:hold:{key}" if partner else key


def find(*, hold_id: UUID | None = None, key: str = "", partner: Partner | None = None) -> Hold:
    """The hold of that id or key; a partner finds its own only. Raises ``HoldNotFound``."""
    named = Hold.objects.filter(pk=hold_id) if hold_id else Hold.objects.filter(key=key_of(key, partner))
    mine = named.filter(partner=partner) if partner else named
    found = mine.select_related("account", "currency", "partner").first()
    if found is None:
        raise HoldNotFound(param="id")
    return found


def capture(
    *,
    now: datetime,
    hold_id: UUID | None = None,
    key: str = "",
    amount: int | None = None,
    partner: Partner | None = None,
) -> Hold:
    """Takes ``amount`` of the hold (all of it where none is given) as one entry; the rest goes back.

    Captured before for the same amount: the hold as it ended then. Raises ``HoldNotFound``,
    ``OutOfRange``, ``HoldEnded``, ``SpendingStopped``, ``AccountFrozen`` or ``AccountNotFound``.
    """
    found = find(hold_id=hold_id, key=key, partner=partner)
    taken = found.amount if amount is None else amount
    if not 1 <= taken <= found.amount:
        raise faults.OutOfRange(param="amount", minimum=1, maximum=found.amount)

    def take(book: Book, stamp: Stamp, day_of: DayOf) -> None:
        book.capture(found.pk, taken, counter=Entry.Counter.REDEEMED, stamp=stamp, day_of=day_of, memo=found.memo)

    return _end(found, Hold.State.CAPTURED, taken, take, now)


def release(*, now: datetime, hold_id: UUID | None = None, key: str = "", partner: Partner | None = None) -> Hold:
    """Gives the hold back to the lots it came from; what is past its deadline expires at once.

    Released before: the hold as it ended then. A suspended account's hold may be released. Raises
    ``HoldNotFound`` or ``HoldEnded``.
    """
    found = find(hold_id=hold_id, key=key, partner=partner)

    def give_back(book: Book, stamp: Stamp, day_of: DayOf) -> None:
        book.release(found.pk, at=stamp.effective_at, now=stamp.recorded_at, day_of=day_of)

    return _end(found, Hold.State.RELEASED, 0, give_back, now)


def lapse_due(*, now: datetime) -> int:
    """Settles accounts with holds whose time is over; how many holds lapsed. Again, it finds none."""
    due = Hold.objects.filter(state=Hold.State.HELD, lapses_at__lte=now).order_by("account_id")
    before, after = due.count(), 0
    while batch := list(due.filter(account_id__gt=after).values_list("account_id", flat=True).distinct()[:RANGE]):
        retrying.atomically(partial(expiring.settle, batch, now=now))
        after = batch[-1]
    return before - due.count()


def state_at(found: Hold, now: datetime) -> Hold.State:
    """What the hold is at ``now``, though no job has let it lapse yet."""
    is_over = found.state == Hold.State.HELD and found.lapses_at <= now
    return Hold.State.LAPSED if is_over else Hold.State(found.state)


def _checked(amount: int, currency: str, lasts: timedelta) -> Currency:
    if not 1 <= amount <= LIMIT:
        raise faults.OutOfRange(param="amount", minimum=1, maximum=LIMIT)
    if not timedelta() < lasts <= LONGEST:
        raise faults.OutOfRange(param="lasts_seconds", minimum=1, maximum=int(LONGEST.total_seconds()))
    units = accounts.currencies()
    unit = units.get(currency)
    if unit is None:
        raise faults.InvalidChoice(param="currency", choices=", ".join(units))
    if not unit.is_spendable:
        raise NotSpendable(currency=unit.name)
    return unit


def _fingerprint(account_id: int, currency_id: int, amount: int, lasts: timedelta, memo: str) -> str:
    content = f"{account_id}\n{currency_id}\n{amount}\n{lasts.total_seconds()}\n{memo}"
    return hashlib.sha256(content.encode()).hexdigest()


def _first(wanted: Hold) -> Hold | None:
    """What this key has set aside already, if anything."""
    first = Hold.objects.select_related("account", "currency", "partner").filter(key=wanted.key).first()
    if first is not None and first.fingerprint != wanted.fingerprint:
        raise HoldMismatch
    return first


def _hold(wanted: Hold, now: datetime) -> Hold:
    accounts.lock_spending(wanted.account_id)
    if first := _first(wanted):
        return first
    try:
        with transaction.atomic():
            wanted.save(force_insert=True)
    except IntegrityError:  # the same key for another account, just now
        raise HoldMismatch from None
    purse = Purse(wanted.account_id, wanted.currency_id)
    book = store.load([wanted.account_id], with_lots=[wanted.account_id])
    book.settle(purse, now, store.days_of(programme.current()))
    try:
        aside = book.set_aside(purse, wanted.amount, hold_id=wanted.pk, lapses_at=wanted.lapses_at)
    except NotEnough as refusal:
        raise InsufficientPoints(missing=refusal.missing) from refusal
    store.write(book)
    bulk.insert(HoldPart, _PART, [(wanted.pk, part.lot.id, part.amount) for part in aside.parts])
    return wanted


def _end(found: Hold, state: Hold.State, captured: int, deed: Deed, now: datetime) -> Hold:
    return _ended(found, state, captured) or retrying.atomically(
        lambda: _end_under_lock(found, state, captured, deed, now)
    )


def _ended(found: Hold, state: Hold.State, captured: int) -> Hold | None:
    """The hold where it has ended just so; ``None`` while it is held."""
    if found.state == Hold.State.HELD:
        return None
    if (found.state, found.captured) != (state, captured):
        raise HoldEnded(state=found.get_state_display())
    return found


def _end_under_lock(found: Hold, state: Hold.State, captured: int, deed: Deed, now: datetime) -> Hold:
    if state == Hold.State.CAPTURED:
        accounts.lock_spending(found.account_id)
    else:
        accounts.lock([found.account_id])
    found.refresh_from_db()
    if ended := _ended(found, state, captured):
        return ended
    day_of = store.days_of(programme.current())
    book = store.load([found.account_id], with_lots=[found.account_id])
    book.settle(Purse(found.account_id, found.currency_id), now, day_of)
    if found.pk not in book.holds:
        raise HoldEnded(state=Hold.State.LAPSED.label)
    deed(book, Stamp(now, day_of(now), now), day_of)
    store.write(book)
    found.refresh_from_db()
    return found
