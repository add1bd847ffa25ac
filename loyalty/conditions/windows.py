"""Windows over day-by-day numbers: how they are written, and which days they cover.

Pure. A window is read from JSON (``{"days": 30}``, ``{"calendar": "month"}``, ``{"lifetime": true}``,
each with an optional ``"count": "days"``: not the sum, but on how many days there was something) and
asked for its bounds on a business day. A rolling window is ``(as_of - n, as_of]``, a calendar one
runs from the start of the period; both include ``as_of`` and nothing after it.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from loyalty.conditions.faults import NumberWanted, WindowWanted

CALENDARS = ("month", "quarter", "year")
LONGEST_DAYS = 3660


@dataclass(frozen=True, slots=True)
class Window:
    """A period that ends on the day of the question. ``days`` is 0 unless it rolls."""

    unit: str  # days | month | quarter | year | lifetime
    days: int = 0
    counts_days: bool = False

    @property
    def key(self) -> str:
        """A short name, stable for ever, since receipts keep it."""
        stem = f"{self.days}d" if self.unit == "days" else self.unit
        return f"{stem}#days" if self.counts_days else stem

    @property
    def raw(self) -> dict[str, Any]:
        """The window as it is written."""
        written: dict[str, Any] = {"calendar": self.unit}
        if self.unit in {"days", "lifetime"}:
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
    raise WindowWanted(param=path)


def bounds(window: Window, as_of: date) -> tuple[date | None, date]:
    """The first and the last day covered, both included; ``None`` where there is no first."""
    match window.unit:
        case "days":
            return as_of - timedelta(days=window.days - 1), as_of
        case "month":
            return as_of.replace(day=1), as_of
        case "quarter":
            return as_of.replace(month=(as_of.month - 1) // 3 * 3 + 1, day=1), as_of
        case "year":
            return as_of.replace(month=1, day=1), as_of
        case _:
            return None, as_of
