"""Imports in the background: a run of the job ``import_orders`` for each start of an import.

The run's row is written with the deed, so the next tick finds it even if the hint to a worker is
lost; its lease keeps two workers from one file, and a run cut short is taken up again. Periods are
``<import>.<start>``; besides, the job has a period a day, in which old files are forgotten.
"""

import logging
import time
from datetime import datetime, timedelta
from functools import partial

from celery import current_app
from django.db import transaction

from loyalty.imports import running
from loyalty.imports.columns import Plan
from loyalty.imports.refusals import ImportBusy
from loyalty.models import ImportJob, JobRun
from loyalty.registry import Stride

logger = logging.getLogger(__name__)
JOB = "import_orders"
RUN_TASK = "loyalty.tasks.run_job"
HINT_SECONDS = 60
STRIDE_SECONDS = 20.0
REHEARSE, IMPORT = "try", "run"
KEPT = timedelta(days=30)


@transaction.atomic
def start(*, job_id: int, plan: Plan, rehearsal: bool, now: datetime, force: bool = False) -> None:
    """Hands an import, or a dry run of it, to a worker. Raises ``ImportBusy`` while one is under way,
    and what ``running.refuse_known`` does."""
    job = ImportJob.objects.select_for_update().get(pk=job_id)
    if job.state == ImportJob.State.DONE or under_way(job_id=job_id):
        raise ImportBusy
    if not force and not rehearsal:
        running.refuse_known(partner_id=job.partner_id, file_hash=job.file_hash, apart_from=job.pk)
    if not job.next_row:
        job.mapping, job.counts, job.error = plan.stored(), {}, ""
    job.state = ImportJob.State.UPLOADED if rehearsal else ImportJob.State.RUNNING
    job.save(update_fields=["mapping", "counts", "error", "state"])
    starts = JobRun.objects.filter(job=JOB, period__startswith=f"{job_id}.").count()
    period = f"{job_id}.{starts + 1}.{REHEARSE if rehearsal else IMPORT}"
    JobRun.objects.create(
        job=JOB, period=period, state=JobRun.State.RUNNING, attempts=0, leased_until=now, started_at=now
    )
    transaction.on_commit(partial(_hint, period, now), robust=True)


def under_way(*, job_id: int) -> bool:
    """Whether a worker has it, or is about to."""
    return JobRun.objects.filter(job=JOB, period__startswith=f"{job_id}.", state=JobRun.State.RUNNING).exists()


def stride(*, period: str, now: datetime) -> Stride:
    """Some twenty seconds' worth of one import; a dry run is done in one go."""
    number, _, rest = period.partition(".")
    if rest.endswith(REHEARSE):
        running.rehearse_job(job_id=int(number), now=now)
        return Stride("")
    deadline = time.monotonic() + STRIDE_SECONDS
    job = running.proceed(job_id=int(number), now=now, halt=lambda: time.monotonic() >= deadline)
    return Stride(str(job.next_row) if job.state == ImportJob.State.RUNNING else "")


def forget(*, now: datetime) -> int:
    """Deletes the files of imports that were done, or given up, a month ago; their reports stay."""
    old = ImportJob.objects.exclude(file="").filter(created_at__lt=now - KEPT).exclude(state=ImportJob.State.RUNNING)
    jobs = list(old[:100])
    for job in jobs:
        job.file.delete(save=False)
        ImportJob.objects.filter(pk=job.pk).update(file="")
    return len(jobs)


def _hint(period: str, now: datetime) -> None:
    """A broker that is down is not our trouble: the next tick finds the run."""
    try:
        words = (JOB, period, now.isoformat())
        current_app.send_task(RUN_TASK, args=words, retry=False, expires=HINT_SECONDS, ignore_result=True)
    except Exception:
        logger.warning("The broker takes no hints; the next tick takes up the import", exc_info=True)
