"""Which birthdays are celebrated on a day, and what dates of birth that means. Pure arithmetic.

A month and a day are found in an index on whole dates by naming the dates of all years one can be born in:
120 of them, each one step down the index. See ``docs/decisions/0013``.
"""

from calendar import isleap
from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

OLDEST_YEARS = 120
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class Feast(NamedTuple):
    """The birthdays of one month and day, celebrated as those of ``year``."""

    year: int
    month: int
    day: int

    def births(self) -> list[date]:
        """Every date of birth that is at least one and at most 120 years before."""
        years = range(self.year - OLDEST_YEARS, self.year)
        return [date(each, self.month, self.day) for each in years if (self.month, self.day) != (2, 29) or isleap(each)]


def falls_on(born: date, year: int, *, in_march: bool) -> date:
    """The birthday of that year; of who was born on 29 February in common years 28 February or 1 March."""
    if (born.month, born.day) == (2, 29) and not isleap(year):
        return date(year, 3, 1) if in_march else date(year, 2, 28)
    return date(year, born.month, born.day)


def of_day(day: date, *, in_march: bool) -> list[Feast]:
    """Whose birthday ``day`` is: one month and day, in common years 29 February with its neighbor."""
    found = [Feast(day.year, day.month, day.day)]
    if not isleap(day.year) and day == falls_on(date(2024, 2, 29), day.year, in_march=in_march):
        found.append(Feast(day.year, 2, 29))
    return found


def of_days(day: date, *, in_march: bool) -> list[Feast]:
    """The day and the one before, as birthdays may be told in the course of the day itself."""
    return [feast for each in (day - timedelta(days=1), day) for feast in of_day(each, in_march=in_march)]


def of_month(day: date) -> list[Feast]:
    """Every birthday of the month ``day`` lies in, 29 February in every February."""
    return [Feast(day.year, day.month, each) for each in range(1, _DAYS[day.month - 1] + 1)]


def next_of(born: date, today: date, *, in_march: bool) -> date:
    """The first birthday on ``today`` or after."""
    return next(day for day in _coming(born, today, in_march) if day >= today)


def _coming(born: date, today: date, in_march: bool) -> Iterator[date]:
    yield from (falls_on(born, year, in_march=in_march) for year in (today.year, today.year + 1))
