"""Two processes against one on the batch path, each with its own connection and its own members.

They share what a programme shares: the rules, the tables and their indexes, and this machine's cores with
the database. What must not get worse: two post at least 1.6 times as fast as one.
"""

import multiprocessing
import time
from collections.abc import Iterator, Sequence
from multiprocessing.synchronize import Barrier
from statistics import median

from django.db import connection

from benchmarks import scene
from benchmarks.measures import Measure
from loyalty.events import intake
from loyalty.events.incoming import Status
from loyalty.models import Account, Partner

SIZE = 400
BATCHES = 3  # of each process in a round
ROUNDS = 3
FORK = multiprocessing.get_context("fork")


def work(partner: Partner, holders: Sequence[Account], name: str, day: int, gate: Barrier) -> None:
    """One process: everything made ready, then the same number of batches whoever else works."""
    connection.ensure_connection()
    batches = [(day + each, scene.batch(f"{name}-{each}", holders, SIZE, day + each)) for each in range(BATCHES)]
    gate.wait()
    for on, batch in batches:
        outcomes = intake.post(batch, partner=partner, now=scene.evening(on))
        if any(outcome.status is not Status.ACCEPTED for outcome in outcomes):
            raise AssertionError(outcomes[0])


def rate(partner: Partner, crews: Sequence[Sequence[Account]], name: str, day: int) -> float:
    """Orders in a second, all crews together."""
    connection.close()  # a connection must not be shared with a child
    gate = FORK.Barrier(len(crews) + 1)
    processes = [
        FORK.Process(target=work, args=(partner, crew, f"{name}{place}", day, gate)) for place, crew in enumerate(crews)
    ]
    for process in processes:
        process.start()
    gate.wait()
    began = time.perf_counter()
    for process in processes:
        process.join()
    spent = time.perf_counter() - began
    if any(process.exitcode for process in processes):
        raise AssertionError("a worker failed")
    return len(crews) * BATCHES * SIZE / spent


def run() -> Iterator[Measure]:
    if connection.vendor != "postgresql":
        yield Measure("left out", 0, "", "SQLite has one writer at a time; say --postgres")
        return
    partner = scene.programme("bench-workers")
    crews = [scene.members(SIZE), scene.members(SIZE)]
    scene.analyze()
    rate(partner, crews, "W", 0)
    pairs = []
    for turn in range(ROUNDS):
        day = (2 * turn + 1) * BATCHES
        alone = rate(partner, crews[turn % 2 :][:1], f"A{turn}", day)
        pairs.append((alone, rate(partner, crews, f"B{turn}", day + BATCHES)))
    yield Measure("one process", median(pair[0] for pair in pairs), "orders/s", f"batches of {SIZE}")
    yield Measure("two processes", median(pair[1] for pair in pairs), "orders/s", "on members of their own")
    shares = [both / alone for alone, both in pairs]
    spread = f"median of {len(shares)}, {min(shares):.2f} to {max(shares):.2f}"
    yield Measure("two against one", median(shares), "times", spread)
