"""Pages of a list: how many rows one may have, and what a cursor looks like."""

import base64
import binascii
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter

from loyalty.errors import InvalidInput
from loyalty.faults import IntegerRequired, OutOfRange


class InvalidCursor(InvalidInput):
    code = "invalid_cursor"
    sentence = _("This is no cursor of ours. Please take “next” from the page before, or leave it out.")


@dataclass(frozen=True, slots=True)
class Pages:
    """``rows`` names what stands on them, for the reference."""

    rows: str
    usual: int
    longest: int

    def limit(self, text: str | None) -> int:
        """How many rows were asked for; raises ``IntegerRequired`` or ``OutOfRange``."""
        if text is None:
            return self.usual
        if not (text.isascii() and text.isdigit()):
            raise IntegerRequired(param="limit")
        limit = int(text[:9])
        if not 1 <= limit <= self.longest:
            raise self.out_of_range()
        return limit

    def out_of_range(self) -> OutOfRange:
        return OutOfRange(param="limit", minimum=1, maximum=self.longest)

    def parameters(self) -> tuple[OpenApiParameter, OpenApiParameter]:
        """What the reference says of ``cursor`` and ``limit``."""
        size = {"type": "integer", "minimum": 1, "maximum": self.longest, "default": self.usual}
        return (
            OpenApiParameter("cursor", {"type": "string"}, description="`next` of the page before."),
            OpenApiParameter("limit", size, description=f"{self.rows} a page."),
        )


def write(place: str) -> str:
    """A cursor that stands for a place in the list."""
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def read(cursor: str) -> str:
    """The place; raises ``InvalidCursor`` where it was not written here."""
    try:
        return base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode("ascii")
    except (ValueError, binascii.Error):
        raise InvalidCursor(param="cursor") from None


def tell(cursor: str | None) -> dict[str, Any]:
    """How a page says whether there is another."""
    return {"next": cursor, "has_more": cursor is not None}
