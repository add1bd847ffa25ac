"""Import jobs: made, run batch by batch, gone on with after a stop, and never run twice.

``next_row`` counts the rows done and moves in the transaction of their batch, by an update that is
guarded by where it stood. So a killed run goes on at the batch it was in, and of two runs of one
job the slower stops without having written anything.
"""

import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from functools import partial

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import translation

from loyalty import bulk, findings, retrying
from loyalty.errors import LoyaltyError
from loyalty.imports import batches, documents, files
from loyalty.imports.columns import Plan
from loyalty.imports.documents import Document, Reading
from loyalty.imports.refusals import AlreadyImported, BadRows, FileForgotten, ImportUnfinished
from loyalty.imports.wording import Note
from loyalty.models import (
    Allocation,
    Balance,
    Decision,
    Entry,
    Event,
    ImportJob,
    ImportRow,
    Lot,
    Order,
    OrderLine,
    Partner,
    Tally,
    User,
)

logger = logging.getLogger(__name__)
UPLOADED, RUNNING, DONE, FAILED = (ImportJob.State(state) for state in ("uploaded", "running", "done", "failed"))
REHEARSED = "rehearsed"  # in ``counts``: these figures are of a dry run
LOOKED_AT = "looked_at"  # in ``counts``: rows a dry run under way has seen
WRITTEN = (Event, Decision, Order, OrderLine, Entry, Lot, Allocation, Balance, Tally)  # by many orders

Told = Callable[[ImportJob], None]
Halt = Callable[[], bool]


def create(
    *,
    partner: Partner,
    file_name: str,
    data: bytes,
    plan: Plan,
    now: datetime,
    created_by: User | None = None,
    force: bool = False,
) -> ImportJob:
    """Keeps the file and its plan as a job that has not begun; the file must be readable.

    Raises ``AlreadyImported`` or ``ImportUnfinished`` where the partner's same bytes came before,
    unless ``force``; orders that are there already are never taken twice all the same.
    """
    files.open_table(data)
    digest = files.fingerprint(data)
    if not force:
        refuse_known(partner_id=partner.pk, file_hash=digest)
    job = ImportJob(
        partner=partner,
        file_name=file_name[-200:],
        file_hash=digest,
        mapping=plan.stored(),
        created_by=created_by,
        created_at=now,
    )
    job.file.save(f"{digest[:16]}.data", ContentFile(data), save=False)
    job.save()
    return job


def refuse_known(*, partner_id: int, file_hash: str, apart_from: int = 0) -> None:
    """Raises where the same bytes of the same partner are in, or on their way."""
    known = ImportJob.objects.filter(partner=partner_id, file_hash=file_hash).exclude(pk=apart_from).order_by("pk")
    done = known.filter(state=DONE).first()
    if done is not None:
        raise AlreadyImported(number=done.pk)
    begun = known.filter(state__in=[RUNNING, FAILED], next_row__gt=0).first()
    if begun is not None:
        raise ImportUnfinished(number=begun.pk)


def table(job: ImportJob) -> files.Table:
    """The stored file, opened anew; raises ``FileForgotten`` a month on."""
    if not job.file:
        raise FileForgotten
    with job.file.open("rb") as stream:
        return files.open_table(files.take(stream))


def proceed(*, job_id: int, now: datetime, told: Told | None = None, halt: Halt = lambda: False) -> ImportJob:
    """Runs a job from where it stands until it is done, ``halt`` says so, or somebody else runs it.

    What is wrong with the file, and rows that can't be read unless the plan leaves them out, make
    the job fail before anything was imported: its ``error`` says why. Other failures are noted on
    the job and raised.
    """
    job = ImportJob.objects.select_related("partner").get(pk=job_id)
    if job.state == DONE:
        return job
    plan = Plan.load(job.mapping)
    with translation.override(plan.language or translation.get_language()):
        try:
            reading = _begin(job, plan)
            if reading is None:
                job.refresh_from_db()
            else:
                _run(job, reading, now, told or _quiet, halt)
        except LoyaltyError as refusal:
            _fail(job, refusal.message)
        except Exception as error:
            _fail(job, f"{type(error).__name__}: {error}"[:2000])
            raise
    return job


def rehearse(
    *, reading: Reading, partner: Partner, now: datetime, told: Callable[[int], None] = lambda _rows: None
) -> batches.Done:
    """What an import would do, with nothing written; ``told`` hears how many rows were looked at."""
    rehearsal, done = batches.Rehearsal(), batches.Done(notes=list(reading.bad))
    rows = reading.bad_rows
    done.counts["refused"] += reading.bad_rows
    for batch in _batches(reading.documents):
        part = batches.rehearse(batch, partner=partner, rehearsal=rehearsal, now=now)
        done.counts.update(part.counts)
        done.notes += part.notes
        rows += sum(len(document.rows) for document in batch)
        told(rows)
    return done


