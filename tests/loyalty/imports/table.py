"""Small files of orders, and an import of them in one call."""

import csv
import gzip
import io
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import openpyxl

from loyalty.imports import files, running
from loyalty.imports.columns import Plan
from loyalty.models import Currency, ImportJob, ImportRow, Order
from tests.loyalty import till

NOW = till.NOW
HEADER = ("order", "customer", "paid at", "total")
COLUMNS = {"order_id": "order", "customer": "customer", "occurred_at": "paid at", "amount": "total"}
Rows = Sequence[Sequence[Any]]


def text(rows: Rows, *, header: Sequence[str] = HEADER, delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows([header, *rows])
    return out.getvalue().encode(encoding)


def book(rows: Rows, *, header: Sequence[str] = HEADER) -> bytes:
    made = openpyxl.Workbook()
    for row in (header, *rows):
        made.worksheets[0].append(list(row))
    return saved(made)


def saved(made: openpyxl.Workbook) -> bytes:
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def packed(data: bytes) -> bytes:
    return gzip.compress(data)


def plan(**changes: Any) -> Plan:
    return Plan(**{"columns": COLUMNS, "currency": "GBP", "zone": "Europe/London", "language": "en", **changes})


def cells(data: bytes) -> list[list[str]]:
    """The header and all rows as text."""
    table = files.open_table(data)
    return [table.header, *(row.cells for row in table.rows)]


def run(data: bytes, how: Plan | None = None, *, force: bool = False) -> ImportJob:
    job = running.create(
        partner=till.open_till(), file_name="orders.csv", data=data, plan=how or plan(), now=NOW, force=force
    )
    return running.proceed(job_id=job.pk, now=NOW)


def reported(job: ImportJob) -> list[tuple[int, str, str]]:
    """Row, outcome and column of everything the report says."""
    return list(ImportRow.objects.filter(job=job).order_by("number", "param").values_list("number", "outcome", "param"))


def orders() -> list[tuple[str, int, int]]:
    """Id, total and refunded of every order."""
    return list(Order.objects.order_by("external_id").values_list("external_id", "total_minor", "refunded_minor"))


def a_point_per_pound() -> None:
    """In force since before the sample's first order; points that never expire."""
    Currency.objects.filter(code="points").update(expiry_mode=Currency.ExpiryMode.NEVER)
    till.publish("base", [till.RATE], since=datetime(2009, 1, 1, tzinfo=UTC))
