"""Orders as the books need them: placed by a batch, refunded cumulatively, claimed by their buyer."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from operator import attrgetter, itemgetter
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from loyalty import bulk, ids
from loyalty.asking import Question
from loyalty.configuration import Kept
from loyalty.models import Order, OrderLine, Store

OrderKey = tuple[int, str]  # partner, external id


@dataclass(slots=True)
class OrderState:
    """One order in a batch; ``is_new`` ones are inserted with their lines, others updated.

    Of a corrected one everything but its name and refunds is told anew.
    """

    id: UUID
    event_id: UUID
    partner_id: int
    external_id: str
    account_id: int | None
    currency: str
    total_minor: int
    placed_at: datetime
    placed_on: date
    refunded_minor: int = 0
    clawed: dict[str, int] = field(default_factory=dict)
    payment_id: UUID | None = None
    points_returned: int = 0
    gift_returned_at: datetime | None = None
    reversals: list[list[Any]] = field(default_factory=list)
    version: int = 0
    payload: Mapping[str, Any] | None = None
    is_new: bool = False
    is_touched: bool = False
    is_corrected: bool = False

    @property
    def key(self) -> OrderKey:
        return (self.partner_id, self.external_id)


_STATE = (
    "id",
    "event_id",
    "partner_id",
    "external_id",
    "account_id",
    "currency",
    "total_minor",
    "placed_at",
    "placed_on",
    "refunded_minor",
    "clawed",
    "payment_id",
    "points_returned",
    "gift_returned_at",
    "reversals",
    "version",
)
_MOVED = ("id", "refunded_minor", "clawed", "points_returned", "gift_returned_at", "reversals")
_columns = attrgetter(*_STATE)
_ORDER = (
    *_STATE,
    "customer_ref",
    "store_id",
    "freight_minor",
    "points_paid_minor",
)
_told = itemgetter("position", "kind", "sku", "title", "category", "quantity", "amount_minor", "voided")
_LINE = ("order_id", "position", "kind", "sku", "title", "category", "quantity", "amount_minor", "is_voided")


def _rows(external_ids: Collection[str], partner_id: int) -> "QuerySet[Order, tuple[Any, ...]]":
    return Order.objects.filter(bulk.among("external_id", external_ids), partner_id=partner_id).values_list(*_STATE)


_FINDING = Question(_rows)
_LOCKING = Question(
    lambda external_ids, partner_id: (
        _rows(external_ids, partner_id).select_for_update(no_key=True, of=("self",)).order_by("id")
    )
)
_STORES = Question(lambda: Store.objects.values_list("code", "id", "partner_id"))


def find(keys: Collection[OrderKey], *, locked: bool = False) -> dict[OrderKey, OrderState]:
    """The orders of these keys that exist; ``locked`` until the transaction ends, in order of id."""
    found: dict[OrderKey, OrderState] = {}
    for partner_id in sorted({partner for partner, _ in keys}):
        wanted = [external_id for partner, external_id in keys if partner == partner_id]
        for row in (_LOCKING if locked else _FINDING)(wanted, partner_id):
            state = OrderState(*row)
            found[state.key] = state
    return found


def placed(
    *, event_id: UUID, partner_id: int, account_id: int | None, payload: Mapping[str, Any], at: datetime, on: date
) -> OrderState:
    """The order that an ``order.paid`` event tells of."""
    return OrderState(
        id=ids.uuid7(),
        event_id=event_id,
        partner_id=partner_id,
        external_id=payload["order_id"],
        account_id=account_id,
        currency=payload["currency"],
        total_minor=payload["amount_minor"],
        placed_at=at,
        placed_on=on,
        payment_id=UUID(payload["payment"]) if payload.get("payment") else None,
        version=payload.get("version", 1),
        payload=payload,
        is_new=True,
    )


def correct(state: OrderState, *, event_id: UUID, payload: Mapping[str, Any], at: datetime, on: date) -> None:
    """Lets a higher version of the order stand in its place. Refunds stay; what they took starts anew."""
    state.event_id, state.payload, state.version = event_id, payload, payload["version"]
    state.currency, state.total_minor, state.placed_at, state.placed_on = (
        payload["currency"],
        payload["amount_minor"],
        at,
        on,
    )
    if payload.get("payment"):
        state.payment_id = UUID(payload["payment"])
    state.clawed, state.is_corrected, state.is_touched = {}, True, True


def write(states: Iterable[OrderState]) -> None:
    """Inserts new orders with their lines and updates what refunds moved."""
    states = list(states)
    new = [state for state in states if state.is_new]
    stores = _stores({(state.payload or {}).get("store", "") for state in new})
    bulk.insert(Order, _ORDER, [_row(state, stores) for state in new])
    bulk.insert(OrderLine, _LINE, [line for state in new for line in _lines(state)])
    _rewrite([state for state in states if state.is_corrected and not state.is_new])
    moved = [state for state in states if state.is_touched and not state.is_new]
    bulk.update(Order, _MOVED, [tuple(getattr(state, name) for name in _MOVED) for state in moved])
    for state in states:
        state.is_new = state.is_touched = state.is_corrected = False


def _rewrite(states: Sequence[OrderState]) -> None:
    """Corrected orders with their lines. A few statements for all; none where there are none."""
    if not states:
        return
    stores = _stores({(state.payload or {}).get("store", "") for state in states})
    columns = [name for name in _ORDER if name not in ("partner_id", "external_id", "account_id", "customer_ref")]
    rows = [dict(zip(_ORDER, _row(state, stores), strict=True)) for state in states]
    bulk.update(Order, columns, [tuple(row[name] for name in columns) for row in rows])
    OrderLine.objects.filter(order_id__in=[state.id for state in states]).delete()
    bulk.insert(OrderLine, _LINE, [line for state in states for line in _lines(state)])


@Kept
def stores() -> dict[str, tuple[int, int | None]]:
    """Every store by code: its id, and whose it is where it is one partner's alone. One query."""
    return {code: (store_id, partner_id) for code, store_id, partner_id in _STORES()}


def _stores(codes: set[str]) -> dict[str, int]:
    known = stores() if codes - {""} else {}
    return {code: known[code][0] for code in codes if code in known}


def _row(state: OrderState, stores: Mapping[str, int]) -> tuple[Any, ...]:
    payload = state.payload or {}
    return (
        *_columns(state),
        payload.get("customer", ""),
        stores.get(payload.get("store", "")),
        payload["freight_minor"],
        payload["points_paid_minor"],
    )


def _lines(state: OrderState) -> Iterable[tuple[Any, ...]]:
    for line in (state.payload or {}).get("lines", ()):
        yield (state.id, *_told(line))
