"""Scheduled work: each period of each job is claimed by lease, and done once.

The row of :class:`JobRun` is the truth; a tick only means "look for due work", so missed, double
and late ticks do no harm. A run is kept by whoever wrote its ``leased_until`` last: every later
write is guarded by that value, so a worker that was thought dead cannot overwrite its successor.
``started_at`` is the instant the run works as of: it stays the same for every attempt, and for a
missed period it is the last instant of that period. A run that is cut short is done again from its
cursor, hence jobs must bear repetition of their last piece.
"""

import logging
import traceback
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from celery import current_app
from django.db import transaction
from django.db.models import F

from loyalty import clock, periods
from loyalty.models import JobRun
from loyalty.registry import Job, registry

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=15)  # longer than a task may run, so a living worker is never overtaken
BUDGET = timedelta(minutes=8)  # a walking job then hands over, and the next tick goes on
ATTEMPTS = 5
WAITS = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))
KEPT = timedelta(days=90)
RUN_TASK = "loyalty.tasks.run_job"
HINT_SECONDS = 60
HEARTBEAT: dict[str, Any] = {"job": "heartbeat", "period": "beat"}
RUNNING, DONE, FAILED = JobRun.State.RUNNING, JobRun.State.DONE, JobRun.State.FAILED


class LeaseLost(Exception):
    """Another worker has taken the run over; nothing of ours may be written any more."""


@dataclass(frozen=True, slots=True)
class Due:
    """One period of one job that somebody should do, and the instant it works as of."""

    job: Job
    period: str
    as_of: datetime


def due(*, now: datetime, as_of: datetime | None = None, codes: Collection[str] | None = None) -> list[Due]:
    """What should run: missed periods and the present one of each job, and what was cut short.

    ``as_of`` stands in for ``now`` where periods are named, not where leases are judged.
    """
    jobs = {job.code: job for job in registry.all(Job) if codes is None or job.code in codes}
    again = JobRun.objects.filter(job__in=jobs, leased_until__lte=now, attempts__lt=ATTEMPTS).exclude(state=DONE)
    found = [Due(jobs[run.job], run.period, run.started_at) for run in again.order_by("started_at", "pk")]
    return found + [each for job in jobs.values() for each in _new(job, as_of or now)]


def _new(job: Job, at: datetime) -> list[Due]:
    """Periods of one job that have no row yet, oldest first, so a crash between leaves no gap."""
    present = job.period(at)
    rows = JobRun.objects.filter(job=job.code)
    if rows.filter(period=present).exists():
        return []
    last = rows.filter(started_at__lte=at).order_by("-started_at").values_list("started_at", flat=True).first()
    missed = periods.missed(job.period, since=last, now=at, limit=job.catch_up) if last else []
    return [*(Due(job, job.period(end), end) for end in missed), Due(job, present, at)]


def claim(work: Due, *, now: datetime) -> JobRun | None:
    """The run, ours for :data:`LEASE`; ``None`` if it is done, parked or in other hands."""
    lease = now + LEASE
    start = {"state": RUNNING, "leased_until": lease, "started_at": work.as_of}
    run, is_new = JobRun.objects.get_or_create(job=work.job.code, period=work.period, defaults=start)
    if is_new:
        return run
    free = JobRun.objects.filter(pk=run.pk, leased_until__lte=now, attempts__lt=ATTEMPTS).exclude(state=DONE)
    if not free.update(state=RUNNING, leased_until=lease, attempts=F("attempts") + 1):
        return None
    run.refresh_from_db()
    return run


def perform(work: Due, *, now: datetime) -> JobRun | None:
    """Claim and do one period. A failure is recorded, tried again, and parked after five times.

    Returns the run as we left it, or ``None`` where it was not ours to do.
    """
    run = claim(work, now=now)
    if run is None:
        return None
    moment = clock.running_from(now)
    try:
        if work.job.walk is not None:
            _walk(work.job.walk, run, moment)
        elif work.job.run is not None:
            _finish(run, work.job.run(run.started_at, run.period), moment())
    except LeaseLost:
        logger.warning("Job %s %s was taken over by another worker", run.job, run.period)
    except Exception as error:
        logger.exception("Job %s %s failed", run.job, run.period)
        _fail(run, error, moment())
    return run


