"""The body ``/adjustments`` takes, and what the reference says of it."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter

from loyalty import approvals
from loyalty.api.describing import (
    IDENTIFIER,
    INTEGER,
    MOMENT,
    TEXT,
    answer,
    endpoint,
    example,
    maybe,
    named,
    record,
    word,
)
from loyalty.api.errors import UnknownPath
from loyalty.api.reference import FAULTS, KEY_FAULTS
from loyalty.events.incoming import MemberNotFound
from loyalty.models import Approval
from loyalty.readers import Integer, Text
from loyalty.shapes import Item, Shape

TAG = "Adjustments"
WISH = Shape(
    "NewAdjustment",
    (
        Item("member", Text(110, identifier=True, note="Whose points.", example="x:C-1001")),
        Item(
            "amount",
            Integer(-approvals.MOST, approvals.MOST, note="Points to give, or to take where negative.", example=200),
        ),
        Item("reason", Text(200, note="Why, for whoever decides.", example="Bag was not scanned on 11 November.")),
        Item("currency", Text(20, note="The unit; points where left out."), required=False, default="points"),
    ),
)
ADJUSTMENT = record(
    id=INTEGER,
    member=maybe(TEXT),
    currency=TEXT,
    amount=INTEGER,
    reason=TEXT,
    status=word(*Approval.State.values),
    answer=maybe(TEXT),
    asked_at=MOMENT,
    decided_at=maybe(MOMENT),
    entry=maybe(IDENTIFIER),
)
named(NewAdjustment=WISH.schema(), Adjustment=ADJUSTMENT)

WISH_EXAMPLE = {"member": "x:C-1001", "amount": 200, "reason": "Bag was not scanned on 11 November."}
WAITING_EXAMPLE: dict[str, Any] = {
    "id": 12,
    "member": "680123456787",
    "currency": "points",
    "amount": 200,
    "reason": WISH_EXAMPLE["reason"],
    "status": "waiting",
    "answer": None,
    "asked_at": "2026-11-12T02:00:00Z",
    "decided_at": None,
    "entry": None,
}
APPROVED_EXAMPLE = {
    **WAITING_EXAMPLE,
    "status": "approved",
    "decided_at": "2026-11-12T06:30:00Z",
    "entry": "019a7c3e-5b5b-7000-8a11-3f6f0a5e9b21",
}

POST_ADJUSTMENT = endpoint(
    "post_adjustment",
    tag=TAG,
    summary="Ask for points to be set right",
    text="Nothing moves yet: a person of the programme approves or rejects it. Read the adjustment again to "
    "hear what became of it. Scope `adjust`.",
    body=WISH.schema(),
    samples=[example("200 points", WISH_EXAMPLE)],
    answers=[answer(ADJUSTMENT, "It waits for a person.", "Waiting", WAITING_EXAMPLE, 202)],
    refusals=(
        *FAULTS,
        *KEY_FAULTS,
        MemberNotFound(param="member", reference="x:C-9"),
        approvals.AmountNeeded(param="amount", most=approvals.MOST),
        approvals.UnitUnknown(param="currency", unit="gold"),
    ),
)
GET_ADJUSTMENT = endpoint(
    "get_adjustment",
    tag=TAG,
    summary="Read what became of an adjustment",
    text="Only what you asked for yourself is found. Scope `adjust`.",
    parameters=[OpenApiParameter("adjustment_id", INTEGER, OpenApiParameter.PATH)],
    answers=[answer(ADJUSTMENT, "The adjustment.", "Approved", APPROVED_EXAMPLE)],
    refusals=(approvals.ApprovalNotFound(param="adjustment_id"), UnknownPath()),
)
