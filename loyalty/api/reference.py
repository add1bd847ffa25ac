"""What the reference says of ``/events``: bodies made from the shapes, answers, examples."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter

from loyalty import faults, idempotency
from loyalty.api import forms, parsing
from loyalty.api.describing import (
    ANYTHING,
    BOOLEAN,
    ERROR,
    IDENTIFIER,
    INTEGER,
    MOMENT,
    TEXT,
    Schema,
    answer,
    endpoint,
    example,
    listed,
    maybe,
    named,
    record,
    word,
)
from loyalty.api.errors import UnknownPath, describe
from loyalty.errors import NotFound
from loyalty.events import incoming
from loyalty.events.kinds import SHAPES
from loyalty.events.order_shapes import ORDER_LINE

TAG = "Events"


def _event_of(kind: str) -> Schema:
    schema = forms.envelope(SHAPES[kind]).schema()
    schema["properties"]["kind"] = word(kind)
    return schema | {"title": kind}


EVENT: Schema = {"oneOf": [_event_of(kind) for kind in SHAPES]}
BATCH: Schema = {
    "type": "object",
    "properties": {"events": listed(EVENT) | {"minItems": 1, "maxItems": forms.LONGEST_BATCH}},
    "required": ["events"],
    "additionalProperties": False,
}
AWARD = record(currency=TEXT, amount=INTEGER)
STEP = record(
    rule=maybe(INTEGER),
    version=maybe(INTEGER),
    name=TEXT,
    kind=TEXT,
    currency=maybe(TEXT),
    desired=maybe(INTEGER),
    awarded=maybe(INTEGER),
    reason=maybe(TEXT),
    sentence=TEXT,
)
ENTRY = record(
    id=IDENTIFIER,
    currency=TEXT,
    amount=INTEGER,
    balance_after=INTEGER,
    type=word("issued", "redeemed", "expired", "clawed_back", "adjusted", "transferred"),
    effective_at=MOMENT,
    recorded_at=MOMENT,
    event=maybe(IDENTIFIER),
    desired=maybe(INTEGER),
    why=TEXT,
)
_TOLD = {
    "kind": TEXT,
    "status": word("accepted", "duplicate", "guest", "parked", "review"),
    "occurred_at": MOMENT,
    "awards": listed(AWARD),
    "steps": listed(STEP),
}
TOLD = record(id=IDENTIFIER, **_TOLD)
SIMULATED = record(id=maybe(IDENTIFIER), **_TOLD, simulated=BOOLEAN)
ROW: Schema = {
    "oneOf": [
        record(index=INTEGER, id=IDENTIFIER, **_TOLD),
        record(index=INTEGER, status=word("refused"), error=ERROR),
    ]
}
RESULTS = record(total=INTEGER, refused=INTEGER, results=listed(ROW))
DETAIL = record(
    id=IDENTIFIER,
    kind=TEXT,
    status=word("accepted", "guest", "parked", "review", "refused"),
    occurred_at=MOMENT,
    recorded_at=MOMENT,
    member=maybe(TEXT),
    data=ANYTHING,
    awards=listed(AWARD),
    steps=listed(STEP),
    decided_at=maybe(MOMENT),
    entries=listed(ENTRY),
)
named(
    Event=EVENT,
    OrderPaid=EVENT["oneOf"][0],
    OrderRefunded=EVENT["oneOf"][1],
    OrderLine=ORDER_LINE.schema(),
    Award=AWARD,
    Step=STEP,
    Entry=ENTRY,
    DecidedEvent=TOLD,
    SimulatedEvent=SIMULATED,
    StoredEvent=DETAIL,
    BatchRow=ROW,
    BatchResults=RESULTS,
)

PAID_EXAMPLE: dict[str, Any] = {
    "kind": "order.paid",
    "occurred_at": "2026-11-11T10:00:00+08:00",
    "data": {
        "order_id": "A-1001",
        "currency": "CNY",
        "customer": "x:C-1001",
        "lines": [
            {"sku": "TEA-01", "title": "Jasmine tea", "category": "tea", "quantity": 2, "amount": "88.00"},
            {"sku": "BAG-01", "title": "Tote bag", "amount": "12.00"},
        ],
    },
}
REFUND_EXAMPLE: dict[str, Any] = {
    "kind": "order.refunded",
    "occurred_at": "2026-11-12T18:30:00+08:00",
    "data": {"order_id": "A-1001", "refund_id": "R-7", "currency": "CNY", "amount": "12.00"},
}
_STEP_EXAMPLE = {
    "rule": 1,
    "version": 1,
    "name": "1 point per yuan",
    "kind": "rate",
    "currency": "points",
    "desired": 100,
    "awarded": 100,
    "reason": None,
    "sentence": "“1 point per yuan” gives 100 points for ¥100.00.",
}
TOLD_EXAMPLE: dict[str, Any] = {
    "id": "019a7c3e-5b5a-7c3e-9d1f-4a6b8c0d2e4f",
    "kind": "order.paid",
    "status": "accepted",
    "occurred_at": "2026-11-11T02:00:00Z",
    "awards": [{"currency": "points", "amount": 100}],
    "steps": [_STEP_EXAMPLE],
}
ENTRY_EXAMPLE: dict[str, Any] = {
    "id": "019a7c3e-5b5b-7000-8a11-3f6f0a5e9b21",
    "currency": "points",
    "amount": 100,
    "balance_after": 100,
    "type": "issued",
    "effective_at": "2026-11-11T02:00:00Z",
    "recorded_at": "2026-11-11T02:00:01Z",
    "event": TOLD_EXAMPLE["id"],
    "desired": 100,
    "why": "Issued by “1 point per yuan” (order paid).",
}
_REFUSED_ROW = {
    "index": 1,
    "status": "refused",
    "error": describe(faults.Required(param="data.order_id"), "019a7c3e5b5a7c3e9d1f4a6b8c0d2e4f")["error"],
}
_RESULTS_EXAMPLE = {"total": 2, "refused": 1, "results": [{"index": 0, **TOLD_EXAMPLE}, _REFUSED_ROW]}

UNREADABLE = (
    parsing.BodyRequired(),
    parsing.InvalidJson(line=1, column=12, reason="Expecting value"),
    parsing.InvalidEncoding(),
    parsing.InvalidNumber(number="NaN"),
    faults.ObjectExpected(),
)
FAULTS = (
    *UNREADABLE,
    faults.UnknownField(param="data.point"),
    faults.Required(param="data.order_id"),
    faults.IntegerRequired(param="data.points_paid"),
    faults.AmountAsText(param="data.amount"),
    faults.TooManyDecimals(param="data.amount", currency="CNY", digits=2),
    faults.InvalidDate(param="occurred_at", expected="2026-11-11T10:00:00+08:00"),
    incoming.UnknownKind(param="kind", kind="order.payed"),
)
KEY_FAULTS = (
    idempotency.KeyRequired(),
    idempotency.InvalidKey(),
    idempotency.Mismatch(),
    idempotency.InProgress(retry_after=1),
)
BUSINESS = (
    incoming.EventMismatch(param="data.order_id"),
    incoming.StoreNotFound(param="data.store", store="SH99"),
    incoming.TooOld(param="occurred_at", days=400),
    incoming.InFuture(param="occurred_at"),
    incoming.MemberNotFound(param="data.customer", reference="x:C-9"),
    incoming.CurrencyMismatch(param="data.currency", expected="CNY"),
    faults.NegativePrice(param="data.lines.0.amount"),
    faults.AmountMismatch(param="data.amount", expected=10000, given=9900),
)
_ONE = [example("An order", PAID_EXAMPLE), example("A refund", REFUND_EXAMPLE)]

POST_EVENT = endpoint(
    "post_event",
    tag=TAG,
    summary="Tell what happened",
    text="Records one event and decides it at once. The order or refund id is remembered for ever: sent "
    "again with the same content, it is answered with what was decided the first time. Scope `events:write`.",
    body=EVENT,
    samples=_ONE,
    answers=[
        answer(TOLD, "Known already: nothing was done again.", "Known", TOLD_EXAMPLE),
        answer(TOLD, "Recorded and decided.", "Decided", TOLD_EXAMPLE, 201),
        answer(
            TOLD,
            "Recorded; it waits for its member or order (`parked`) or for a person (`review`).",
            "Waiting",
            {**TOLD_EXAMPLE, "status": "parked", "awards": [], "steps": []},
            202,
        ),
    ],
    refusals=(*FAULTS, *KEY_FAULTS, *BUSINESS),
)
SIMULATE_EVENT = endpoint(
    "simulate_event",
    tag=TAG,
    summary="Ask what an event would be worth",
    text="The same body and answer as `POST /events`, with nothing written. Scope `events:write`.",
    body=EVENT,
    samples=_ONE,
    once=False,
    answers=[answer(SIMULATED, "What would be.", "Simulated", {**TOLD_EXAMPLE, "id": None, "simulated": True})],
    refusals=(*FAULTS, *BUSINESS),
)
POST_BATCH = endpoint(
    "post_events",
    tag=TAG,
    summary="Tell up to 1,000 things at once",
    text="One answer for each row, in their order. A row that is refused does not spoil the others. "
    "Scope `events:write`.",
    body=BATCH,
    samples=[example("Two events", {"events": [PAID_EXAMPLE, REFUND_EXAMPLE]})],
    answers=[
        answer(
            RESULTS,
            "An answer for each row.",
            "Two rows",
            _RESULTS_EXAMPLE,
        )
    ],
    refusals=(*FAULTS, *KEY_FAULTS),
)
GET_EVENT = endpoint(
    "get_event",
    tag=TAG,
    summary="Read an event, its decision and receipt",
    text="Only your own events are found. Scope `events:read`.",
    parameters=[OpenApiParameter("event_id", IDENTIFIER, OpenApiParameter.PATH)],
    answers=[
        answer(
            DETAIL,
            "The event.",
            "An order",
            {
                **TOLD_EXAMPLE,
                "recorded_at": "2026-11-11T02:00:01Z",
                "member": "68012345678",
                "data": {"order_id": "A-1001", "currency": "CNY", "amount_minor": 10000},
                "decided_at": "2026-11-11T02:00:01Z",
                "entries": [ENTRY_EXAMPLE],
            },
        )
    ],
    refusals=(NotFound(), UnknownPath()),
)
