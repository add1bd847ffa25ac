"""When a rule is awake: dates, weekdays, days of the month, happy hours, and by whose clock.

Everything given must hold, and all periods are half-open. By the programme's clock, days are
business days, so an order at 01:00 still belongs to the eve where the day starts later; hours and
instants are the wall clock of the zone. By the member's clock (where the account names a zone)
days are plain calendar dates there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from loyalty.clock import zone
from loyalty.deciding import faults
from loyalty.deciding.model import EventView

MIDNIGHT = 24 * 60
PARTS = {"from", "until", "weekdays", "days_of_month", "dates", "hours", "clock"}


@dataclass(frozen=True, slots=True)
class Schedule:
    """A schedule ready to judge; an empty part allows everything. Hours are minutes of the day."""

    since: datetime | None
    until: datetime | None
    weekdays: frozenset[int]
    days_of_month: frozenset[int]
    dates: frozenset[tuple[int, int]]
    hours: tuple[tuple[int, int], ...]
    is_members_clock: bool

    def fault(self, event: EventView) -> str:
        """The first part that does not hold, or an empty text."""
        members = self.is_members_clock and event.member_zone
        here = zone(event.member_zone if members else event.zone)
        local = event.occurred_at.astimezone(here)
        day = local.date() if members else event.day
        if self.since is not None and event.occurred_at < _at(self.since, here):
            return "from"
        if self.until is not None and event.occurred_at >= _at(self.until, here):
            return "until"
        return self._day_fault(day) or self._hour_fault(local.hour * 60 + local.minute)

    def _day_fault(self, day: date) -> str:
        if self.weekdays and day.isoweekday() not in self.weekdays:
            return "weekdays"
        if self.days_of_month and day.day not in self.days_of_month:
            return "days_of_month"
        if self.dates and (day.month, day.day) not in self.dates:
            return "dates"
        return ""

    def _hour_fault(self, minute: int) -> str:
        """A span that ends before it starts runs over midnight."""
        for start, end in self.hours:
            if (start <= minute < end) if start < end else (minute >= start or minute < end):
                return ""
        return "hours" if self.hours else ""


def compile_schedule(raw: Mapping[str, Any]) -> Schedule | None:
    """The schedule of a valid definition, or ``None`` where it never sleeps.

    ``from`` and ``until`` without an offset are wall time of the clock in use; a bare date is its
    midnight. "24:00" ends a span at the end of the day.
    """
    if not any(raw.get(part) for part in raw if part != "clock"):
        return None
    return Schedule(
        since=_instant(raw.get("from")),
        until=_instant(raw.get("until")),
        weekdays=frozenset(raw.get("weekdays") or ()),
        days_of_month=frozenset(raw.get("days_of_month") or ()),
        dates=frozenset(_month_day(text) for text in raw.get("dates") or ()),
        hours=tuple((_minute(span[0]), _minute(span[1])) for span in _spans(raw)),
        is_members_clock=raw.get("clock") == "member",
    )


def _spans(raw: Mapping[str, Any]) -> Sequence[Sequence[str]]:
    return raw.get("hours") or ()


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _at(moment: datetime, here: ZoneInfo) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=here)


def _month_day(text: str) -> tuple[int, int]:
    month, day = text.split("-")
    return int(month), int(day)


def _minute(text: str) -> int:
    if text == "24:00":
        return MIDNIGHT
    moment = time.fromisoformat(text)
    return moment.hour * 60 + moment.minute


def check_schedule(raw: Any) -> None:
    """Raises the ``DefinitionError`` of the first part that could not be compiled."""
    if not isinstance(raw, Mapping) or not set(raw) <= PARTS:
        raise faults.DefinitionError(param="schedule")
    since, until = (_checked_instant(raw.get(part), f"schedule.{part}") for part in ("from", "until"))
    if since is not None and until is not None and _ends_first(since, until):
        raise faults.EndsBeforeStart(param="schedule.until")
    _check_numbers(raw.get("weekdays"), "schedule.weekdays", 7)
    _check_numbers(raw.get("days_of_month"), "schedule.days_of_month", 31)
    _check_dates(raw.get("dates"))
    _check_hours(raw.get("hours"))
    if raw.get("clock", "programme") not in ("programme", "member"):
        raise faults.ChoiceWanted(param="schedule.clock")


def _checked_instant(text: Any, path: str) -> datetime | None:
    if text is None or text == "":
        return None
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError) as fault:
        raise faults.DateWanted(param=path) from fault


def _ends_first(since: datetime, until: datetime) -> bool:
    """Two that can be compared; of one with and one without an offset the event decides."""
    return (since.tzinfo is None) == (until.tzinfo is None) and until <= since


def _listed(value: Any) -> list[Any]:
    """A list as it is; anything else but nothing becomes an entry no check lets through."""
    if value is None or isinstance(value, list):
        return value or []
    return [None]


def _check_numbers(numbers: Any, path: str, high: int) -> None:
    for number in _listed(numbers):
        if type(number) is not int or not 1 <= number <= high:
            raise faults.WholeNumberWanted(param=path, low=1, high=high)


def _check_dates(dates: Any) -> None:
    for text in _listed(dates):
        try:
            month, day = _month_day(text)
            date(2024, month, day)  # a leap year, so 02-29 may be said
        except (AttributeError, TypeError, ValueError) as fault:
            raise faults.DayWanted(param="schedule.dates") from fault


def _check_hours(hours: Any) -> None:
    for span in _listed(hours):
        try:
            start, end = (_minute(text) for text in span)
        except (TypeError, ValueError) as fault:
            raise faults.HoursWanted(param="schedule.hours") from fault
        if start in (end, MIDNIGHT):
            raise faults.HoursWanted(param="schedule.hours")
