"""The long jobs on a grown programme: how fast, in how much memory, and how both grow with it.

Members with five entries each: three credits, two debits that took from the lots that end first. Of one in
five a lot is due. The auditor looks at all of them, then the sweep settles who is due, at 10,000 members and
at 100,000; ``EVERGREEN_BENCH_SCALE=1000000`` adds a size (1 M members, 5 M entries, some minutes). Each job
runs in a process of its own, whose highest memory is told. What must not get worse: the time for a
member may not grow with their number (growth 1.0 is linear), nor the memory.
"""

import multiprocessing
import os
import resource
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from typing import NamedTuple

from django.db import connection, transaction

from benchmarks.floor import Column, columns_of, type_of
from benchmarks.measures import Measure
from loyalty import accounts
from loyalty.ledger import expiring, store, verify
from loyalty.ledger.book import Book, Purse, Stamp
from loyalty.models import Account, Allocation, Balance, Entry, Lot
from members.entering import numbers

NOW = datetime(2026, 3, 18, tzinfo=UTC)
SIZES = (10_000, 100_000)
PATTERN = 1000
FORK = multiprocessing.get_context("fork")
# An id of copy k: it begins with k, so copies lie beside each other as rows of one time do.
COPIED_ID = "(lpad(to_hex(k), 8, '0') || substr(md5({0}::text || k), 9))::uuid"


class Told(NamedTuple):
    """Seconds, highest resident memory in MB, and what the job counted."""

    seconds: float
    memory: float
    done: int


def sizes() -> list[int]:
    """The usual sizes, and those asked for."""
    return sorted({*SIZES, *(int(text) for text in os.environ.get("EVERGREEN_BENCH_SCALE", "").split())})


def plant(more: int) -> None:
    """So many more members: a thousand by the book itself, the others as copies of them within the database."""
    opened = Account.objects.bulk_create(
        Account(number=number, opened_at=NOW - timedelta(days=300)) for number in numbers.draw(PATTERN)
    )
    points = accounts.currencies()["points"].pk
    with transaction.atomic():
        book = Book()
        for place, account in enumerate(opened):
            _fill(book, Purse(account.pk, points), is_due=place % 5 == 0)
        store.write(book)
    _copy(opened[0].pk, opened[-1].pk, more // PATTERN - 1)


def _fill(book: Book, purse: Purse, *, is_due: bool) -> None:
    start = NOW - timedelta(days=200)
    for step, amount in enumerate((100, 50, 20)):
        at = start + timedelta(days=step)
        until = NOW - timedelta(hours=1) if is_due and step == 0 else NOW + timedelta(days=100 + step)
        stamp = Stamp(at, at.date(), at)
        book.credit(purse, amount, counter="issued", stamp=stamp, available_at=at, expires_at=until)
    for step, amount in enumerate((30, 40), start=3):
        at = start + timedelta(days=step)
        book.debit(purse, amount, counter="redeemed", stamp=Stamp(at, at.date(), at))


def _copy(first: int, last: int, times: int) -> None:
    """Copies the accounts ``first`` to ``last`` with all they have, so many times, set-wise."""
    shift = last - first + 1
    mine = f"account_id BETWEEN {first} AND {last}"
    own = {"id": f"id + {shift} * k", "number": f"'S' || lpad((id + {shift} * k)::text, 12, '0')"}
    with transaction.atomic(), connection.cursor() as cursor:
        for model, whose, given in (
            (Account, mine.replace("account_id", "id"), own),
            (Entry, mine, {}),
            (Lot, mine, {}),
            (Allocation, f"entry_id IN (SELECT id FROM loyalty_entry WHERE {mine})", {}),  # noqa: S608  # ours
            (Balance, mine, {}),
        ):
            picks = {str(column.column): _pick(column, shift) for column in columns_of(model)} | given
            cursor.execute(
                f"INSERT INTO {model._meta.db_table} ({', '.join(picks)}) SELECT {', '.join(picks.values())} "  # noqa: S608  # ours
                f"FROM {model._meta.db_table}, generate_series(1, {times}) AS k WHERE {whose}"
            )
        cursor.execute("SELECT setval(pg_get_serial_sequence('loyalty_account', 'id'), max(id)) FROM loyalty_account")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _pick(column: "Column", shift: int) -> str:
    name = str(column.column)
    if name == "account_id":
        return f"account_id + {shift} * k"
    return COPIED_ID.format(name) if type_of(column) == "uuid" else name


def apart(job: Callable[[], int]) -> Told:
    """Runs a job in a process of its own."""
    connection.close()
    here, there = FORK.Pipe()
    process = FORK.Process(target=_measured, args=(job, there))
    process.start()
    there.close()
    told: Told = here.recv()
    process.join()
    return told


def _measured(job: Callable[[], int], there: Connection) -> None:
    began = time.perf_counter()
    count = job()
    spent = time.perf_counter() - began
    there.send(Told(spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, count))


def audit() -> int:
    breaches = list(verify.run(now=NOW))
    if breaches:
        raise AssertionError(breaches[:3])
    return Entry.objects.count()


def sweep() -> int:
    moves, _last = expiring.sweep(now=NOW)
    return moves


def run() -> Iterator[Measure]:
    if connection.vendor != "postgresql":
        yield Measure("left out", 0, "", "members are copied by PostgreSQL; say --postgres")
        return
    there = 0
    found: dict[int, tuple[Told, Told]] = {}
    for size in sizes():
        plant(size - there)
        audited, swept = apart(audit), apart(sweep)
        found[size] = audited, swept
        yield from _told(size, size - there, audited, swept)
        there = size
    yield from _growth(found)


def _told(size: int, fresh: int, audited: Told, swept: Told) -> Iterator[Measure]:
    rate, memory = audited.done / audited.seconds, f"{audited.seconds:.1f} s, at most {audited.memory:.0f} MB"
    yield Measure(f"verify, {size} members", rate, "entries/s", f"{audited.done} entries, {memory}")
    moved = f"{swept.done} lots of {fresh} members expired, {swept.seconds:.1f} s, at most {swept.memory:.0f} MB"
    yield Measure(f"expiry, {size} members", swept.done / swept.seconds, "moves/s", moved)


def _growth(found: dict[int, tuple[Told, Told]]) -> Iterator[Measure]:
    smallest, *others = found
    for size in others:
        for name, place in (("verify", 0), ("expiry", 1)):
            small, big = found[smallest][place], found[size][place]
            ratio = (big.seconds / big.done) / (small.seconds / small.done)
            grown = f"memory {big.memory - small.memory:+.0f} MB; 1.00 is linear"
            yield Measure(f"{name}, growth from {smallest} to {size}", ratio, "times", grown)
