"""When points become spendable and when they go. Pure calendar arithmetic."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from loyalty import clock
from loyalty.models import Currency, Programme

IDLE = frozenset({Currency.ExpiryMode.IDLE_DAYS, Currency.ExpiryMode.IDLE_MONTHS})


def last_day(mode: str, length: int, earned_on: date, dates: Sequence[str] = ()) -> date | None:
    """The last business day on which points of ``earned_on`` can be spent, or ``None`` for ever.

    ``months``: 31 Jan + 1 month is 28 (29) Feb; 0 months or days is the earning day itself.
    ``month_end``/``quarter_end``/``year_end``: the end of the period ``length`` periods on; 0 is
    the period of earning. ``dates``: the next of the fixed ``dates`` ("06-30") that is at least
    ``length`` days away. ``idle_…``: as days and months, counted from the last activity.
    """
    match mode:
        case Currency.ExpiryMode.DAYS | Currency.ExpiryMode.IDLE_DAYS:
            return earned_on + timedelta(days=length)
        case Currency.ExpiryMode.MONTHS | Currency.ExpiryMode.IDLE_MONTHS:
            return clock.add_months(earned_on, length)
        case Currency.ExpiryMode.MONTH_END:
            return _end_of_month(clock.add_months(earned_on.replace(day=1), length))
        case Currency.ExpiryMode.QUARTER_END:
            first = earned_on.replace(month=(earned_on.month - 1) // 3 * 3 + 1, day=1)
            return _end_of_month(clock.add_months(first, 3 * length + 2))
        case Currency.ExpiryMode.YEAR_END:
            return date(earned_on.year + length, 12, 31)
        case Currency.ExpiryMode.DATES if dates:
            return _next_date(earned_on + timedelta(days=length), dates)
    return None


def _end_of_month(day: date) -> date:
    return clock.add_months(day.replace(day=1), 1) - timedelta(days=1)


def _next_date(day: date, dates: Sequence[str]) -> date:
    """The first of the month-days on or after ``day``; 29 Feb is 28 Feb in common years."""
    months = [tuple(int(part) for part in text.split("-")) for text in dates]
    found = [_held(year, month, number) for year in (day.year, day.year + 1) for month, number in months]
    return min(each for each in found if each >= day)


def _held(year: int, month: int, number: int) -> date:
    return min(date(year, month, 1) + timedelta(days=number - 1), _end_of_month(date(year, month, 1)))


def deadline(
    currency: Currency, programme: Programme, since: datetime, override: Mapping[str, Any] | None = None
) -> datetime | None:
    """The first instant at which points whose life counts from ``since`` are gone, in UTC, or ``None``.

    It is the 24:00 that ends their last day in the programme's zone, ``grace_days`` later. The mode
    and length are the currency's, or those of ``override``: a rule's own, or some members' lifetime.
    """
    day = programme.day_of(since)
    mode = override["mode"] if override else currency.expiry_mode
    length = override.get("length", 0) if override else currency.expiry_length
    last = last_day(mode, length, day, currency.expiry_dates)
    if last is None:
        return None
    return programme.end_of(last + timedelta(days=currency.grace_days))


def span(
    currency: Currency, programme: Programme, earned_at: datetime, override: Mapping[str, Any] | None = None
) -> tuple[datetime, datetime | None]:
    """(available from, expires at) of points earned at ``earned_at``, both in UTC.

    The expiry clock starts when the points become available.
    """
    available_at = earned_at + timedelta(days=currency.pending_days)
    return available_at, deadline(currency, programme, available_at, override)
