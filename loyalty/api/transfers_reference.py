"""The body ``/transfers`` takes, and what the reference says of it."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter

from loyalty import accounts, faults
from loyalty.api.describing import (
    IDENTIFIER,
    INTEGER,
    MOMENT,
    TEXT,
    answer,
    endpoint,
    example,
    listed,
    maybe,
    named,
    record,
)
from loyalty.api.reference import KEY_FAULTS, UNREADABLE
from loyalty.events import incoming
from loyalty.ledger import spending, transferring
from loyalty.models.ledger import LIMIT
from loyalty.readers import Integer, Text
from loyalty.shapes import Item, Shape

TAG = "Transfers"
_WHO = "`m:` member number, `x:` your own id of the customer, `p:` phone."
NEW_TRANSFER = Shape(
    "NewTransfer",
    (
        Item("giver", Text(100, identifier=True, note=f"Who gives: {_WHO}", example="x:C-1001")),
        Item("receiver", Text(100, identifier=True, note=f"Who gets the points: {_WHO}", example="x:C-1002")),
        Item("amount", Integer(minimum=1, maximum=LIMIT, note="How many to give.", example=200)),
        Item(
            "token",
            Text(
                100,
                identifier=True,
                note="Yours for this gift. The same token is the same gift, for ever.",
                example="G-20261111-0007",
            ),
        ),
        Item("currency", Text(20, identifier=True, example="points"), required=False, default="points"),
        Item("memo", Text(120, note="A word to go with it, kept with the gift."), required=False, default=""),
    ),
)
ARRIVED = record(amount=INTEGER, earned_at=MOMENT, expires_at=maybe(MOMENT))
TRANSFER = record(
    id=IDENTIFIER,
    token=TEXT,
    giver=TEXT,
    receiver=TEXT,
    currency=TEXT,
    amount=INTEGER,
    memo=TEXT,
    transferred_at=MOMENT,
    entry=IDENTIFIER,
    lots=listed(ARRIVED),
)
named(Transfer=TRANSFER, NewTransfer=NEW_TRANSFER.schema())

WHICH = OpenApiParameter(
    "transfer_id",
    TEXT,
    OpenApiParameter.PATH,
    description="The gift's id, or `t:` and your token.",
    examples=[example("By token", "t:G-20261111-0007")],
)
TRANSFER_EXAMPLE: dict[str, Any] = {
    "id": "019a7c3e-5b5a-7c3e-9d1f-4a6b8c0d2e4f",
    "token": "G-20261111-0007",
    "giver": "680123456787",
    "receiver": "680765432103",
    "currency": "points",
    "amount": 200,
    "memo": "Happy birthday",
    "transferred_at": "2026-11-11T02:00:00Z",
    "entry": "019a7c3e-5b5b-7000-8a11-3f6f0a5e9b21",
    "lots": [{"amount": 200, "earned_at": "2026-02-01T06:12:00Z", "expires_at": "2027-02-01T16:00:00Z"}],
}
_NEW = example("200 points", {"giver": "x:C-1001", "receiver": "x:C-1002", "amount": 200, "token": "G-20261111-0007"})

POST_TRANSFER = endpoint(
    "transfer_points",
    tag=TAG,
    summary="Give points to another member",
    text="Points that can be spent go over at once, those that expire first; each keeps the day it goes. "
    "The currency must be meant for it. The token is remembered for ever: the same token with the same content is "
    "the first gift. Scope `transfers:write`.",
    body=NEW_TRANSFER.schema(),
    samples=[_NEW],
    answers=[
        answer(TRANSFER, "Known already: nothing moved again.", "Known", TRANSFER_EXAMPLE),
        answer(TRANSFER, "Given.", "Given", TRANSFER_EXAMPLE, 201),
    ],
    refusals=(
        *UNREADABLE,
        faults.Required(param="token"),
        faults.IntegerRequired(param="amount"),
        faults.MustBePositive(param="amount"),
        faults.OutOfRange(param="amount", minimum=1, maximum=LIMIT),
        faults.InvalidChoice(param="currency", choices="points, growth"),
        *KEY_FAULTS,
        transferring.TransferMismatch(param="token"),
        incoming.MemberNotFound(param="receiver", reference="x:C-9"),
        accounts.AccountNotFound(param="receiver"),
        accounts.AccountFrozen(param="giver"),
        accounts.SpendingStopped(param="giver"),
        spending.InsufficientPoints(missing=120),
        transferring.SameMember(param="receiver"),
        transferring.NotTransferable(param="currency", currency="growth"),
        transferring.OverDailyLimit(param="amount", limit=500, left=80),
        transferring.OverBalanceCap(param="amount", cap=100000),
        transferring.ReceiverUnavailable(param="receiver"),
    ),
)
GET_TRANSFER = endpoint(
    "get_transfer",
    tag=TAG,
    summary="Read a gift",
    text="Only what went through you is found. Scope `transfers:write`.",
    parameters=[WHICH],
    answers=[answer(TRANSFER, "The gift.", "Given", TRANSFER_EXAMPLE)],
    refusals=(transferring.TransferNotFound(param="id"),),
)
