"""The nightly sweep: activates and expires what is due, account by account, in ranges.

Balances that people see never wait for it (``reading`` looks at the lots themselves); the sweep
makes the books say so, each entry dated at its true deadline.
"""

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from loyalty import accounts, programme
from loyalty.ledger import store
from loyalty.ledger.book import Purse
from loyalty.models import Lot

RANGE = 500


def due(now: datetime) -> Q:
    """Lots with something left whose activation or expiry has come."""
    return Q(remaining__gt=0) & (Q(expires_at__lte=now) | Q(activated_at=None, available_at__lte=now))


def sweep(*, now: datetime, after: int = 0, limit: int | None = None) -> tuple[int, int]:
    """Settles accounts with something due, from account id ``after`` up, ``limit`` ranges at most.

    Returns (moves, last account id). Running it again finds nothing more: what was settled is no
    longer due.
    """
    moves = 0
    for done, batch in enumerate(_ranges(now, after)):
        if limit is not None and done >= limit:
            break
        moves += settle(batch, now=now)
        after = batch[-1]
    return moves, after


def _ranges(now: datetime, after: int) -> Iterator[list[int]]:
    while True:
        ids = Lot.objects.filter(due(now), account_id__gt=after).order_by("account_id")
        batch = list(ids.values_list("account_id", flat=True).distinct()[:RANGE])
        if not batch:
            return
        yield batch
        after = batch[-1]


@transaction.atomic
def settle(account_ids: list[int], *, now: datetime) -> int:
    """Brings some accounts up to ``now`` in one transaction; returns the number of moves."""
    accounts.lock(account_ids)
    day_of = store.days_of(programme.current())
    book = store.load(account_ids, with_lots=account_ids)
    purses: list[Purse] = sorted(book.lots)
    moves = sum(book.settle(purse, now, day_of) for purse in purses)
    store.write(book)
    return moves
