"""A thousand orders at once, against a floor that writes the same rows by hand.

Twenty live rules of which five to eight usually apply, two currencies, tallies, two to four lines each.
The real path is ``intake.post``: it reads, finds members, judges, and keeps events, orders, lines,
decisions with receipts, entries, lots, balances and tallies. The floor (``benchmarks.floor``) is given
the same rows ready made. Both take turns on the same tables, which grow from turn to turn. What must not
get worse: half of the floor's rate, and as many queries for one order as for a thousand.
"""

import gc
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import NamedTuple

from django.db import connection
from django.test.utils import CaptureQueriesContext

from benchmarks import floor, scene
from benchmarks.measures import Measure
from loyalty.events import intake
from loyalty.events.incoming import Incoming, Outcome, Status
from loyalty.models import Partner

SIZE = 1000
ROUNDS = 5
WARM = 2
SIZES = (1, 10, 100, 1000)


class Spent(NamedTuple):
    """Seconds by the wall, and of CPU here and in the database's process."""

    wall: float
    here: float
    there: float

    @property
    def cpu(self) -> float:
        return self.here + self.there


Turn = tuple[Spent, Spent]  # the floor, the real path


def backend_cpu() -> float:
    """CPU seconds so far of the server's process behind our connection; it runs on this machine."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    told = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


def clocked(deed: Callable[[], object]) -> Spent:
    gc.collect()
    there = backend_cpu()
    began, worked = time.perf_counter(), time.process_time()
    deed()
    wall, here = time.perf_counter() - began, time.process_time() - worked
    return Spent(wall, here, backend_cpu() - there)


def post(orders: Sequence[Incoming], partner: Partner, day: int) -> list[Outcome]:
    outcomes = intake.post(orders, partner=partner, now=scene.evening(day))
    if any(outcome.status is not Status.ACCEPTED for outcome in outcomes):
        raise AssertionError(Counter(outcome.status for outcome in outcomes))
    return outcomes


def run() -> Iterator[Measure]:
    if connection.vendor != "postgresql":
        yield Measure("left out", 0, "", "the floor is PostgreSQL's COPY; say --postgres")
        return
    partner = scene.programme("bench-batch")
    real, twins = scene.members(SIZE), scene.members(SIZE)
    pairs = {one.pk: other.pk for one, other in zip(real, twins, strict=True)}
    scene.analyze()
    turns, rows = [], 0
    for day in range(WARM + ROUNDS):
        orders = scene.batch(f"D{day}", real, SIZE, day)
        real_path = clocked(partial(post, orders, partner, day))
        written = floor.read(scene.evening(day), pairs)
        bare = clocked(partial(floor.write, written))
        rows = written.count()
        if day >= WARM:
            turns.append((bare, real_path))
    yield from _rates(turns, rows)
    orders = scene.batch("R", real, SIZE, WARM + ROUNDS)
    applied = Counter(len({s["version"] for s in o.receipt["steps"]}) for o in post(orders, partner, WARM + ROUNDS))
    usual = sum(count for rules, count in applied.items() if 5 <= rules <= 8)
    yield Measure("orders to which 5 to 8 rules apply", 100 * usual / SIZE, "%", f"{min(applied)} to {max(applied)}")
    for place, size in enumerate(SIZES):
        day = WARM + ROUNDS + 1 + place
        with CaptureQueriesContext(connection) as queries:
            post(scene.batch(f"Q{size}", real, size, day), partner, day)
        yield Measure(f"queries for {size}", len(queries), "queries", "one order for each member")


def _rates(turns: Sequence[Turn], rows: int) -> Iterator[Measure]:
    for name, place, note in (("floor: the same rows by COPY", 0, f", {rows} rows"), ("the real path", 1, "")):
        wall = median(turn[place].wall for turn in turns)
        here, there = (median(turn[place][which] * 1000 for turn in turns) for which in (1, 2))
        shares = f"{wall * 1000:.0f} ms; CPU: Python {here:.0f} ms, PostgreSQL {there:.0f} ms{note}"
        yield Measure(name, SIZE / wall, "orders/s", shares)
    for name, ratios in (
        ("rate, against the floor's", [bare.wall / real.wall for bare, real in turns]),
        ("by CPU, which a busy machine blurs least", [bare.cpu / real.cpu for bare, real in turns]),
    ):
        spread = f"median of {len(ratios)}, {min(ratios):.2f} to {max(ratios):.2f}"
        yield Measure(name, median(ratios), "of 1", spread)