def rehearse_job(*, job_id: int, now: datetime) -> ImportJob:
    """A dry run of a job that has not begun: figures and rows are kept on it until it begins."""
    job = ImportJob.objects.select_related("partner").get(pk=job_id)
    plan = Plan.load(job.mapping)
    with translation.override(plan.language or translation.get_language()):
        try:
            reading = documents.read(table(job), plan)
            ImportRow.objects.filter(job=job).delete()
            _set(job, total_rows=reading.total_rows, next_row=0, error="")
            done = rehearse(reading=reading, partner=job.partner, now=now, told=lambda rows: _set(job, next_row=rows))
            report(job, done.notes)
            _set(job, state=UPLOADED, next_row=0, counts={**done.counts, REHEARSED: 1})
        except LoyaltyError as refusal:
            _set(job, error=refusal.message, counts={})
    return job


def report(job: ImportJob, notes: Sequence[Note]) -> None:
    """Keeps what there is to say of rows; a second note on one cell is dropped."""
    rows = [
        ImportRow(job=job, number=n.row, outcome=n.outcome, param=n.param[:60], message=n.message[:300]) for n in notes
    ]
    ImportRow.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)


def _begin(job: ImportJob, plan: Plan) -> Reading | None:
    """The file read anew; the first time its bad rows are reported. ``None`` if somebody else began."""
    reading = documents.read(table(job), plan)
    if job.next_row:
        _set(job, state=RUNNING, error="")
        return reading
    counts = {"refused": reading.bad_rows} if reading.bad_rows else {}
    first = {"state": RUNNING, "error": "", "total_rows": reading.total_rows, "counts": counts}
    with transaction.atomic():
        if not ImportJob.objects.filter(pk=job.pk, next_row=0).exclude(state=DONE).update(**first):
            return None
        ImportRow.objects.filter(job=job).delete()
        report(job, reading.bad)
    job.refresh_from_db()
    if reading.bad and not plan.skip_bad_rows:
        raise BadRows(count=len(reading.bad))
    return reading


def _run(job: ImportJob, reading: Reading, now: datetime, told: Told, halt: Halt) -> None:
    """The accounts that were touched are looked at by the auditor whenever this run pauses, and at the end."""
    touched: set[int] = set()
    for batch in _batches(_rest(job, reading)):
        ahead = max(job.next_row, reading.bad_rows) + sum(len(document.rows) for document in batch)
        done = retrying.atomically(partial(_step, job, batch, ahead, now))
        if done is None:
            job.refresh_from_db()
            return
        job.next_row, job.counts = ahead, dict(Counter(job.counts) + done.counts)
        touched |= done.accounts
        told(job)
        if halt():
            _look_into(touched, now)
            return
    _look_into(touched, now)
    ImportJob.objects.filter(pk=job.pk, state=RUNNING, next_row=job.next_row).update(
        state=DONE, next_row=reading.total_rows, finished_at=now
    )
    job.refresh_from_db()


def _look_into(accounts: Collection[int], now: datetime) -> None:
    """Asks the auditor; so many new rows would have the server plan its questions for empty tables."""
    bulk.reckon(*WRITTEN)
    findings.look(now=now, accounts=accounts)


def _rest(job: ImportJob, reading: Reading) -> Sequence[Document]:
    """What is still to be done. Rows that are left out count as done first, then documents in their order."""
    row = reading.bad_rows
    for place, document in enumerate(reading.documents):
        if row >= max(job.next_row, reading.bad_rows):
            return reading.documents[place:]
        row += len(document.rows)
    return []


def _step(job: ImportJob, batch: Sequence[Document], ahead: int, now: datetime) -> batches.Done | None:
    """One batch in one transaction; ``None`` where another run has moved the job meanwhile."""
    mine = ImportJob.objects.filter(pk=job.pk, state=RUNNING, next_row=job.next_row)
    if not mine.update(next_row=ahead):
        return None
    done = batches.post(batch, partner=job.partner, now=now)
    report(job, done.notes)
    ImportJob.objects.filter(pk=job.pk).update(counts=dict(Counter(job.counts) + done.counts))
    return done


def _batches(found: Sequence[Document]) -> Iterator[Sequence[Document]]:
    for start in range(0, len(found), batches.SIZE):
        yield found[start : start + batches.SIZE]


def _fail(job: ImportJob, error: str) -> None:
    logger.warning("Import %s failed: %s", job.pk, error)
    _set(job, state=FAILED, error=error)


def _set(job: ImportJob, **values: object) -> None:
    ImportJob.objects.filter(pk=job.pk).update(**values)
    for name, value in values.items():
        setattr(job, name, value)


def _quiet(_job: ImportJob) -> None:
    """Nobody listens."""
