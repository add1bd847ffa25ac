"""Rows put together to what they tell of: an order, or a cancellation.

The same file and plan give the same documents in the same order: by time, a cancellation after what
was bought in the same minute. That order is the job's cursor, so a run may stop anywhere.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from loyalty import clock, faults
from loyalty.errors import LoyaltyError
from loyalty.imports import cells, columns
from loyalty.imports.columns import Plan
from loyalty.imports.files import Table
from loyalty.imports.refusals import LeadingZerosLost, NoRows, RowsDisagree
from loyalty.imports.tables import Row
from loyalty.imports.wording import Note
from loyalty.models import OrderLine
from loyalty.registry import EventKind, registry

MOST_LINES = 500
_CHECKED = {"order_id", "currency", "amount_minor", "freight_minor", "customer"}  # by the cells' readers
_SCHEMES = (("customer", "x:"), ("member", "m:"), ("phone", "p:"))


@dataclass(slots=True)
class Telling:
    """One row, read."""

    row: int
    order_id: str
    at: datetime
    currency: str
    customer: str
    is_cancel: bool
    refund_of: str
    amount: int | None
    freight: int
    store: str
    channel: str
    line: dict[str, Any] | None


@dataclass(slots=True)
class Document:
    """One order or cancellation. ``minor`` is never negative; ``rows`` are those it stands on."""

    id: str
    at: datetime
    currency: str
    customer: str
    is_cancel: bool
    refund_of: str
    minor: int
    rows: list[int]
    payload: dict[str, Any] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)


@dataclass(slots=True)
class Reading:
    """A whole file, read: what it tells of, and what is wrong with some of its rows."""

    documents: list[Document]
    bad: list[Note]
    total_rows: int

    @property
    def bad_rows(self) -> int:
        """Rows that are left out: those at fault, and the others of the same order."""
        return self.total_rows - sum(len(document.rows) for document in self.documents)


def read(table: Table, plan: Plan) -> Reading:
    """Every document of a table. Raises what is wrong with the file or plan; faults of rows are noted."""
    if not table.header:
        raise NoRows
    columns.check(plan, table.header)
    rows = list(table.rows)
    if not rows:
        raise NoRows
    reader = _Reader(plan, table.header, rows)
    told: dict[str, list[Telling]] = {}
    spoiled: set[str] = set()
    bad: list[Note] = []
    for row in rows:
        try:
            telling = reader.read(row)
        except LoyaltyError as fault:
            bad.append(Note.of(row.number, fault))
            spoiled.add(reader.raw_id(row))
        else:
            told.setdefault(telling.order_id, []).append(telling)
    found = []
    for order_id, tellings in told.items():
        if order_id in spoiled:
            continue
        try:
            found.append(_document(tellings, plan))
        except LoyaltyError as fault:
            bad.append(Note.of(tellings[0].row, fault))
    return Reading(_in_order(found), sorted(bad, key=lambda note: note.row), len(rows))


class _Reader:
    """Reads rows by the plan; knows the width of ids that begin with zeros."""

    def __init__(self, plan: Plan, header: Sequence[str], rows: Sequence[Row]) -> None:
        self.plan, self.zone = plan, clock.zone(plan.zone)
        self.place = {code: list(header).index(name) for code, name in plan.columns.items()}
        self.widths = {code: self._width(rows, code) for code in columns.IDS if code in self.place}
        self.has_lines = any(code in self.place for code in ("line_amount", "unit_price"))

    def _width(self, rows: Iterable[Row], code: str) -> int:
        """How long all-digit values with a zero in front are; 0 where there are none, or of any length."""
        place = self.place[code]
        padded = {len(cell) for row in rows if (cell := row.cells[place].strip())[:1] == "0" and cell.isdigit()}
        return padded.pop() if len(padded) == 1 else 0

    def raw_id(self, row: Row) -> str:
        return row.cells[self.place["order_id"]].strip()

    def cell(self, row: Row, code: str) -> str:
        place = self.place.get(code)
        return row.cells[place] if place is not None else ""

    def param(self, code: str) -> str:
        return self.plan.columns.get(code, code)

    def read(self, row: Row) -> Telling:
        if row.fault is not None:
            raise row.fault
        order_id = self._id(row, "order_id")
        if not order_id:
            raise faults.Required(param=self.param("order_id"))
        currency = self.cell(row, "currency").strip().upper() or self.plan.currency
        marked = cells.yes_or_no(self.cell(row, "is_cancel"), self.param("is_cancel"))
        prefix = self.plan.cancel_prefix
        return Telling(
            row=row.number,
            order_id=order_id,
            at=cells.moment(self.cell(row, "occurred_at"), self.param("occurred_at"), self.zone, self.plan.date_order),
            currency=currency,
            customer=self._customer(row),
            is_cancel=marked or bool(prefix and order_id.startswith(prefix)),
            refund_of=self._id(row, "refund_of"),
            amount=self._minor(row, "amount", currency) if "amount" in self.place else None,
            freight=self._minor(row, "freight", currency) if self.cell(row, "freight").strip() else 0,
            store=cells.text(self.cell(row, "store"), self.param("store"), 40),
            channel=cells.text(self.cell(row, "channel"), self.param("channel"), 40),
            line=self._line(row, currency) if self.has_lines else None,
        )

    def _id(self, row: Row, code: str) -> str:
        if code not in self.place:
            return ""
        value = cells.identifier(self.cell(row, code), self.param(code))
        width = self.widths[code]
        if len(value) < width and value.isdigit():
            raise LeadingZerosLost(param=self.param(code), expected=width)
        return value

    def _customer(self, row: Row) -> str:
        """The first name given: the partner's own, the member number, the phone. All must be sound."""
        names = [(scheme, self._id(row, code)) for code, scheme in _SCHEMES]
        return next((scheme + value for scheme, value in names if value), "")

    def _minor(self, row: Row, code: str, currency: str) -> int:
        param = self.param(code)
        return cells.minor(cells.decimal(self.cell(row, code), param), currency, param)

    def _line(self, row: Row, currency: str) -> dict[str, Any]:
        quantity = Decimal(1)
        if "quantity" in self.place:
            quantity = cells.decimal(self.cell(row, "quantity"), self.param("quantity"))
        if "line_amount" in self.place:
            amount = self._minor(row, "line_amount", currency)
        else:
            param = self.param("unit_price")
            amount = cells.minor(quantity * cells.decimal(self.cell(row, "unit_price"), param), currency, param)
        texts = {
            code: cells.text(self.cell(row, code), self.param(code), longest)
            for code, longest in (("sku", 64), ("title", 200), ("category", 64))
        }
        pieces = int(quantity) if quantity == quantity.to_integral_value() else 1
        return {"amount_minor": amount, "quantity": pieces} | {code: told for code, told in texts.items() if told}


