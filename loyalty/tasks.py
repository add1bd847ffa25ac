"""What Celery runs: thin faces over jobs and the outbox. A message carries no truth of its own."""

from datetime import datetime

from celery import shared_task

from loyalty import clock, jobs, outbox
from loyalty.registry import Job, registry

STALE_SECONDS = 300


@shared_task
def tick() -> int:
    """Look for due work and hand each piece to a worker; repeats are refused by the claim."""
    found = jobs.tick(now=clock.now())
    for work in found:
        run_job.apply_async((work.job.code, work.period, work.as_of.isoformat()), expires=STALE_SECONDS)
    return len(found)


@shared_task
def run_job(code: str, period: str, as_of: str) -> None:
    """Do one period of one job; nothing happens where it is done, running or no longer known."""
    job = registry.find(Job, code)
    if job is not None:
        jobs.perform(jobs.Due(job, period, datetime.fromisoformat(as_of)), now=clock.now())


@shared_task
def drain_outbox() -> int:
    """Deliver what is due."""
    return outbox.drain(now=clock.now()).delivered
