"""Opening and locking purses. The lock is the first step of every move on the books."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from loyalty import bulk, ids
from loyalty.asking import Question
from loyalty.configuration import Kept
from loyalty.errors import LoyaltyError, NotFound
from loyalty.models import Account, Currency


class AccountNotFound(NotFound):
    """No such account, or not within the caller's reach."""

    code = "member_not_found"
    sentence = _("We could not find this member. Please check the number.")


class AccountFrozen(LoyaltyError):
    """The account is suspended: nothing can be spent or earned by hand."""

    code = "member_frozen"
    sentence = _("This membership is suspended. Please contact the shop.")
    status = 423


class SpendingStopped(LoyaltyError):
    """The books of the account are in doubt, or it owes too much: it goes on earning and can't spend."""

    code = "spending_stopped"
    sentence = _("Your points are being checked. You can go on collecting; please try again tomorrow.")
    status = 423


class Locked(NamedTuple):
    """What the lock reads on the way: enough to judge and to reckon days."""

    status: str
    timezone: str
    spending_stopped_at: datetime | None = None
    merged_into_id: int | None = None


_LOCKING = Question(
    lambda account_ids: (
        Account.objects.select_for_update(no_key=True, of=("self",))
        .filter(bulk.among("id", account_ids))
        .order_by("id")
        .values_list("id", "status", "timezone", "spending_stopped_at", "merged_into_id")
    )
)
_CURRENCIES = Kept(Question(Currency.objects.all))


def lock(account_ids: Collection[int]) -> dict[int, Locked]:
    """Locks the accounts in ascending order until the transaction ends, and reads them.

    All deeds take these locks first and in this order, so they can wait but never deadlock. On
    SQLite the transaction itself is the lock (IMMEDIATE).
    """
    return {row[0]: Locked(*row[1:]) for row in _LOCKING(account_ids)}


def lock_living(account_id: int) -> Locked:
    """Locks one account, suspended ones too; raises ``AccountNotFound`` where it was closed, merged or forgotten."""
    found = lock([account_id]).get(account_id)
    if found is None or found.status == Account.Status.CLOSED:
        raise AccountNotFound
    return found


def lock_active(account_id: int) -> Locked:
    """Locks one account; raises ``AccountNotFound`` or ``AccountFrozen``."""
    found = lock_living(account_id)
    if found.status == Account.Status.FROZEN:
        raise AccountFrozen
    return found


def lock_spending(account_id: int) -> Locked:
    """Locks one account for taking points from it; raises ``SpendingStopped`` and what ``lock_active`` does."""
    found = lock_active(account_id)
    if found.spending_stopped_at is not None:
        raise SpendingStopped
    return found


def check_digit(digits: str) -> str:
    """The Luhn check digit of ``digits`` (ISO/IEC 7812-1)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def new_number() -> str:
    """Twelve digits, the last a check digit, so a mistyped number is caught at the till."""
    body = ids.digits(11)
    return body + check_digit(body)


def open_account(*, now: datetime) -> Account:
    """Opens a purse under a fresh number; a number that is taken is drawn again."""
    while True:
        try:
            with transaction.atomic():
                return Account.objects.create(number=new_number(), opened_at=now)
        except IntegrityError:
            continue


def currencies() -> dict[str, Currency]:
    """Every currency by code: a handful of rows."""
    return {currency.code: currency for currency in _CURRENCIES()}


def living(account_ids: Collection[int]) -> dict[int, int]:
    """Each account → the one it lives on in: itself, unless it was merged. One query more for each merge in a row."""
    found = {account_id: account_id for account_id in account_ids}
    while found:
        merged = Account.objects.filter(id__in=set(found.values()), merged_into__isnull=False)
        steps = dict(merged.values_list("id", "merged_into_id"))
        if not steps:
            break
        found = {first: steps.get(last, last) for first, last in found.items()}
    return found


def family(account_id: int) -> frozenset[int]:
    """The account and all that were merged into it, one after the other. One query more for each merge in a row."""
    found, last = {account_id}, {account_id}
    while last:
        last = set(Account.objects.filter(merged_into__in=last).values_list("id", flat=True)) - found
        found |= last
    return frozenset(found)
