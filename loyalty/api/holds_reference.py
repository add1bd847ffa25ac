"""What the reference says of ``/holds``."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter

from loyalty import accounts, faults
from loyalty.api import forms
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
from loyalty.api.reference import KEY_FAULTS, UNREADABLE
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

POST_HOLD = endpoint(
    "hold_points",
    tag=TAG,
    summary="Set points aside",
    text="The points can't be spent elsewhere until you capture or release them, or the hold lapses. The "
    "token is remembered for ever: the same token with the same content is the first hold, whatever became of it. "
    "Scope `holds:write`.",
    body=forms.NEW_HOLD.schema(),
    samples=[_NEW],
    answers=[
        answer(HOLD, "Known already: nothing was done again.", "Known", HOLD_EXAMPLE),
        answer(HOLD, "Set aside.", "Held", HOLD_EXAMPLE, 201),
    ],
    refusals=(
        *UNREADABLE,
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
    ),
)
GET_HOLD = endpoint(
    "get_hold",
    tag=TAG,
    summary="Read a hold",
    text="Only your own holds are found. Scope `holds:write`.",
    parameters=[WHICH],
    answers=[answer(HOLD, "The hold as it stands.", "Held", HOLD_EXAMPLE)],
    refusals=(holding.HoldNotFound(param="id"),),
)
CAPTURE_HOLD = endpoint(
    "capture_hold",
    tag=TAG,
    summary="Take the points",
    text="All of them, or the `amount` you send; the rest goes back. Points that expired while they were set "
    "aside can still be taken. Captured before for the same amount, you get the same answer. Scope `holds:write`.",
    parameters=[WHICH],
    body=forms.CAPTURE.schema(),
    samples=[example("A part", {"amount": 450}), example("All of it", {})],
    answers=[answer(HOLD, "Taken.", "Captured", CAPTURED_EXAMPLE)],
    refusals=(
        *UNREADABLE,
        faults.IntegerRequired(param="amount"),
        faults.MustBePositive(param="amount"),
        faults.OutOfRange(param="amount", minimum=1, maximum=500),
        *KEY_FAULTS,
        holding.HoldNotFound(param="id"),
        holding.HoldEnded(state="released"),
        accounts.AccountFrozen(),
        accounts.SpendingStopped(),
    ),
)
RELEASE_HOLD = endpoint(
    "release_hold",
    tag=TAG,
    summary="Give the points back",
    text="They go back to where they came from and keep their expiry; what is past it is gone at once. "
    "Released before, you get the same answer. Scope `holds:write`.",
    parameters=[WHICH],
    body=forms.RELEASE.schema(),
    samples=[example("Release", {})],
    answers=[answer(HOLD, "Given back.", "Released", RELEASED_EXAMPLE)],
    refusals=(*UNREADABLE, *KEY_FAULTS, holding.HoldNotFound(param="id"), holding.HoldEnded(state="captured")),
)
