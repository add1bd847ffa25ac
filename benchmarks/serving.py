"""One order at a time through the real server, against a bare view on that server.

The server is the product's own (``bin.up``), with as many processes as there are cores, on its own
database. The floor is ``benchmarks.bare``: DRF, no questions, the same rows by raw SQL, answered with
the same words. Both are asked in turns over kept connections, by a client that only sends bytes and
reads until the answer is whole. What must not get worse: half of the floor's rate. The ratio is also told by
CPU seconds an order (the server's processes and its database's together), which a busy machine blurs least.
"""

import json
import os
import socket
import statistics
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path
from typing import NamedTuple

from django.db import connection

from benchmarks import bare, floor, scene
from benchmarks.measures import Measure
from bin import supervise, up
from loyalty.events.incoming import Incoming
from loyalty.models import Account, Event, Partner, PartnerKey
from tests.postgres import free_port

CORES = len(os.sched_getaffinity(0))
LINES = 2 * CORES
ROUNDS = 3
SECONDS = 3.0
HOLDERS = 400
_orders = count(1)


class Till:
    """Requests as bytes: to the real address, or to the bare one."""

    def __init__(self, port: int, key: str, holders: Sequence[Account], *, is_bare: bool) -> None:
        self.port, self.key, self.holders, self.is_bare = port, key, holders, is_bare

    def request(self) -> bytes:
        number = next(_orders)
        holder = self.holders[number % len(self.holders)]
        one = scene.order(f"S-{number:07}", number, holder, datetime.now(UTC))
        body = json.dumps(told(one)).encode()
        address = f"/bare/{holder.pk}" if self.is_bare else "/api/v1/events"
        head = (
            f"POST {address} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nContent-Type: application/json\r\n"
            f"Authorization: Api-Key {self.key}\r\nIdempotency-Key: k-{number}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


class Spell(NamedTuple):
    """What one spell of asking came to."""

    rate: float
    median_ms: float
    here_ms: float  # CPU an order took of the server's processes
    there_ms: float  # and of their database's

    @property
    def cpu_ms(self) -> float:
        return self.here_ms + self.there_ms


def told(one: Incoming) -> dict[str, object]:
    return {"kind": one.kind, "occurred_at": one.occurred_at.isoformat(), "data": one.payload}


def ask(line: socket.socket, request: bytes) -> tuple[int, bytes]:
    """Status and body of one call over a line that stays open."""
    line.sendall(request)
    data = b""
    while b"\r\n\r\n" not in data:
        data += line.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
    while len(body) < length:
        body += line.recv(65536)
    return int(head.split(b" ", 2)[1]), body


def spell(till: Till, seconds: float, group: int) -> Spell:
    """All lines ask one after the other for so long; ``group`` is the server's process group."""
    worked, there = _worked(group), _database_worked()
    with ThreadPoolExecutor(LINES) as pool:
        began = time.perf_counter()
        taken = [one for line in pool.map(partial(_one_line, till), [began + seconds] * LINES) for one in line]
        spent = time.perf_counter() - began
    here_ms, there_ms = (
        sum(cpu - before.get(pid, 0.0) for pid, cpu in after.items()) * 1000 / len(taken)
        for before, after in ((worked, _worked(group)), (there, _database_worked()))
    )
    return Spell(len(taken) / spent, statistics.median(taken) * 1000, here_ms, there_ms)


def _cpu(pid: str) -> tuple[int, float] | None:
    """Process group and CPU seconds so far; ``None`` for a process that has just gone."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except FileNotFoundError:
        return None
    return int(told[2]), (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


def _worked(group: int) -> dict[str, float]:
    pids = [each.name for each in Path("/proc").iterdir() if each.name.isdigit()]
    found = {pid: cpu for pid in pids if (cpu := _cpu(pid)) is not None}
    return {pid: cpu for pid, (of, cpu) in found.items() if of == group}


def _database_worked() -> dict[str, float]:
    """CPU seconds of every client's process in the database but our own; it runs on this machine."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid::text FROM pg_stat_activity WHERE backend_type = 'client backend'")
        pids = [pid for (pid,) in cursor.fetchall() if pid != str(connection.connection.info.backend_pid)]
    return {pid: cpu[1] for pid in pids if (cpu := _cpu(pid)) is not None}


def _one_line(till: Till, until: float) -> list[float]:
    taken = []
    with socket.create_connection(("127.0.0.1", till.port)) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while time.perf_counter() < until:
            request = till.request()
            began = time.perf_counter()
            status, body = ask(line, request)
            taken.append(time.perf_counter() - began)
            if status != 201:
                raise AssertionError(f"{status}: {body[:500].decode()}")
    return taken


def run() -> Iterator[Measure]:
    if connection.vendor != "postgresql":
        yield Measure("left out", 0, "", "the floor is written for PostgreSQL; say --postgres")
        return
    partner = scene.programme("bench-serving")
    _, key = PartnerKey.objects.create_key(name="bench", partner=partner, scopes=[PartnerKey.Scope.EVENTS_WRITE])
    real, twins = scene.members(HOLDERS), scene.members(HOLDERS)
    scene.analyze()
    connection.close()
    port = free_port()
    os.environ |= {"DJANGO_SETTINGS_MODULE": "benchmarks.settings", "WEB_CONCURRENCY": str(CORES), "LOG_LEVEL": "ERROR"}
    service = supervise.start("bench-web", up.product("127.0.0.1", port)["web"], logs=bare.FILE.parent)
    try:
        if not supervise.watch([service], until=lambda: up.is_healthy("127.0.0.1", port), patience=60):
            raise AssertionError(service.last_lines())
        tills = Till(port, key, real, is_bare=False), Till(port, key, twins, is_bare=True)
        _note_template(tills[0], partner)
        yield from _spells(*tills, group=service.process.pid)
    finally:
        os.environ["DJANGO_SETTINGS_MODULE"] = "loyalty.settings"
        supervise.stop([service])


def _note_template(till: Till, partner: Partner) -> None:
    """What an order came to, as the bare view is to write it."""
    with socket.create_connection(("127.0.0.1", till.port)) as line:
        status, body = ask(line, till.request())
        if status != 201:
            raise AssertionError(body.decode())
    event = Event.objects.filter(partner=partner).latest("id")
    account = event.account_id or 0
    bare.template(floor.read(event.recorded_at, {account: account}), body.decode())
    connection.close()


def _spells(real: Till, bottom: Till, group: int) -> Iterator[Measure]:
    for till in (real, bottom):
        spell(till, SECONDS / 2, group)
    pairs = [(spell(bottom, SECONDS, group), spell(real, SECONDS, group)) for _ in range(ROUNDS)]
    connection.close()
    for name, place in (("floor: a bare view, the same rows", 0), ("the real address", 1)):
        rate, wait, here, there = (
            statistics.median(getattr(pair[place], what) for pair in pairs)
            for what in ("rate", "median_ms", "here_ms", "there_ms")
        )
        shares = f"{wait:.1f} ms each (median); CPU: Python {here:.1f} ms, PostgreSQL {there:.1f} ms"
        yield Measure(name, rate, "orders/s", f"{LINES} lines, {CORES} processes, {shares}")
    for name, ratios in (
        ("rate, against the floor's", [one.rate / base.rate for base, one in pairs]),
        ("by CPU, which a busy machine blurs least", [base.cpu_ms / one.cpu_ms for base, one in pairs]),
    ):
        spread = f"median of {len(ratios)}, {min(ratios):.2f} to {max(ratios):.2f}"
        yield Measure(name, statistics.median(ratios), "of 1", spread)
