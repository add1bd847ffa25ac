"""Windows over day-by-day numbers: how they are written, and which days they cover.

Pure. A window is read from JSON (``{"days": 30}``, ``{"calendar": "month"}``, ``{"lifetime": true}``,
``{"since": "<date fact>"}``, ``{"anniversary": "<date fact>"}``, each with an optional ``"count": "days"``:
not the sum, but on how many days there was something) and asked for its bounds on a business day. A
rolling window is ``(as_of - n, as_of]``, a calendar one runs from the start of the period, one that hangs
on a date of the member (``anchor``) from that date or from its last anniversary; all include ``as_of`` and
nothing after it.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from loyalty import clock
from loyalty.conditions.faults import NumberWanted, WindowWanted

CALENDARS = ("month", "quarter", "year")
ANCHORED = ("since", "anniversary")
LONGEST_DAYS = 3660
NEVER = date.max


@dataclass(frozen=True, slots=True)
class Window:
    """A period that ends on the day of the question. ``days`` is 0 unless it rolls; ``anchor`` is the code
    of the date fact it hangs on.
    """

    unit: str  # days | month | quarter | year | lifetime | since | anniversary
    days: int = 0
    counts_days: bool = False
    anchor: str = ""

    @property
    def key(self) -> str:
        """A short name, stable for ever, since receipts keep it."""
        stem = f"{self.days}d" if self.unit == "days" else f"{self.unit}:{self.anchor}" if self.anchor else self.unit
        return f"{stem}#days" if self.counts_days else stem

    @property
    def raw(self) -> dict[str, Any]:
        """The window as it is written."""
        written: dict[str, Any] = {"calendar": self.unit}
        if self.anchor:
            written = {self.unit: self.anchor}
        elif self.unit in {"days", "lifetime"}:
            written = {"days": self.days} if self.unit == "days" else {"lifetime": True}
        return {**written, "count": "days"} if self.counts_days else written


LIFETIME = Window("lifetime")


def read(raw: Any, path: str) -> Window:
    """The window that ``raw`` writes; raises ``WindowWanted`` or ``NumberWanted`` at ``path``."""
    if not isinstance(raw, dict):
        raise WindowWanted(param=path)
    rest = {key: value for key, value in raw.items() if key != "count"}
    if len(rest) != 1 or raw.get("count", "days") != "days":
        raise WindowWanted(param=path)
    counts_days = "count" in raw
    [(unit, value)] = rest.items()
    if unit == "days":
        if type(value) is not int or not 1 <= value <= LONGEST_DAYS:
            raise NumberWanted(param=f"{path}.days", low=1, high=LONGEST_DAYS)
        return Window("days", value, counts_days)
    if unit == "calendar" and isinstance(value, str) and value in CALENDARS:
        return Window(value, 0, counts_days)
    if unit == "lifetime" and value is True:
        return Window("lifetime", 0, counts_days)
    if unit in ANCHORED and isinstance(value, str) and value:
        return Window(unit, 0, counts_days, value)
    raise WindowWanted(param=path)


def bounds(window: Window, as_of: date, anchor: date | None = None) -> tuple[date | None, date]:
    """The first and the last day covered, both included; ``None`` where there is no first.

    ``anchor`` is the member's date that the window hangs on. Where the member has none, or it is still to
    come, nothing is covered: the first day is ``NEVER``.
    """
    match window.unit:
        case "days":
            return as_of - timedelta(days=window.days - 1), as_of
        case "month":
            return as_of.replace(day=1), as_of
        case "quarter":
            return as_of.replace(month=(as_of.month - 1) // 3 * 3 + 1, day=1), as_of
        case "year":
            return as_of.replace(month=1, day=1), as_of
        case "since" | "anniversary":
            if anchor is None or anchor > as_of:
                return NEVER, as_of
            return (anchor if window.unit == "since" else last_anniversary(anchor, as_of)), as_of
        case _:
            return None, as_of


def earliest(window: Window, as_of: date) -> date | None:
    """The first day that may be covered on ``as_of`` or later, whatever the member's date; ``None``: any."""
    match window.unit:
        case "since":
            return date.min
        case "anniversary":
            return clock.add_months(as_of, -12)
        case _:
            return bounds(window, as_of)[0]


def last_anniversary(anchor: date, as_of: date) -> date:
    """The latest anniversary that has come by ``as_of``; of 29 February, 28 February in common years."""
    this_year = clock.add_months(anchor, 12 * (as_of.year - anchor.year))
    return this_year if this_year <= as_of else clock.add_months(anchor, 12 * (as_of.year - anchor.year - 1))
