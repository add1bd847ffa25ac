"""The days a ladder reckons with: from when figures count, and how long a tier lasts. Pure, in business days.

All days are whole and the last one is included, so "through 19 August" means until 24:00 of that day. A tier kept
for n days lasts through the n-th day after the one it was reached on; for n months or years, through the
eve of the same date (20 July and one month: 19 August). Either may be rounded up to the end of a period.
"""

from datetime import date, timedelta

from loyalty import clock

DAY = timedelta(days=1)
_MONTHS = {"months": 1, "years": 12}


def window_start(
    window: str, length: int, unit: str, *, as_of: date, joined_on: date, reached_on: date | None
) -> date | None:
    """The first day that counts for a judgement of ``as_of``; ``None`` where everything ever counts."""
    match window:
        case "calendar_year":
            return date(as_of.year - (length - 1), 1, 1)
        case "rolling":
            if unit == "days":
                return as_of - (length - 1) * DAY
            return clock.add_months(as_of, -length * _MONTHS[unit]) + DAY
        case "anniversary":
            return anniversary(joined_on, as_of.year + _years_back(joined_on, as_of) - (length - 1))
        case "since_reached":
            return reached_on or joined_on
        case _:
            return None


def valid_through(validity: str, length: int, unit: str, rounding: str, *, start: date, joined_on: date) -> date | None:
    """The last day of a tier held from ``start`` on; ``None`` where it has no set end."""
    match validity:
        case "calendar_year":
            last = date(start.year + length - 1, 12, 31)
        case "anniversary":
            year = start.year + _years_back(joined_on, start) + length
            last = anniversary(joined_on, year) - DAY
        case "since_reached":
            last = _later(start, length, unit)
        case _:
            return None
    return round_up(last, rounding)


def round_up(day: date, rounding: str) -> date:
    """The last day of the month, quarter or year that ``day`` lies in; ``day`` itself for ``none``."""
    match rounding:
        case "month":
            return clock.add_months(day.replace(day=1), 1) - DAY
        case "quarter":
            return clock.add_months(day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1), 3) - DAY
        case "year":
            return date(day.year, 12, 31)
        case _:
            return day


def anniversary(joined_on: date, year: int) -> date:
    """The joining anniversary of a year; of 29 February, 28 February in common years."""
    return clock.add_months(joined_on, 12 * (year - joined_on.year))


def _years_back(joined_on: date, as_of: date) -> int:
    """0 where this year's anniversary has come by ``as_of``, else −1."""
    return 0 if anniversary(joined_on, as_of.year) <= as_of else -1


def _later(start: date, length: int, unit: str) -> date:
    if unit == "days":
        return start + length * DAY
    return clock.add_months(start, length * _MONTHS[unit]) - DAY
