"""Periods of quotas, by name, and the last day of what is claimed in them. Pure; all days are business days."""

from dataclasses import dataclass
from datetime import date, timedelta

from loyalty import clock
from members.models import BenefitOffer

EVER, GIVEN = "ever", "given"
_DAY = timedelta(days=1)
_IN_TEN_YEARS = {"day": 3650, "week": 520, "month": 120, "quarter": 40, "year": 10, EVER: 1}


@dataclass(frozen=True, slots=True)
class Span:
    """A period: its name and its days, the last one included; ``None`` where it has no end."""

    name: str
    first: date | None
    last: date | None

    def holds(self, day: date) -> bool:
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


def span(period: str, day: date) -> Span:
    """The period of that kind in which ``day`` lies. Weeks are ISO weeks and named by their own year."""
    match BenefitOffer.Period(period):
        case BenefitOffer.Period.DAY:
            return Span(day.isoformat(), day, day)
        case BenefitOffer.Period.WEEK:
            year, week, weekday = day.isocalendar()
            monday = day - (weekday - 1) * _DAY
            return Span(f"{year}W{week:02}", monday, monday + 6 * _DAY)
        case BenefitOffer.Period.MONTH:
            return _months(f"{day:%Y-%m}", day.replace(day=1), 1)
        case BenefitOffer.Period.QUARTER:
            quarter = (day.month - 1) // 3
            return _months(f"{day.year}Q{quarter + 1}", date(day.year, quarter * 3 + 1, 1), 3)
        case BenefitOffer.Period.YEAR:
            return _months(str(day.year), date(day.year, 1, 1), 12)
        case BenefitOffer.Period.EVER:
            return Span(EVER, None, None)


def _months(name: str, first: date, count: int) -> Span:
    return Span(name, first, clock.add_months(first, count) - _DAY)


def usable_through(use_days: int, last: date | None, claimed_on: date) -> date | None:
    """The last day of use: with ``use_days`` counted from the day it is claimed, that day being the first;
    without, the end of its period (``None``: without end).
    """
    return claimed_on + (use_days - 1) * _DAY if use_days else last


def often(quota: int, period: str) -> int:
    """How often that is in ten years, so that offers can be compared."""
    return quota * _IN_TEN_YEARS[period]
