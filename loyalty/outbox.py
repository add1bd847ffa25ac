"""What must be told outside: written with the deed, delivered later, never lost.

:func:`enqueue` writes a row in the caller's transaction. :func:`drain` claims rows by pushing their
``due_at`` ahead (a lease), delivers them outside any transaction through the topic's contribution,
and writes what came of it, guarded by that same ``due_at``. A worker killed in between leaves rows
that fall due again, so a message arrives at least once: receivers tell repeats by its payload. The
hint sent after commit only saves waiting; the sweep every ten seconds needs no hint.
"""

import logging
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from celery import current_app
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F, Min, QuerySet

from loyalty import clock
from loyalty.models import OutboxMessage
from loyalty.registry import Topic, registry

logger = logging.getLogger(__name__)

RETRY_SECONDS = (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
JITTER = 0.1  # each wait is up to a tenth longer, so a receiver that comes back is not stormed
LEASE = timedelta(minutes=2)
SLICE = 20
KEPT = timedelta(days=30)
DRAIN_TASK = "loyalty.tasks.drain_outbox"
HINT_SECONDS = 60
SILENCE_SECONDS = 30.0


class Undeliverable(Exception):
    """A topic raises this where no later attempt can do better; the message is given up at once."""


@dataclass(slots=True)
class Drained:
    """What one drain did: messages delivered, put back for later, and given up."""

    delivered: int = 0
    retried: int = 0
    dead: int = 0


@dataclass(frozen=True, slots=True)
class Letter:
    """A message to be written; ``key`` is unique within its topic."""

    topic: str
    key: str
    payload: Mapping[str, Any]


def enqueue(*, topic: str, key: str, payload: Mapping[str, Any], now: datetime) -> None:
    """Leave one message in the caller's transaction; a second call with the key does nothing."""
    enqueue_many(letters=[Letter(topic, key, payload)], now=now)


def enqueue_many(*, letters: Sequence[Letter], now: datetime) -> None:
    """Leave many messages with one statement; raises outside a transaction, where one could be lost."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("A message belongs in the transaction of its deed.")
    rows = [
        OutboxMessage(
            topic=each.topic, key=f"{each.topic}:{each.key}", payload=each.payload, created_at=now, due_at=now
        )
        for each in letters
    ]
    if rows:
        OutboxMessage.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
        wake()


def wake() -> None:
    """After commit, hint that there is something to drain. A broker that is down is not our trouble."""
    if not any(_hint in hook for hook in connection.run_on_commit):
        transaction.on_commit(_hint, robust=True)


class _Silence:
    """Until when this process sends no hints, as the broker did not take the last one."""

    until = 0.0


def _hint() -> None:
    if time.monotonic() < _Silence.until:
        return
    try:
        current_app.send_task(DRAIN_TASK, retry=False, expires=HINT_SECONDS, ignore_result=True)
    except Exception:
        _Silence.until = time.monotonic() + SILENCE_SECONDS
        logger.warning("The broker takes no hints; the sweep will drain the outbox", exc_info=True)


def waiting() -> QuerySet[OutboxMessage]:
    """Messages neither delivered nor given up."""
    return OutboxMessage.objects.filter(delivered_at=None, dead_at=None)


def oldest_waiting(*, now: datetime) -> timedelta | None:
    """How long the oldest ready message has been ready; ``None`` if nothing is."""
    first: datetime | None = waiting().filter(due_at__lte=now).aggregate(first=Min("due_at"))["first"]
    return None if first is None else now - first


def drain(*, now: datetime, limit: int = 500) -> Drained:
    """Deliver up to ``limit`` messages that are due. Several drains at once share the work."""
    moment, done, left = clock.running_from(now), Drained(), limit
    while left > 0:
        claimed = _claim(now=moment(), count=min(SLICE, left))
        if not claimed:
            break
        left -= len(claimed)
        try:
            _deliver_all(claimed, moment, done)
        except (OperationalError, InterfaceError) as error:
            if connection.in_atomic_block:
                raise
            connection.close()
            _give_back(claimed, error, moment(), done)
    return done


def _claim(*, now: datetime, count: int) -> list[OutboxMessage]:
    """The oldest due rows, ours until their ``due_at``; rows another drain is claiming are skipped."""
    with transaction.atomic():
        rows = waiting().filter(due_at__lte=now).order_by("due_at", "pk")
        if connection.features.has_select_for_update_skip_locked:
            rows = rows.select_for_update(skip_locked=True, no_key=True)
        claimed = list(rows[:count])
        OutboxMessage.objects.filter(pk__in=[row.pk for row in claimed]).update(
            due_at=now + LEASE, attempts=F("attempts") + 1
        )
    for row in claimed:
        row.due_at, row.attempts = now + LEASE, row.attempts + 1
    return claimed


def _deliver_all(claimed: Sequence[OutboxMessage], moment: Callable[[], datetime], done: Drained) -> None:
    """One after the other; rows there is no time left for go back as if never claimed."""
    for row in claimed:
        here = moment()
        if here > row.due_at - LEASE / 2:
            _write(row, due_at=here, attempts=row.attempts - 1)
            continue
        try:
            registry.get(Topic, row.topic).deliver(row.payload)
        except Exception as error:  # noqa: BLE001  # whatever a receiver does must not stop the others
            _put_back(row, error, moment(), done)
        else:
            _write(row, delivered_at=moment(), error="")
            done.delivered += 1


def _give_back(claimed: Sequence[OutboxMessage], error: Exception, now: datetime, done: Drained) -> None:
    """After the connection broke in the middle: what was claimed does not wait until the lease is out.

    Over a new connection the message at hand is put back as one that failed; those behind it fall due at
    once, as if never claimed.
    """
    left = set(
        waiting().filter(pk__in=[row.pk for row in claimed], due_at=claimed[0].due_at).values_list("pk", flat=True)
    )
    rows = [row for row in claimed if row.pk in left]
    for row in rows[:1]:
        _put_back(row, error, now, done)
    behind = waiting().filter(pk__in=[row.pk for row in rows[1:]], due_at=claimed[0].due_at)
    behind.update(due_at=now, attempts=F("attempts") - 1)


def _put_back(row: OutboxMessage, error: Exception, now: datetime, done: Drained) -> None:
    words = f"{type(error).__name__}: {error}"[:2000]
    logger.warning("Outbox message %s was not delivered (attempt %s): %s", row.key, row.attempts, words)
    if isinstance(error, Undeliverable) or row.attempts > len(RETRY_SECONDS):
        _write(row, dead_at=now, error=words)
        done.dead += 1
        return
    seconds = RETRY_SECONDS[row.attempts - 1] * (1 + JITTER * random.random())
    _write(row, due_at=now + timedelta(seconds=seconds), error=words)
    done.retried += 1


def _write(row: OutboxMessage, **changes: Any) -> None:
    """Note what came of a delivery, unless our lease ran out and another drain has the row."""
    if not waiting().filter(pk=row.pk, due_at=row.due_at).update(**changes):
        logger.warning("Outbox message %s was taken over by another drain", row.key)


def revive(*, ids: Sequence[int], now: datetime) -> int:
    """Put messages that were given up back in the queue with all their attempts; returns how many."""
    dead = OutboxMessage.objects.filter(pk__in=ids).exclude(dead_at=None)
    return dead.update(dead_at=None, attempts=0, due_at=now)


def prune(*, now: datetime) -> int:
    """Forget messages delivered long ago; what was given up stays until someone looks."""
    return OutboxMessage.objects.filter(delivered_at__lt=now - KEPT).delete()[0]
