"""Stopping and releasing the spending of accounts. Earning, refunds and corrections by staff go on.

Two things stop an account (``Account.spending_stopped_at``): a finding of the auditor that nobody has
released it from (``loyalty.findings``), and, where the programme freezes on debt, owing more than its
limit. It is released once neither holds any more.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F

from loyalty import accounts, programme
from loyalty.bookkeeping import Check
from loyalty.models import Account, Balance, Finding, Programme
from loyalty.registry import registry

RANGE = 500


@transaction.atomic
def stop(account_ids: Collection[int], *, now: datetime) -> int:
    """Stops these accounts; one that is stopped keeps its date. Returns how many were not."""
    stopped = 0
    for ids in _ranges(account_ids):
        accounts.lock(ids)
        stopped += Account.objects.filter(pk__in=ids, spending_stopped_at=None).update(spending_stopped_at=now)
    return stopped


@transaction.atomic
def release(account_ids: Collection[int]) -> int:
    """Releases those of the accounts that nothing stops any more; returns how many."""
    released = 0
    for ids in _ranges(account_ids):
        accounts.lock(ids)
        free = set(ids) - in_doubt(ids) - owing_too_much(ids)
        stopped = Account.objects.filter(pk__in=free, spending_stopped_at__isnull=False)
        released += stopped.update(spending_stopped_at=None)
    return released


def release_if_paid(account_ids: Collection[int]) -> int:
    """To be called where debt was paid or forgiven: releases whoever owes no more than the limit now.

    One query where none of them is stopped.
    """
    stopped = Account.objects.filter(pk__in=account_ids, spending_stopped_at__isnull=False)
    waiting = list(stopped.values_list("pk", flat=True)) if account_ids else []
    return release(waiting) if waiting else 0


def release_all() -> int:
    """Releases every account that nothing stops any more, for example after a change of the programme."""
    return release(list(Account.objects.filter(spending_stopped_at__isnull=False).values_list("pk", flat=True)))


def in_doubt(account_ids: Collection[int]) -> set[int]:
    """Accounts with an open finding that stops spending, which nobody has released them from."""
    harmless = [check.code for check in registry.all(Check) if not check.stops]
    rows = Finding.objects.filter(account_id__in=account_ids, gone_at=None, released_by=None)
    return set(rows.exclude(invariant__in=harmless).values_list("account_id", flat=True))


def owing_too_much(account_ids: Collection[int]) -> set[int]:
    """Accounts that owe more of a currency than the programme lets them spend with."""
    policy = programme.current()
    if policy.refund_shortfall != Programme.RefundShortfall.FREEZE:
        return set()
    rows = Balance.objects.filter(account_id__in=account_ids).annotate(owed=F("debt") + F("deferred"))
    return set(rows.filter(owed__gt=policy.debt_limit).values_list("account_id", flat=True))


def _ranges(account_ids: Collection[int]) -> Iterator[Sequence[int]]:
    """Ascending, as locks are taken."""
    ids = sorted(set(account_ids))
    for start in range(0, len(ids), RANGE):
        yield ids[start : start + RANGE]
