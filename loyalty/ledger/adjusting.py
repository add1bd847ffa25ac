"""Giving or taking points by hand, and forgiving debt.

Who may, and who else must agree, is the business of ``loyalty.approvals``, which ties every entry made
here to the wish it fulfils, or to the line of a file; the auditor reports an entry without one.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from loyalty import accounts, programme, stopping
from loyalty.errors import LoyaltyError
from loyalty.ledger import lifetimes, spending, store
from loyalty.ledger.book import Book, NotEnough, Purse, Stamp
from loyalty.models import Account, Currency, Entry, Programme


class LessOwed(LoyaltyError):
    """More was to be forgiven than is owed by now."""

    code = "less_owed"
    sentence = _("Only %(owed)s points are owed by now. Please ask again for no more than that.")


class Step(NamedTuple):
    """One of many adjustments: ``amount`` positive or negative, never 0."""

    account_id: int
    amount: int
    reason: str


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
    stopping.release_if_paid([account_id])
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
    stopping.release_if_paid([account_id])
    return Entry.objects.get(pk=entry.id)


@transaction.atomic
def adjust_many(*, steps: Sequence[Step], unit: Currency, now: datetime) -> list[UUID | LoyaltyError]:
    """Does each step by itself, in their order: its entry's id, or what speaks against it.

    Locks all accounts first, in ascending order; settles what is due. The number of statements does
    not depend on the number of steps.
    """
    ids = sorted({step.account_id for step in steps})
    locked = accounts.lock(ids)
    running = programme.current()
    day_of = store.days_of(running)
    book = store.load(ids, with_lots=ids)
    for account_id in ids:
        book.settle(Purse(account_id, unit.pk), now, day_of)
    stamp = Stamp(now, day_of(now), now)
    done: list[UUID | LoyaltyError] = []
    for step in steps:
        try:
            _refuse(locked.get(step.account_id))
            done.append(_move(book, step, unit, running, stamp))
        except LoyaltyError as refusal:
            done.append(refusal)
    store.write(book)
    stopping.release_if_paid(ids)
    return done


def _refuse(account: accounts.Locked | None) -> None:
    if account is None or account.status == Account.Status.CLOSED:
        raise accounts.AccountNotFound
    if account.status == Account.Status.FROZEN:
        raise accounts.AccountFrozen


def _move(book: Book, step: Step, unit: Currency, running: Programme, stamp: Stamp) -> UUID:
    purse = Purse(step.account_id, unit.pk)
    counter = Entry.Counter.ADJUSTED
    if step.amount < 0:
        try:
            return book.debit(purse, -step.amount, counter=counter, stamp=stamp, memo=step.reason).id
        except NotEnough as refusal:
            raise spending.InsufficientPoints(missing=refusal.missing) from refusal
    _available_at, expires_at = lifetimes.span(unit, running, stamp.recorded_at)
    entry = book.credit(
        purse,
        step.amount,
        counter=counter,
        stamp=stamp,
        available_at=stamp.recorded_at,
        expires_at=expires_at,
        memo=step.reason,
    )
    return entry.id
