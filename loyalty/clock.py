"""Time as the programme sees it: instants, business days and calendar arithmetic.

A leaf. Operations never read the clock: faces and workers call :func:`now` and pass the instant
down. Instants are aware datetimes; a business day is the local date after the day-start hour has
been subtracted; every period is half-open.
"""

import calendar
import time as machine
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo


def now() -> datetime:
    """The present instant in UTC, for faces and workers only."""
    return datetime.now(UTC)


def running_from(start: datetime) -> Callable[[], datetime]:
    """A clock that shows ``start`` now and then keeps pace; work that was handed ``now`` times with it."""
    began = machine.monotonic()
    return lambda: start + timedelta(seconds=machine.monotonic() - began)


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    """The IANA zone ``name``; raises ``ZoneInfoNotFoundError`` for an unknown one."""
    return ZoneInfo(name)


def business_day(at: datetime, zone_name: str, day_start_hour: int = 0) -> date:
    """The programme's local date of ``at``; hours before ``day_start_hour`` belong to the eve."""
    local = at.astimezone(zone(zone_name))
    return (local - timedelta(hours=day_start_hour)).date()


def start_of_day(day: date, zone_name: str, day_start_hour: int = 0) -> datetime:
    """The first instant of business day ``day``, in UTC."""
    return datetime.combine(day, time(day_start_hour), tzinfo=zone(zone_name)).astimezone(UTC)


def end_of_day(day: date, zone_name: str, day_start_hour: int = 0) -> datetime:
    """The first instant after business day ``day``: the "24:00" of the cases, in UTC."""
    return start_of_day(day + timedelta(days=1), zone_name, day_start_hour)


def add_months(day: date, months: int) -> date:
    """``day`` moved by whole months, held to the last day of a shorter month (31 Jan + 1 = 28 Feb)."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))
