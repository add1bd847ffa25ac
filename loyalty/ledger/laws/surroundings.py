"""Laws of what stands around the books: the outbox, the seals and the triggers."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import F, Q

from loyalty import configuration, outbox, sealing, triggers
from loyalty.bookkeeping import Breach
from loyalty.ledger.laws.lots import STALLED
from loyalty.ledger.laws.weighing import CUT, Scope
from loyalty.models import OutboxMessage

LONGEST_WAIT = timedelta(seconds=max(outbox.RETRY_SECONDS) * (1 + outbox.JITTER)) + outbox.LEASE


def messages_move(now: datetime, _accounts: Scope) -> Iterator[Breach]:
    """I22: each message is delivered, given up, or waits for a next attempt within its retry window.

    The window is by ``due_at`` and attempts, as a message that was given up may be put back later. Only
    what somebody outside must be told has a message; most entries have none.
    """
    waits = Q(delivered_at=None, dead_at=None)
    far = Q(due_at__gt=now + LONGEST_WAIT) & Q(due_at__gt=F("created_at") + LONGEST_WAIT)
    stuck = waits & (Q(due_at__lt=now - STALLED) | far | Q(attempts__gt=len(outbox.RETRY_SECONDS) + 1))
    both = Q(delivered_at__isnull=False, dead_at__isnull=False)
    rows = OutboxMessage.objects.filter(stuck | both).order_by()
    for key, attempts, due in rows.values_list("key", "attempts", "due_at")[:CUT]:
        yield Breach("I22", key[:120], f"attempts {attempts}, since {due:%Y-%m-%dT%H:%MZ}")


def seals_hold(_now: datetime, _accounts: Scope) -> Iterator[Breach]:
    """I24: every sealed row is as it was sealed."""
    for fault in sealing.faults():
        yield Breach("I24", f"{fault.chain} #{fault.number}", str(fault.text)[:300])


def triggers_stand(_now: datetime, _accounts: Scope) -> Iterator[Breach]:
    """T1: the triggers that keep the books append-only and watch the configuration are there and on."""
    standing = triggers.installed(connection)
    for trigger, table in triggers.names():
        if trigger not in standing:
            yield Breach("T1", table, f"trigger {trigger} is gone")
    for trigger, table in triggers.unwatched(connection, configuration.tables()):
        yield Breach("T1", table, f"trigger {trigger} is gone")