def run_due(*, now: datetime, as_of: datetime | None = None, codes: Collection[str] | None = None) -> list[JobRun]:
    """Do all that is due, here and one after the other; returns the runs that were ours."""
    runs = [perform(work, now=now) for work in due(now=now, as_of=as_of, codes=codes)]
    return [run for run in runs if run is not None]


def tick(*, now: datetime) -> list[Due]:
    """Leave a sign of life, park what keeps killing its worker, and say what is due."""
    beat = {"state": DONE, "leased_until": now, "started_at": now, "finished_at": now}
    JobRun.objects.update_or_create(**HEARTBEAT, defaults=beat)
    dead = JobRun.objects.filter(state=RUNNING, leased_until__lte=now, attempts__gte=ATTEMPTS)
    dead.update(state=FAILED, finished_at=now, error="The worker died each time.")
    return due(now=now)


def start(*, code: str, period: str, now: datetime) -> None:
    """Queues one run that no calendar brings about, in the transaction of the deed that wants it.

    The row is the truth; the hint to a worker only saves the wait for the next tick. The same period
    twice is refused by the database.
    """
    JobRun.objects.create(job=code, period=period, state=RUNNING, attempts=0, leased_until=now, started_at=now)
    transaction.on_commit(partial(_hint, code, period, now), robust=True)


def _hint(code: str, period: str, now: datetime) -> None:
    """A broker that is down is not our trouble: the next tick finds the run."""
    try:
        words = (code, period, now.isoformat())
        current_app.send_task(RUN_TASK, args=words, retry=False, expires=HINT_SECONDS, ignore_result=True)
    except Exception:
        logger.warning("The broker takes no hints; the next tick takes up %s %s", code, period, exc_info=True)


def heartbeat_age(*, now: datetime) -> timedelta | None:
    """How long ago a tick was carried out; ``None`` if none ever was."""
    last = JobRun.objects.filter(**HEARTBEAT).values_list("finished_at", flat=True).first()
    return None if last is None else now - last


def retry(*, run_id: int, now: datetime) -> bool:
    """Give a failed run five more attempts, the first at the next tick; False if it has not failed."""
    failed = JobRun.objects.filter(pk=run_id, state=FAILED)
    return failed.update(attempts=0, leased_until=now, finished_at=None) == 1


def prune(*, now: datetime) -> int:
    """Forget runs that were done long ago."""
    old = JobRun.objects.filter(state=DONE, finished_at__lt=now - KEPT)
    return old.delete()[0]


def _walk(walk: Callable[[datetime, str, str], Any], run: JobRun, moment: Callable[[], datetime]) -> None:
    """Pieces until the period is done or the budget spent; getting on wins back all attempts."""
    deadline = moment() + BUDGET
    while True:
        stride = walk(run.started_at, run.period, run.cursor)
        counts = _sum(run.counts, stride.counts)
        if not stride.cursor:
            _finish(run, counts, moment())
            return
        if stride.cursor == run.cursor:
            raise RuntimeError(f"The job stays at {run.cursor!r}")
        here = moment()
        if here >= deadline:
            _write(run, cursor=stride.cursor, counts=counts, attempts=0, leased_until=here)
            return
        _write(run, cursor=stride.cursor, counts=counts, attempts=1, leased_until=here + LEASE)


def _sum(first: Mapping[str, int], second: Mapping[str, int]) -> dict[str, int]:
    return {name: first.get(name, 0) + second.get(name, 0) for name in {**first, **second}}


def _finish(run: JobRun, counts: Mapping[str, int], now: datetime) -> None:
    _write(run, state=DONE, counts=dict(counts), finished_at=now, error="")


def _fail(run: JobRun, error: Exception, now: datetime) -> None:
    is_parked = run.attempts >= ATTEMPTS
    words = "".join(traceback.format_exception(error))[-4000:]
    again = now if is_parked else now + WAITS[run.attempts - 1]
    _write(run, state=FAILED, error=words, leased_until=again, finished_at=now if is_parked else None)


def _write(run: JobRun, **changes: Any) -> None:
    """Change the run where it is still ours; raises ``LeaseLost`` where it is not."""
    ours = JobRun.objects.filter(pk=run.pk, state=RUNNING, leased_until=run.leased_until)
    if not ours.update(**changes):
        raise LeaseLost
    for name, value in changes.items():
        setattr(run, name, value)