def _document(tellings: Sequence[Telling], plan: Plan) -> Document:
    """The rows of one id, put together; raises ``RowsDisagree`` where they are not of one thing."""
    first = tellings[0]
    for code in ("currency", "customer", "is_cancel", "refund_of", "freight", "store"):
        if any(getattr(telling, code) != getattr(first, code) for telling in tellings):
            raise RowsDisagree(param=plan.columns.get(code, code))
    if first.amount is not None and any(telling.amount != first.amount for telling in tellings):
        raise RowsDisagree(param=plan.columns["amount"])
    lines = [telling.line for telling in tellings if telling.line is not None]
    total = first.amount if first.amount is not None else first.freight + sum(line["amount_minor"] for line in lines)
    document = Document(
        id=first.order_id,
        at=min(telling.at for telling in tellings),
        currency=first.currency,
        customer=first.customer,
        is_cancel=first.is_cancel or total < 0 or bool(first.refund_of),
        refund_of=first.refund_of,
        minor=abs(total),
        rows=[telling.row for telling in tellings],
    )
    if first.line is None:
        document.notes += [Note(telling.row, "repeated") for telling in tellings[1:]]
    if not document.is_cancel:
        document.payload = _payload(document, first, lines)
        if document.payload.keys() - _CHECKED:
            registry.get(EventKind, "order.paid").parse(document.payload)  # what a till would be told, told now
    return document


def _payload(document: Document, first: Telling, lines: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The raw ``order.paid``: what the lines come to above the amount is the order's discount."""
    if first.freight < 0:
        raise faults.NegativePrice(param="freight")
    if first.freight > document.minor:
        raise faults.OutOfRange(param="freight", minimum=0, maximum=document.minor)
    kept = [line for line in lines if line["amount_minor"] >= 0 and line["quantity"] > 0]
    off = sum(line["amount_minor"] for line in kept) + first.freight - document.minor
    if kept and off < 0:
        raise faults.AmountMismatch(param="amount", expected=document.minor + off, given=document.minor)
    if len(kept) > MOST_LINES:
        document.notes.append(Note(document.rows[0], "shortened", param="lines"))
        kept = []
    payload: dict[str, Any] = {
        "order_id": document.id,
        "currency": document.currency,
        "amount_minor": document.minor,
        "freight_minor": first.freight,
    }
    optional = {"customer": document.customer, "store": first.store, "channel": first.channel}
    payload |= {name: value for name, value in optional.items() if value}
    if kept:
        payload["lines"] = [line | {"kind": OrderLine.Kind.GOODS.value} for line in kept]
        payload["discount_minor"] = off
    return payload


def _in_order(documents: Iterable[Document]) -> list[Document]:
    """By time; a cancellation never before the order it names."""
    documents = list(documents)
    placed: Mapping[str, datetime] = {each.id: each.at for each in documents if not each.is_cancel}
    for document in documents:
        if document.refund_of in placed:
            document.at = max(document.at, placed[document.refund_of])
    return sorted(documents, key=lambda each: (each.at, each.is_cancel, each.rows[0]))
