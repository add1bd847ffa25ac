"""What the reference says of ``/holds``."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema

from loyalty import accounts, faults
from loyalty.api import forms
from loyalty.api.describing import (
    IDEMPOTENCY_KEY,
    IDENTIFIER,
    INTEGER,
    MOMENT,
    REPLAYED,
    TEXT,
    answer,
    example,
    maybe,
    named,
    problems,
    record,
    word,
)
from loyalty.api.reference import FAULTS, KEY_FAULTS
from loyalty.events import incoming
from loyalty.ledger import holding, spending
from loyalty.models import Hold as Row

TAG = "Holds"
HOLD = record(
    id=IDENTIFIER,
    token=TEXT,
    member=TEXT,
    currency=TEXT,
    amount=INTEGER,
    captured=INTEGER,
    state=word(*Row.State.values),
    memo=TEXT,
    held_at=MOMENT,
    lapses_at=MOMENT,
    ended_at=maybe(MOMENT),
    entry=maybe(IDENTIFIER),
)
named(Hold=HOLD, NewHold=forms.NEW_HOLD.schema(), Capture=forms.CAPTURE.schema(), Release=forms.RELEASE.schema())

WHICH = OpenApiParameter(
    "hold_id",
    TEXT,
    OpenApiParameter.PATH,
    description="The hold's id, or `t:` and your token.",
    examples=[example("By token", "t:T-20261111-0042")],
)
HOLD_EXAMPLE: dict[str, Any] = {
    "id": "019a7c3e-5b5a-7c3e-9d1f-4a6b8c0d2e4f",
    "token": "T-20261111-0042",
    "member": "680123456787",
    "currency": "points",
    "amount": 500,
    "captured": 0,
    "state": "held",
    "memo": "",
    "held_at": "2026-11-11T02:00:00Z",
    "lapses_at": "2026-11-11T02:15:00Z",
    "ended_at": None,
    "entry": None,
}
CAPTURED_EXAMPLE = {
    **HOLD_EXAMPLE,
    "captured": 450,
    "state": "captured",
    "ended_at": "2026-11-11T02:03:20Z",
    "entry": "019a7c3e-5b5b-7000-8a11-3f6f0a5e9b21",
}
RELEASED_EXAMPLE = {**HOLD_EXAMPLE, "state": "released", "ended_at": "2026-11-11T02:03:20Z"}
_NEW = example("500 points", {"member": "x:C-1001", "amount": 500, "token": "T-20261111-0042"})
_FAULTS = tuple(fault for fault in FAULTS if fault.param is None)

POST_HOLD = extend_schema(
    operation_id="hold_points",
    tags=[TAG],
    summary="Set points aside",
    description="The points can't be spent elsewhere until you capture or release them, or the hold lapses. The "
    "token is remembered for ever: the same token with the same content is the first hold, whatever became of it. "
    "Scope `holds:write`.",
    parameters=[IDEMPOTENCY_KEY, REPLAYED],
    request={"application/json": forms.NEW_HOLD.schema()},
    responses={
        200: answer(HOLD, "Known already: nothing was done again.", example("Known", HOLD_EXAMPLE, 200)),
        201: answer(HOLD, "Set aside.", example("Held", HOLD_EXAMPLE, 201)),
        **problems(
            *_FAULTS,
            faults.Required(param="token"),
            faults.IntegerRequired(param="amount"),
            faults.MustBePositive(param="amount"),
            faults.OutOfRange(param="lasts_seconds", minimum=1, maximum=86400),
            faults.InvalidChoice(param="currency", choices="points, growth"),
            *KEY_FAULTS,
            holding.HoldMismatch(param="token"),
            incoming.MemberNotFound(param="member", reference="x:C-9"),
            accounts.AccountNotFound(),
            accounts.AccountFrozen(),
            accounts.SpendingStopped(),
            spending.InsufficientPoints(missing=120),
            spending.NotSpendable(currency="growth"),
            body=True,
        ),
    },
    examples=[_NEW],
)
GET_HOLD = extend_schema(
    operation_id="get_hold",
    tags=[TAG],
    summary="Read a hold",
    description="Only your own holds are found. Scope `holds:write`.",
    parameters=[WHICH],
    responses={
        200: answer(HOLD, "The hold as it stands.", example("Held", HOLD_EXAMPLE, 200)),
        **problems(holding.HoldNotFound(param="id"), faults.UnknownField(param="verbose")),
    },
)
CAPTURE_HOLD = extend_schema(
    operation_id="capture_hold",
    tags=[TAG],
    summary="Take the points",
    description="All of them, or the `amount` you send; the rest goes back. Points that expired while they were set "
    "aside can still be taken. Captured before for the same amount, you get the same answer. Scope `holds:write`.",
    parameters=[WHICH, IDEMPOTENCY_KEY, REPLAYED],
    request={"application/json": forms.CAPTURE.schema()},
    responses={
        200: answer(HOLD, "Taken.", example("Captured", CAPTURED_EXAMPLE, 200)),
        **problems(
            *_FAULTS,
            faults.IntegerRequired(param="amount"),
            faults.MustBePositive(param="amount"),
            faults.OutOfRange(param="amount", minimum=1, maximum=500),
            *KEY_FAULTS,
            holding.HoldNotFound(param="id"),
            holding.HoldEnded(state="released"),
            accounts.AccountFrozen(),
            accounts.SpendingStopped(),
            body=True,
        ),
    },
    examples=[example("A part", {"amount": 450}), example("All of it", {})],
)
RELEASE_HOLD = extend_schema(
    operation_id="release_hold",
    tags=[TAG],
    summary="Give the points back",
    description="They go back to where they came from and keep their expiry; what is past it is gone at once. "
    "Released before, you get the same answer. Scope `holds:write`.",
    parameters=[WHICH, IDEMPOTENCY_KEY, REPLAYED],
    request={"application/json": forms.RELEASE.schema()},
    responses={
        200: answer(HOLD, "Given back.", example("Released", RELEASED_EXAMPLE, 200)),
        **problems(
            *_FAULTS, *KEY_FAULTS, holding.HoldNotFound(param="id"), holding.HoldEnded(state="captured"), body=True
        ),
    },
    examples=[example("Release", {})],
)
