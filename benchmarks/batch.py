"""A thousand orders at once, against a floor that writes the same rows by hand.

Twenty live rules of which five to eight usually apply, two currencies, tallies, two to four lines each.
The real path is ``intake.post``: it reads, finds members, judges, and keeps events, orders, lines,
decisions with receipts, entries, lots, balances and tallies. The floor (``benchmarks.floor``) is given
the same rows ready made. Both take turns on the same tables, which grow from turn to turn. What must not
get worse: half of the floor's rate, and as many queries for one order as for a thousand.
"""

import gc
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
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


class Turn(NamedTuple):
    """Seconds of the floor, and wall and CPU seconds of the real path."""

    floor: float
    real: float
    cpu: float


def clocked(deed: Callable[[], object]) -> tuple[float, float]:
    """Wall and CPU seconds of this process."""
    gc.collect()
    began, worked = time.perf_counter(), time.process_time()
    deed()
    return time.perf_counter() - began, time.process_time() - worked


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
        taken, cpu = clocked(partial(post, orders, partner, day))
        written = floor.read(scene.evening(day), pairs)
        bare, _ = clocked(partial(floor.write, written))
        rows = written.count()
        if day >= WARM:
            turns.append(Turn(bare, taken, cpu))
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
    bare, real = median(turn.floor for turn in turns), median(turn.real for turn in turns)
    cpu = median(turn.cpu for turn in turns)
    yield Measure("floor: the same rows by COPY", SIZE / bare, "orders/s", f"{bare * 1000:.0f} ms, {rows} rows")
    yield Measure("the real path", SIZE / real, "orders/s", f"{real * 1000:.0f} ms, {cpu * 1000:.0f} of them Python's")
    shares = [turn.floor / turn.real for turn in turns]
    spread = f"median of {len(turns)}, {min(shares):.2f} to {max(shares):.2f}"
    yield Measure("rate, against the floor's", median(shares), "of 1", spread)
