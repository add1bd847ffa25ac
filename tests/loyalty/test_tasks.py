"""The faces Celery calls: a tick hands work out, and a message that comes twice does it once."""

from datetime import datetime
from typing import Any

import pytest
from django.db import transaction

from loyalty import clock, jobs, outbox, periods, tasks
from loyalty.models import JobRun
from loyalty.registry import Job, Registry, Topic


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Registry:
    registry = Registry()
    for module in (jobs, outbox, tasks):
        monkeypatch.setattr(module, "registry", registry)
    return registry


@pytest.fixture
def handed_out(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Arguments of the pieces of work a tick hands out, instead of a broker."""
    seen: list[tuple[Any, ...]] = []
    monkeypatch.setattr(tasks.run_job, "apply_async", lambda args, **_: seen.append(args))
    return seen


@pytest.mark.django_db
def test_a_tick_hands_out_what_is_due_and_workers_do_it_once(registry: Registry, handed_out: list[Any]) -> None:
    seen: list[str] = []

    def run(_: datetime, period: str) -> dict[str, int]:
        seen.append(period)
        return {}

    registry.add([Job(code="sweep", label="Sweep", period=lambda at: str(at.year), run=run)])

    assert tasks.tick() == 1
    for _ in range(2):
        tasks.run_job(*handed_out[0])

    assert seen == [handed_out[0][1]]
    assert tasks.tick() == 0
    assert JobRun.objects.filter(job="heartbeat").count() == 1


@pytest.mark.django_db
def test_a_job_that_is_gone_since_is_passed_over(registry: Registry) -> None:
    tasks.run_job("sweep", "2026", "2026-11-20T04:00:00+00:00")

    assert JobRun.objects.count() == 0


@pytest.mark.django_db
def test_the_sweep_drains_the_outbox(registry: Registry) -> None:
    registry.add([Topic(code="mail", deliver=lambda _: None)])
    with transaction.atomic():
        outbox.enqueue(topic="mail", key="1", payload={}, now=clock.now())

    assert tasks.drain_outbox() == 1


@pytest.mark.django_db
def test_the_houses_own_jobs_run() -> None:
    done = jobs.run_due(now=clock.now(), codes=["housekeeping"])

    nothing = dict.fromkeys(("rate_windows", "messages", "job_runs", "idempotency_keys", "partner_calls"), 0)
    assert [(run.period, run.state, run.counts) for run in done] == [(periods.day(done[0].started_at), "done", nothing)]
