"""The bodies the kernel's endpoints take.

An event is an envelope around its kind's own data, alone or in a batch; a hold names whom and how much.
"""

from typing import Any

from loyalty.ledger import holding
from loyalty.models.ledger import LIMIT
from loyalty.readers import Integer, Moment, Reader, Text
from loyalty.shapes import Item, ListOf, Shape

LONGEST_BATCH = 1000


class Loose:
    """A field read elsewhere: each event's data by its kind, each row of a batch on its own."""

    def read(self, raw: Any, path: str) -> Any:
        del path
        return raw

    def schema(self) -> dict[str, Any]:
        return {}


def envelope(data: Reader) -> Shape:
    """An event as it is sent, around its kind's ``data``."""
    return Shape(
        "Event",
        (
            Item("kind", Text(40, identifier=True, note="What happened.", example="order.paid")),
            Item("occurred_at", Moment("When it happened at the till, with its offset from UTC.")),
            Item("data", data),
        ),
    )


EVENT = envelope(Loose())
# Rows are counted by the endpoint, which has an answer of its own for too many.
BATCH = Shape("Batch", (Item("events", ListOf(Loose(), 10**9, 1)),))

NEW_HOLD = Shape(
    "NewHold",
    (
        Item(
            "member",
            Text(
                100,
                identifier=True,
                note="`m:` member number, `x:` your own id of the customer, `p:` phone.",
                example="x:C-1001",
            ),
        ),
        Item("amount", Integer(minimum=1, maximum=LIMIT, note="How many to set aside.", example=500)),
        Item(
            "token",
            Text(
                100,
                identifier=True,
                note="Yours for this hold, such as the receipt's number. The same token is the same hold, for ever.",
                example="T-20261111-0042",
            ),
        ),
        Item("currency", Text(20, identifier=True, example="points"), required=False, default="points"),
        Item(
            "lasts_seconds",
            Integer(
                minimum=1,
                maximum=int(holding.LONGEST.total_seconds()),
                note="How long to wait for you; 15 minutes unless you say otherwise.",
                example=900,
            ),
            required=False,
            default=int(holding.LASTS.total_seconds()),
        ),
        Item("memo", Text(120, note="What it is for, kept with the entry."), required=False, default=""),
    ),
)
CAPTURE = Shape(
    "Capture",
    (
        Item(
            "amount",
            Integer(minimum=1, maximum=LIMIT, note="All of the hold, unless you send less.", example=450),
            required=False,
        ),
    ),
)
RELEASE = Shape("Release", ())
