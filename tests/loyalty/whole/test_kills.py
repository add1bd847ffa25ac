"""Real processes killed with SIGKILL on PostgreSQL: the web server's workers, and a job in mid-work.

What a till was told is in the books once, whatever it had to ask again; what a job did is done once,
whoever did it. ``EVERGREEN_KILLS=200`` asks for more kills than the few of every run.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection

from bin import supervise, up
from loyalty import clock, jobs
from loyalty.ledger import verify
from loyalty.models import Entry, Event, JobRun, Lot, PartnerKey
from tests.loyalty.test_killed import database_url
from tests.loyalty.till import NOW, net, one_for_one, open_account, open_till, order, post
from tests.postgres import free_port

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
ROOT = Path(__file__).resolve().parents[3]
KILLS = int(os.environ.get("EVERGREEN_KILLS", "25"))
CLIENTS = 6
ORDERS = 20
PATIENCE = 120.0
CRASH = """
import os, signal, sys
import django
django.setup()
from django.db import connection
from loyalty import clock, jobs
left = int(sys.argv[1])
def count(run, sql, params, many, context):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return run(sql, params, many, context)
with connection.execute_wrapper(count):
    jobs.run_due(now=clock.now(), codes=["expire_points"])
"""


def surroundings(state: Path) -> dict[str, str]:
    return {**os.environ, "DATABASE_URL": database_url(), "EVERGREEN_VAR": str(state), "EVERGREEN_DEMO": "1"}


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, int]]:
    """The product's own web server on the test's database: its port, and the pid of its master."""
    for name, value in surroundings(tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "loyalty.settings")
    monkeypatch.setenv("WEB_CONCURRENCY", "3")
    port = free_port()
    service = supervise.start("killed-web", up.product("127.0.0.1", port)["web"], logs=tmp_path)
    try:
        ready = supervise.watch([service], until=lambda: up.is_healthy("127.0.0.1", port), patience=PATIENCE)
        assert ready, service.last_lines()
        yield port, service.process.pid
    finally:
        supervise.stop([service])


def children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in listed]


def tell(port: int, key: str, number: int, body: bytes, dice: random.Random) -> None:
    """Sends one order until it is answered; a till that got no answer simply asks again."""
    until = time.monotonic() + PATIENCE
    attempt = 0
    while time.monotonic() < until:
        attempt += 1
        headers = {
            "Authorization": f"Api-Key {key}",
            "Content-Type": "application/json",
            "Idempotency-Key": f"k-{number}-{attempt // 3}",  # a key whose worker died is given up after a while
        }
        request = urllib.request.Request(f"http://127.0.0.1:{port}/api/v1/events", body, headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310  # likewise
                assert answer.status in (200, 201)
                return
        except urllib.error.HTTPError as refusal:
            if refusal.code not in (409, 429, 500, 502, 503):
                raise
        except OSError:
            pass  # the worker died with the line
        time.sleep(dice.uniform(0.02, 0.3))
    raise AssertionError(f"order {number} was never answered")


def test_workers_killed_under_load_lose_nothing_and_double_nothing(server: tuple[int, int]) -> None:
    """F7: SIGKILL to a random worker every few tenths of a second while tills replay; then the final check."""
    port, master = server
    one_for_one(since=NOW - timedelta(days=3000))
    people = [open_account() for _ in range(CLIENTS)]
    _, key = PartnerKey.objects.create_key(name="test", partner=open_till(), scopes=[PartnerKey.Scope.EVENTS_WRITE])
    at = (clock.now() - timedelta(minutes=5)).isoformat()

    def client(place: int) -> None:
        dice = random.Random(place)
        for number in range(place * ORDERS, (place + 1) * ORDERS):
            told = {"order_id": f"K{number}", "currency": "CNY", "amount": "10.00"}
            told["customer"] = f"m:{people[place].number}"
            tell(port, key, number, json.dumps({"kind": "order.paid", "occurred_at": at, "data": told}).encode(), dice)

    dice, killed = random.Random(7), 0
    with ThreadPoolExecutor(CLIENTS) as pool:
        running = [pool.submit(client, place) for place in range(CLIENTS)]
        while killed < KILLS and not all(each.done() for each in running):
            time.sleep(dice.uniform(0.1, 0.5))
            workers = children(master)
            if workers:
                os.kill(dice.choice(workers), signal.SIGKILL)
                killed += 1
        for each in running:
            each.result()

    assert killed >= 3
    assert Event.objects.filter(kind="order.paid").count() == CLIENTS * ORDERS
    assert [net(person, clock.now()) for person in people] == [10 * ORDERS] * CLIENTS
    assert verify.run(now=clock.now()) == []


def crash(state: Path, statement: int) -> int:
    """How a process ended that did the due work and was killed at its n-th statement."""
    environment = {**surroundings(state), "DJANGO_SETTINGS_MODULE": "tests.settings"}
    connection.close()
    command = [sys.executable, "-W", "ignore", "-c", CRASH, str(statement)]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True).returncode


def test_a_job_killed_again_and_again_expires_each_lot_once(tmp_path: Path) -> None:
    """F8: the sweep's process dies at its n-th statement, in turn; each lot expires once and the run ends done."""
    one_for_one(since=NOW - timedelta(days=3000))
    long_ago = clock.now() - timedelta(days=380)
    people = [open_account() for _ in range(1200)]
    for start in range(0, len(people), 600):
        batch = people[start : start + 600]
        post(*(order(f"E{start}-{n}", 1000, person, long_ago) for n, person in enumerate(batch)), now=long_ago)

    ends = []
    for statement in (3, 9, 17, 26, 40):
        ends.append(crash(tmp_path, statement))
        JobRun.objects.filter(job="expire_points").update(leased_until=clock.now(), attempts=1)  # the lease is over
    jobs.run_due(now=clock.now() + timedelta(seconds=1), codes=["expire_points"])

    assert ends.count(-signal.SIGKILL) >= 3
    assert set(JobRun.objects.filter(job="expire_points").values_list("state", flat=True)) == {JobRun.State.DONE}
    assert Entry.objects.filter(counter="expired").count() == len(people)
    assert Lot.objects.filter(remaining__gt=0).count() == 0
    assert verify.run(now=clock.now()) == []
