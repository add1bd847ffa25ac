"""F10: the database falls over under load and comes back; the web server neither dies nor tells a lie.

A server of its own, which this test may break: three immediate restarts, ten sessions ended from the
outside, every connection taken. Callers are told 503 with Retry-After, nothing else, and are served again
within 15 seconds.
"""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from bin import supervise, up
from tests import postgres

pytestmark = pytest.mark.postgres
ROOT = Path(__file__).resolve().parents[3]
CLIENTS, RESTARTS, ENDINGS, RECOVERY = 4, 3, 10, 15.0
PATIENCE, EXHAUSTED = 60.0, 3.0
OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> ALL(%s)"
)
PEOPLE = """
import django, json, sys
django.setup()
from tests.loyalty.till import NOW, one_for_one, open_account, open_till
from loyalty.models import PartnerKey
from datetime import timedelta
one_for_one(since=NOW - timedelta(days=3000))
_, key = PartnerKey.objects.create_key(name="test", partner=open_till(), scopes=["events:write"])
print(json.dumps({"key": key, "numbers": [open_account().number for _ in range(int(sys.argv[1]))]}))
"""
LOOK = """
import django, json
django.setup()
from loyalty import clock
from loyalty.ledger import verify
from loyalty.models import Entry, Event
told = sorted(Event.objects.filter(kind="order.paid").values_list("payload__order_id", flat=True))
print(json.dumps({"told": told, "points": sum(Entry.objects.values_list("amount", flat=True)),
                  "faults": [str(each) for each in verify.run(now=clock.now())]}))
"""


