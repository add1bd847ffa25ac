"""The share of newly issued points that goes into a shared purse by itself, once they can be spent.

Exactly once for each lot: the transfer's key names the lot, and the member's lock is held while it is
written. Two callers, one deed: a follower of the event pipeline, so that what a purchase earned is
shared at once, and a job, for points that ripen by time and purses that were busy. The follower already
holds members' locks, so it must not wait for a purse's lock (which may come before them in the order);
a purse that is busy is left to the job.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple
from uuid import UUID

from django.db.models import Exists, F, OuterRef, QuerySet

from loyalty import accounts, bulk, retrying
from loyalty.asking import Question
from loyalty.ledger.handing import Hands
from loyalty.ledger.rows import Part
from loyalty.models import Account, Entry, Lot, PoolMembership, Transfer, TransferPart
from loyalty.registry import Happening

KEY = "pool:new:"
RANGE = 500


class Due(NamedTuple):
    """A lot of which ``percent`` belongs into a purse."""

    entry_id: UUID
    account_id: int
    purse_account_id: int
    percent: int


def follow(moved: Sequence[int], causes: Mapping[int, UUID], now: datetime) -> Sequence[Happening]:
    """Shares what the events of a batch just gave; one query where nobody of it shares a purse."""
    del causes
    if people := [account_id for (account_id,) in _SHARED_BY(moved)]:
        due = _due(people, now)
        free = _lock_free({each.purse_account_id for each in due})
        _share([each for each in due if each.purse_account_id in free], now)
    return ()


def contribute_due(*, now: datetime) -> int:
    """Shares what has become spendable since, in ranges of members; returns how many lots. Again, it finds none."""
    done, after = 0, 0
    people = _sharing().order_by("account_id").values_list("account_id", flat=True)
    while batch := list(people.filter(account_id__gt=after)[:RANGE]):
        done += retrying.atomically(partial(_contribute, batch, now))
        after = batch[-1]
    return done


def _sharing() -> QuerySet[PoolMembership]:
    return PoolMembership.objects.filter(left_at=None, percent__gt=0)


_SHARED_BY = Question(
    lambda account_ids: _sharing().filter(bulk.among("account_id", account_ids)).values_list("account_id")
)


def _contribute(people: Collection[int], now: datetime) -> int:
    due = _due(people, now)
    if not due:
        return 0
    accounts.lock({account_id for each in due for account_id in (each.account_id, each.purse_account_id)})
    return _share([each for each in _due(people, now) if each in due], now)


def _due(people: Collection[int], now: datetime) -> list[Due]:
    """Lots issued since their owner joined, spendable by now, of which nothing was shared yet."""
    share = "account__pool_memberships"
    shared = TransferPart.objects.filter(source=OuterRef("pk"), transfer__key__startswith=KEY)
    active = {"account__status": Account.Status.ACTIVE, "account__spending_stopped_at": None}
    purse = {f"{share}__left_at": None, f"{share}__pool__account__status": Account.Status.ACTIVE}
    lots = (
        Lot.objects.open()
        .filter(account_id__in=people, entry__counter=Entry.Counter.ISSUED, currency__is_spendable=True, **active)
        .filter(earned_at__gte=F(f"{share}__joined_at"), available_at__lte=now, **purse)
        .annotate(percent=F(f"{share}__percent"), whole=F("amount") * F(f"{share}__percent"))
        .filter(~Exists(shared), whole__gte=100)
        .order_by("account_id", "id")
    )
    return [Due(*row) for row in lots.values_list("entry_id", "account_id", f"{share}__pool__account_id", "percent")]


def _lock_free(purses: Collection[int]) -> set[int]:
    """Locks those purses that nobody else has locked."""
    rows = Account.objects.select_for_update(no_key=True, of=("self",), skip_locked=True).filter(id__in=purses)
    return set(rows.order_by("id").values_list("id", flat=True)) if purses else set()


def _share(due: Sequence[Due], now: datetime) -> int:
    """Moves the shares, rounded down; of a lot that is partly spent at most what is left."""
    if not due:
        return 0
    hands = Hands.over({account_id for each in due for account_id in (each.account_id, each.purse_account_id)}, now)
    done = 0
    for each in due:
        lot = hands.book.born.get(each.entry_id)
        if lot is None or lot.activated_at is None:
            continue
        amount = min(lot.amount * each.percent // 100, lot.remaining)
        if amount:
            wanted = Transfer(
                key=f"{KEY}{lot.id.hex}",
                kind=Transfer.Kind.POOL_IN,
                giver_id=each.account_id,
                receiver_id=each.purse_account_id,
                currency_id=lot.purse.currency_id,
            )
            hands.carry(wanted, [Part(lot, amount)], origin_id=each.account_id)
            done += 1
    hands.write()
    return done
