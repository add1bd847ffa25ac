"""What a load balancer and an operator may read of the state of things."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, transaction
from django.test import Client

from loyalty import clock, jobs, outbox
from loyalty.models import JobRun
from loyalty.web import health


def ask(client: Client) -> tuple[int, dict[str, Any]]:
    answer = client.get("/healthz")
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.status_code, answer.json()


@pytest.mark.django_db
def test_all_is_well_after_a_tick(client: Client) -> None:
    jobs.tick(now=clock.now())

    assert ask(client) == (
        200,
        {
            "status": "ok",
            "database": "ok",
            "migrations": "ok",
            "outbox": "ok",
            "outbox_oldest_seconds": 0,
            "scheduler": "ok",
            "heartbeat_seconds": 0,
        },
    )


@pytest.mark.django_db
def test_a_silent_scheduler_and_a_late_outbox_degrade_but_keep_the_web_up(client: Client) -> None:
    now = clock.now()
    jobs.tick(now=now - timedelta(minutes=10))
    with transaction.atomic():
        outbox.enqueue(topic="mail", key="1", payload={}, now=now - timedelta(minutes=2))

    status, told = ask(client)

    assert (status, told["status"], told["outbox"], told["scheduler"]) == (200, "degraded", "late", "silent")
    assert told["outbox_oldest_seconds"] >= 120
    assert told["heartbeat_seconds"] >= 600


@pytest.mark.django_db
def test_before_the_first_tick_the_scheduler_counts_as_silent(client: Client) -> None:
    JobRun.objects.all().delete()

    status, told = ask(client)

    assert (status, told["status"], told["heartbeat_seconds"]) == (200, "degraded", None)


@pytest.mark.django_db
def test_a_database_that_does_not_answer_is_503(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """F10"""

    def down(**_: Any) -> None:
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr(outbox, "oldest_waiting", down)

    assert ask(client) == (503, {"status": "down", "database": "silent"})


@pytest.mark.django_db
def test_missing_migrations_are_503(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health._Seen, "migrated", False)
    monkeypatch.setattr("loyalty.web.health.MigrationExecutor.migration_plan", lambda *_: ["one"])

    assert ask(client) == (503, {"status": "down", "database": "ok", "migrations": "missing"})


@pytest.mark.django_db
def test_it_is_read_only(client: Client) -> None:
    assert client.post("/healthz").status_code == 405