@dataclass
class Cluster:
    """A PostgreSQL server that can be broken and mended."""

    binaries: Path
    home: Path
    port: int
    who: postgres.Identity
    password: str
    process: "subprocess.Popen[bytes]"

    @property
    def url(self) -> str:
        return f"postgres://evergreen:{self.password}@127.0.0.1:{self.port}/postgres"

    def restart_at_once(self) -> None:
        """As a power cut: no session is asked, and recovery follows."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(30)
        time.sleep(1.0)
        self.process = postgres.start(self.binaries, self.home, self.port, self.who)
        postgres.await_ready(self.process, self.url, self.home / "log")

    def end_sessions(self, count: int) -> None:
        with psycopg.connect(self.url, autocommit=True) as session:
            session.execute(
                "SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                " AND backend_type = 'client backend' ORDER BY random() LIMIT %s) AS picked",
                [count],
            )

    def take_every_place(self, seconds: float) -> None:
        """For so long nobody else finds a free connection; those who had one lose it."""
        with psycopg.connect(self.url, autocommit=True) as first, ExitStack() as held:
            mine, others = [first.info.backend_pid], 1
            while others:
                with suppress(psycopg.OperationalError):
                    while True:
                        session = held.enter_context(psycopg.connect(self.url, autocommit=True))
                        mine.append(session.info.backend_pid)
                others = len(first.execute(OTHERS, [mine]).fetchall())
            time.sleep(seconds)


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    who = postgres.identity()
    with tempfile.TemporaryDirectory(prefix="evergreen-pg-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        who.own(home)
        binaries, port = postgres.binaries_for(who, home), postgres.free_port()
        postgres.initialize(binaries, home, "outage", who)
        made = Cluster(binaries, home, port, who, "outage", postgres.start(binaries, home, port, who))
        try:
            postgres.await_ready(made.process, made.url, home / "log")
            with psycopg.connect(made.url, autocommit=True) as session:  # what is answered is on disk, as in earnest
                session.execute("ALTER ROLE evergreen SET synchronous_commit = on")
            yield made
        finally:
            made.process.send_signal(signal.SIGINT)
            made.process.wait(30)


@dataclass
class Calls:
    """What callers were told, and when each was last served."""

    wrong: list[str] = field(default_factory=list)
    told: set[str] = field(default_factory=set)
    refused: int = 0
    longest: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)


def run(script: str, url: str, state: Path, *words: str) -> dict[str, object]:
    environment = {**os.environ, "DATABASE_URL": url, "EVERGREEN_VAR": str(state), "EVERGREEN_DEMO": "1"}
    environment["DJANGO_SETTINGS_MODULE"] = "loyalty.settings"
    command = [sys.executable, "-W", "ignore", "-c", script, *words]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


def keep_telling(port: int, key: str, number: str, place: int, calls: Calls, over: threading.Event) -> None:
    """Orders one after the other until it is over; each is asked again until it is answered."""
    dice, count = random.Random(place), 0
    while not over.is_set():
        count += 1
        name = f"{place}-{count}"
        data = {"order_id": name, "currency": "CNY", "amount": "10.00", "customer": f"m:{number}"}
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 60))
        body = json.dumps({"kind": "order.paid", "occurred_at": at, "data": data}).encode()
        began, attempt = time.monotonic(), 0
        while not _is_told(port, key, f"{name}-{attempt // 3}", body, calls):
            attempt += 1
            if time.monotonic() - began > PATIENCE:
                raise AssertionError(f"{name} was never answered: {calls.wrong[:3]}")
            time.sleep(dice.uniform(0.05, 0.3))
        with calls.lock:
            calls.told.add(name)
            calls.longest = max(calls.longest, time.monotonic() - began)


def _is_told(port: int, key: str, once: str, body: bytes, calls: Calls) -> bool:
    headers = {"Authorization": f"Api-Key {key}", "Content-Type": "application/json", "Idempotency-Key": once}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/api/v1/events", body, headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  # our own server
            return bool(answer.status in (200, 201))
    except urllib.error.HTTPError as refusal:
        with calls.lock:
            calls.refused += 1
            in_progress = refusal.code == 409
            if not in_progress and (refusal.code != 503 or not refusal.headers["Retry-After"]):
                calls.wrong.append(f"{refusal.code} {refusal.read()[:300]!r}")
        return False


def break_and_mend(cluster: Cluster) -> None:
    """Three power cuts, then ten sessions ended, then no free connection for a while, and a breath at the end."""
    for _ in range(RESTARTS):
        time.sleep(2)
        cluster.restart_at_once()
    for _ in range(ENDINGS):
        time.sleep(0.3)
        cluster.end_sessions(1)
    cluster.take_every_place(EXHAUSTED)
    time.sleep(2)


def test_a_database_that_falls_over_costs_a_wait_and_nothing_else(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F10: only 503 with Retry-After; served within 15 s of its return; the web server is never restarted."""
    run("import django; django.setup(); from django.core.management import call_command;"
        "call_command('migrate', verbosity=0); print('{}')", cluster.url, tmp_path)  # fmt: skip
    cast = run(PEOPLE, cluster.url, tmp_path, str(CLIENTS))
    for name, value in {"DATABASE_URL": cluster.url, "EVERGREEN_VAR": str(tmp_path), "EVERGREEN_DEMO": "1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "loyalty.settings")
    port, calls, over = postgres.free_port(), Calls(), threading.Event()
    web = supervise.start("outage-web", up.product("127.0.0.1", port)["web"], logs=tmp_path)

    try:
        ready = supervise.watch([web], until=lambda: up.is_healthy("127.0.0.1", port), patience=60)
        assert ready, web.last_lines()
        with ThreadPoolExecutor(CLIENTS) as pool:
            numbers = cast["numbers"]
            assert isinstance(numbers, list)
            running = [
                pool.submit(keep_telling, port, str(cast["key"]), number, place, calls, over)
                for place, number in enumerate(numbers)
            ]
            try:
                break_and_mend(cluster)
            finally:
                over.set()
            for each in running:
                each.result(60)
        assert web.process.poll() is None
    finally:
        over.set()
        supervise.stop([web])

    found = run(LOOK, cluster.url, tmp_path)
    assert calls.wrong == []
    assert calls.refused > 0
    assert calls.longest < RECOVERY
    assert found == {"told": sorted(calls.told), "points": 10 * len(calls.told), "faults": []}
