"""How fast a file of orders comes in, as a ratio against a floor of the same run and machine.

The floor reads the same CSV and inserts one plain row for each of its rows, a thousand at a time.
The import does what an import must: reads strictly, makes members, records events, decides by one
rule, keeps orders, decisions, entries, lots and tallies, and matches a cancellation in every tenth
row. A second import of the same file shows what finding everything there already costs.
"""

import csv
import io
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from benchmarks.measures import Measure
from loyalty import rules
from loyalty.imports import running
from loyalty.imports.columns import Plan
from loyalty.models import ImportJob, ImportRow, Partner, Rule

ROWS = 10_000
NOW = datetime(2026, 3, 18, tzinfo=UTC)
HEADER = ("order_id", "customer", "paid_at", "amount")
PLAN = Plan(columns={"order_id": "order_id", "customer": "customer", "occurred_at": "paid_at", "amount": "amount"})


def file() -> bytes:
    """Orders of 2,000 customers over some months, every tenth row a cancellation."""
    out = io.StringIO(newline="")
    rows = csv.writer(out)
    rows.writerow(HEADER)
    for number in range(ROWS):
        at = NOW - timedelta(days=200) + timedelta(minutes=20 * number)
        sign = "-" if number % 10 == 9 else ""
        amount = f"{sign}{5 + number * 7919 % 300}.{number % 100:02d}"
        rows.writerow([f"B-{number}", f"C{number * 31 % 2000}", at.isoformat(), amount])
    return out.getvalue().encode()


def floor(data: bytes, job: ImportJob) -> None:
    found = csv.DictReader(io.StringIO(data.decode()))
    rows = [
        ImportRow(job=job, number=number, outcome=row["order_id"], message=row["amount"])
        for number, row in enumerate(found)
    ]
    ImportRow.objects.bulk_create(rows, batch_size=1000)


def seconds(deed: Callable[[], object]) -> float:
    began = time.perf_counter()
    deed()
    return time.perf_counter() - began


def run() -> Iterator[Measure]:
    partner = Partner.objects.create(code="bench-importing", name="Import")
    effect = {"effect": "points.rate", "currency": "points", "points": 1, "per_minor": 100}
    rule = Rule.objects.create(code="bench-importing", name_zh="一元一分", kind="order.paid", effects=[effect])
    rules.publish(rule, by=None, now=NOW - timedelta(days=3650))
    data = file()
    first, second, bare = (
        running.create(partner=partner, file_name="bench.csv", data=data, plan=PLAN, now=NOW) for _ in range(3)
    )
    base = seconds(lambda: floor(data, bare))
    taken = seconds(lambda: running.proceed(job_id=first.pk, now=NOW))
    again = seconds(lambda: running.proceed(job_id=second.pk, now=NOW))
    yield Measure("floor: csv and a plain row each", ROWS / base, "rows/s", f"{ROWS} rows")
    yield Measure("import", ROWS / taken, "rows/s", f"{taken:.1f} s, members, events, points and refunds")
    yield Measure("import, against the floor", taken / base, "floors")
    yield Measure("the same file again", ROWS / again, "rows/s", "everything is there already")
