"""Imports in the background: by a worker, by the next tick where there is none, and forgotten in time."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from loyalty import clock, jobs
from loyalty.errors import LoyaltyError
from loyalty.imports import batches, running, working
from loyalty.models import ImportJob, JobRun, Order
from tests.loyalty import till
from tests.loyalty.imports import table

ROWS = [(f"A-{n}", str(n), "2026-03-01 10:00", "5.00") for n in range(6)]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _media(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


def uploaded() -> ImportJob:
    return running.create(
        partner=till.open_till(), file_name="orders.csv", data=table.text(ROWS), plan=table.plan(), now=clock.now()
    )


def tick() -> list[JobRun]:
    """What a tick would hand to workers, done here."""
    return jobs.run_due(now=clock.now(), codes=[working.JOB])


def test_an_import_that_was_started_is_done_at_the_next_tick_stride_by_stride(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "SIZE", 2)
    monkeypatch.setattr(working, "STRIDE_SECONDS", 0)
    job = uploaded()

    working.start(job_id=job.pk, plan=table.plan(), rehearsal=False, now=clock.now())
    runs = tick()

    job.refresh_from_db()
    assert (job.state, job.next_row, Order.objects.count()) == ("done", 6, 6)
    assert {run.state for run in runs} == {JobRun.State.DONE}
    assert tick() == []


def test_a_dry_run_keeps_its_figures_until_the_import_begins() -> None:
    job = uploaded()
    working.start(job_id=job.pk, plan=table.plan(), rehearsal=True, now=clock.now())
    tick()
    job.refresh_from_db()
    tried = (job.state, job.counts["orders"], job.counts[running.REHEARSED], job.next_row, Order.objects.count())

    working.start(job_id=job.pk, plan=table.plan(), rehearsal=False, now=clock.now())
    tick()

    job.refresh_from_db()
    assert tried == ("uploaded", 6, 1, 0, 0)
    assert (job.state, job.counts) == ("done", {"orders": 6, "members": 6})


def test_an_import_under_way_is_not_started_twice() -> None:
    job = uploaded()
    working.start(job_id=job.pk, plan=table.plan(), rehearsal=False, now=clock.now())

    with pytest.raises(LoyaltyError) as met:
        working.start(job_id=job.pk, plan=table.plan(), rehearsal=False, now=clock.now())

    assert met.value.code == "import_busy"


def test_the_same_file_uploaded_twice_is_told_when_it_is_to_begin() -> None:
    """Bad input 80."""
    first, second = uploaded(), uploaded()
    working.start(job_id=first.pk, plan=table.plan(), rehearsal=False, now=clock.now())
    tick()

    with pytest.raises(LoyaltyError) as met:
        working.start(job_id=second.pk, plan=table.plan(), rehearsal=False, now=clock.now())

    assert (met.value.code, met.value.numbers) == ("already_imported", {"number": first.pk})


def test_a_failure_is_told_on_the_import_and_it_can_be_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    job = uploaded()
    with monkeypatch.context() as broken:
        broken.setattr(batches, "post", lambda *_args, **_more: 1 / 0)
        working.start(job_id=job.pk, plan=table.plan(), rehearsal=False, now=clock.now())
        tick()
    job.refresh_from_db()
    failed = (job.state, job.error)

    working.start(job_id=job.pk, plan=table.plan(), rehearsal=False, now=clock.now())
    tick()

    job.refresh_from_db()
    assert failed == ("failed", "ZeroDivisionError: division by zero")
    assert (job.state, job.error, Order.objects.count()) == ("done", "", 6)


def test_files_are_forgotten_after_a_month_reports_are_not() -> None:
    job = uploaded()
    running.proceed(job_id=job.pk, now=clock.now())
    path = Path(job.file.path)

    early = working.forget(now=clock.now() + working.KEPT - timedelta(days=1))
    late = working.forget(now=clock.now() + working.KEPT + timedelta(days=1))

    job.refresh_from_db()
    assert (early, late, path.exists(), job.file.name, job.state) == (0, 1, False, "", "done")
