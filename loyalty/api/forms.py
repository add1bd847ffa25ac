"""The bodies ``/events`` takes: an envelope around each kind's own data, alone or in a batch."""

from typing import Any

from loyalty.readers import Moment, Reader, Text
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
