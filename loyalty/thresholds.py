"""How much each role may do alone, and whether several small asks of one person are one big one.

Asked by ``loyalty.approvals`` while the asker's row is locked, so that asks in parallel are judged
one after the other. Several asks are taken together where they are for one account by hand, or are
files, within 24 hours; each must be within the limit by itself, for what is over it waits anyway.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple, TypeAlias

from django.db.models import F, Max, QuerySet, Sum
from django.db.models.functions import Abs

from loyalty import bulk, programme
from loyalty.models import AdjustmentLine, Approval, Threshold, User

Deed: TypeAlias = Threshold.Deed
SPLIT_WITHIN = timedelta(hours=24)
LIVE = (Approval.State.WAITING, Approval.State.APPROVED)


class Limits(NamedTuple):
    """What somebody may do with one deed."""

    alone: int = 0
    a_day: int = 0
    may_approve: bool = False


class Verdict(NamedTuple):
    """Whether a deed may be done at once, or looks like a part of a bigger one; and the limit it was judged by."""

    alone: bool = False
    is_split: bool = False
    limit: int = 0


def limits(user: User, deed: str) -> Limits:
    """The highest limits of the user's roles; superusers have the highest of any role."""
    if not (user.is_active and user.is_staff):
        return Limits()
    rows = Threshold.objects.filter(deed=deed)
    rows = rows if user.is_superuser else rows.filter(group__user=user)
    highest = rows.aggregate(alone=Max("points_alone"), a_day=Max("points_a_day"))
    may = user.is_superuser or rows.filter(may_approve=True).exists()
    return Limits(highest["alone"] or 0, highest["a_day"] or 0, may)


def judge(*, deed: str, size: int, shares: Mapping[int, int], by: User, now: datetime) -> Verdict:
    """May ``by`` do a deed of ``size`` points alone? ``shares`` is what each account has of it.

    What looks split marks the asks it belongs to as well.
    """
    limit = limits(by, deed)
    lately = Approval.objects.filter(asked_by=by, state__in=LIVE, asked_at__gt=now - SPLIT_WITHIN)
    if deed == Deed.BULK:
        parts = _files_split(lately, size, limit) or _hands_split(lately, shares, limits(by, Deed.ADJUST))
    else:
        [account_id] = shares
        parts = _asks_split(lately, deed, account_id, size, limit)
    if parts:
        Approval.objects.filter(pk__in=parts).update(is_suspicious=True)
        return Verdict(False, True, limit.alone)
    is_within = size <= limit.alone and size + _today(by, deed, now) <= limit.a_day
    return Verdict(is_within, False, limit.alone)


def _today(by: User, deed: str, now: datetime) -> int:
    """What they have done alone since the business day began."""
    policy = programme.current()
    day = policy.day_of(now)
    since = policy.start_of(day)
    done = Approval.objects.filter(asked_by=by, deed=deed, asked_at__gte=since, decided_by=None)
    return done.filter(state=Approval.State.APPROVED).aggregate(total=Sum(Abs("amount")))["total"] or 0


def _asks_split(lately: QuerySet[Approval], deed: str, account_id: int, size: int, limit: Limits) -> set[int]:
    """Asks for one account, and lines of files that adjust it, that are over the limit with this one."""
    parts = list(_small(lately.filter(deed=deed, account_id=account_id), limit))
    if deed == Deed.ADJUST:
        lines = AdjustmentLine.objects.filter(account_id=account_id, file__approval__in=lately.filter(deed=Deed.BULK))
        filed = lines.annotate(size=Abs("amount"), ask=F("file__approval_id")).filter(size__lte=limit.alone)
        parts += filed.values_list("ask", "size")
    return _over(parts, size, limit)


def _files_split(lately: QuerySet[Approval], size: int, limit: Limits) -> set[int]:
    """Files that are over the limit together with this one."""
    return _over(_small(lately.filter(deed=Deed.BULK), limit), size, limit)


def _hands_split(lately: QuerySet[Approval], shares: Mapping[int, int], limit: Limits) -> set[int]:
    """Asks by hand for accounts of a file that are over the limit by hand with the file's share."""
    asks = lately.filter(bulk.among("account_id", sorted(shares)), deed=Deed.ADJUST)
    found = asks.annotate(size=Abs("amount")).filter(size__lte=limit.alone).values_list("account_id", "pk", "size")
    by_account: dict[int, list[tuple[int, int]]] = {}
    for account_id, ask, amount in found:
        if account_id is not None:
            by_account.setdefault(account_id, []).append((ask, amount))
    return {ask for account_id, parts in by_account.items() for ask in _over(parts, shares[account_id], limit)}


def _small(asks: QuerySet[Approval], limit: Limits) -> Iterable[tuple[int, int]]:
    return asks.annotate(size=Abs("amount")).filter(size__lte=limit.alone).values_list("pk", "size")


def _over(parts: Iterable[tuple[int, int]], size: int, limit: Limits) -> set[int]:
    """The asks that go over the limit together with one of ``size``, each of which is within it."""
    known = list(parts)
    together = size + sum(amount for _ask, amount in known)
    return {ask for ask, _amount in known} if size <= limit.alone < together else set()
