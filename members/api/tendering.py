"""How many points may pay an order: the answer beside a balance, for the whole order and line by line."""

from collections.abc import Mapping
from typing import Any

from loyalty import deciding, faults, money
from loyalty.deciding import tender
from loyalty.models import Programme
from loyalty.readers import BIGGEST, Amount

NAMES = ("amount", "lines", "points")
LONGEST = 200


def tell(query: Mapping[str, str], available: int, programme: Programme) -> dict[str, Any] | None:
    """What of ``available`` may pay an order of ``amount``, or of ``lines`` and their sum; ``None`` if neither.

    ``points`` is what the customer wishes to use, else all there is. The parts of lines add up to the
    whole; what rounding leaves falls where the programme's policy says.
    """
    if "amount" not in query and "lines" not in query:
        return None
    if "amount" in query and "lines" in query:
        raise faults.OneOf(param="lines", first="amount", second="lines")
    lines = _amounts(query["lines"], programme) if "lines" in query else None
    order = sum(lines) if lines is not None else _amount(query["amount"], "amount", programme)
    asked = _points(query["points"]) if "points" in query else available
    offer = tender.quote(asked=asked, balance=available, order_minor=order, policy=deciding.tender_of(programme))
    return {
        "currency": programme.currency,
        "points": offer.points,
        "value": money.text(offer.value_minor, programme.currency),
        "value_minor": offer.value_minor,
        "limit": offer.limit or None,
        "lines": None if lines is None else [_line(part) for part in tender.split(offer, lines, programme.remainder)],
    }


def _line(part: tender.Paid) -> dict[str, int]:
    return {"points": part.points, "value_minor": part.value_minor, "left_minor": part.left_minor}


def _amounts(text: str, programme: Programme) -> list[int]:
    """``2.00,1.50`` in minor units."""
    parts = text.split(",")
    if len(parts) > LONGEST:
        raise faults.ListTooLong(param="lines", maximum=LONGEST, given=len(parts))
    return [_amount(part, f"lines.{place}", programme) for place, part in enumerate(parts)]


def _amount(text: str, path: str, programme: Programme) -> int:
    return money.minor(Amount().read(text, path), programme.currency, path)


def _points(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > len(str(BIGGEST)) or int(text) > BIGGEST:
        raise faults.IntegerRequired(param="points")
    return int(text)
