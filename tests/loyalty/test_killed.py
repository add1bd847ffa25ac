"""Processes that are killed: what was committed is delivered all the same, by somebody else."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from loyalty import clock, outbox
from loyalty.models import OutboxMessage
from loyalty.registry import Registry, Topic

ROOT = Path(__file__).resolve().parents[2]

BETWEEN_COMMIT_AND_PUBLISH = """
from celery import current_app
current_app.send_task = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
with transaction.atomic():
    outbox.enqueue(topic="mail", key=sys.argv[1], payload={"number": int(sys.argv[1])}, now=clock.now())
"""
BEFORE_COMMIT = """
with transaction.atomic():
    outbox.enqueue(topic="mail", key=sys.argv[1], payload={"number": int(sys.argv[1])}, now=clock.now())
    os.kill(os.getpid(), signal.SIGKILL)
"""
WHILE_DELIVERING = """
from loyalty.registry import Topic, registry
registry.add([Topic(code="mail", deliver=lambda _: os.kill(os.getpid(), signal.SIGKILL))])
outbox.drain(now=clock.now())
"""
START = """
import os, signal, sys
import django
django.setup()
from django.db import transaction
from loyalty import clock, outbox
"""


def database_url() -> str:
    """The test database as another process names it."""
    at = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{at['NAME']}"
    return f"postgres://{at['USER']}:{at['PASSWORD']}@{at['HOST']}:{at['PORT']}/{at['NAME']}"


def killed(script: str, *numbers: int) -> list[int]:
    """How the processes ended that ran ``script``, one for each number."""
    environment = {**os.environ, "DATABASE_URL": database_url(), "DJANGO_SETTINGS_MODULE": "tests.settings"}
    connection.close()
    command = [sys.executable, "-W", "ignore", "-c", START + script]
    processes = [
        subprocess.Popen([*command, str(number)], cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
        for number in numbers
    ]
    return [process.wait(60) for process in processes]


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers that were delivered in this process."""
    numbers: list[int] = []

    def deliver(payload: Mapping[str, Any]) -> None:
        numbers.append(payload["number"])

    registry = Registry()
    registry.add([Topic(code="mail", deliver=deliver)])
    monkeypatch.setattr(outbox, "registry", registry)
    return numbers


@pytest.mark.django_db(transaction=True)
def test_a_process_killed_between_commit_and_publish_loses_nothing(seen: list[int]) -> None:
    """F9: the row was committed; the hint was never sent; the sweep finds the row."""
    assert killed(BETWEEN_COMMIT_AND_PUBLISH, 1, 2, 3) == [-signal.SIGKILL] * 3

    outbox.drain(now=clock.now())

    assert sorted(seen) == [1, 2, 3]


@pytest.mark.django_db(transaction=True)
def test_a_process_killed_before_commit_tells_nothing(seen: list[int]) -> None:
    assert killed(BEFORE_COMMIT, 1) == [-signal.SIGKILL]

    outbox.drain(now=clock.now())

    assert seen == []


@pytest.mark.django_db(transaction=True)
def test_a_message_whose_drain_was_killed_is_delivered_when_the_lease_is_over(seen: list[int]) -> None:
    now = clock.now()
    OutboxMessage.objects.create(topic="mail", key="mail:7", payload={"number": 7}, created_at=now, due_at=now)
    assert killed(WHILE_DELIVERING, 0) == [-signal.SIGKILL]

    at_once = outbox.drain(now=clock.now())
    later = outbox.drain(now=clock.now() + outbox.LEASE + timedelta(seconds=1))

    assert (at_once.delivered, later.delivered, seen) == (0, 1, [7])
    assert OutboxMessage.objects.get().attempts == 2
