"""Days that come back every year, such as birthdays, as spans of ``month * 100 + day``.

Pure. Both compilers ask here, so they agree on the turn of the year and on 29 February, which is
kept on 28 February of common years.
"""

import calendar
from dataclasses import dataclass
from datetime import date, timedelta

LONGEST_DAYS = 364


@dataclass(frozen=True, slots=True)
class Span:
    """The marks from ``low`` to ``high``; over the turn of the year where ``low`` is the greater."""

    low: int
    high: int

    def holds(self, mark: int) -> bool:
        if self.low <= self.high:
            return self.low <= mark <= self.high
        return mark >= self.low or mark <= self.high


def mark(day: date) -> int:
    """Month and day as one number: 1105 is 5 November."""
    return day.month * 100 + day.day


def span(as_of: date, days: int) -> Span:
    """The marks kept on ``as_of`` or one of the next ``days`` (at most 364) days."""
    last = as_of + timedelta(days=days)
    high = mark(last)
    if high == 228 and not calendar.isleap(last.year):
        high = 229
    return Span(mark(as_of), high)
