"""The arithmetic of birthdays."""

from datetime import date, timedelta

import pytest

from members.profile import anniversaries
from members.profile.anniversaries import Feast

LEAP = date(2004, 2, 29)


@pytest.mark.parametrize(
    ("year", "in_march", "day"),
    [
        (2027, False, date(2027, 2, 28)),
        (2027, True, date(2027, 3, 1)),
        (2028, False, date(2028, 2, 29)),
        (2028, True, date(2028, 2, 29)),
        (2100, False, date(2100, 2, 28)),
    ],
)
def test_a_birthday_on_29_february_moves_to_its_neighbor_in_common_years(year: int, in_march: bool, day: date) -> None:
    """E63."""
    assert anniversaries.falls_on(LEAP, year, in_march=in_march) == day


@pytest.mark.parametrize("in_march", [False, True])
def test_every_birth_is_celebrated_on_exactly_one_day_of_every_year(in_march: bool) -> None:
    """E63: for all days of birth of four years and all days of eight."""
    first = date(2026, 1, 1)
    days = [first + timedelta(days=each) for each in range(365 * 8 + 2)]
    celebrated = [
        (feast.month, feast.day, feast.year) for day in days for feast in anniversaries.of_day(day, in_march=in_march)
    ]

    assert len(celebrated) == len(set(celebrated)) == 366 * 8
    assert all(
        anniversaries.falls_on(born, day.year, in_march=in_march) == day
        for day in days
        for feast in anniversaries.of_day(day, in_march=in_march)
        for born in feast.births()[-4:]
    )


def test_the_dates_of_birth_are_those_of_120_years_before() -> None:
    births = Feast(2026, 3, 18).births()

    assert (births[0], births[-1], len(births)) == (date(1906, 3, 18), date(2025, 3, 18), 120)
    assert Feast(2026, 2, 29).births()[-1] == date(2024, 2, 29)


def test_a_month_holds_all_its_days_and_february_always_29() -> None:
    assert [len(anniversaries.of_month(date(2027, month, 5))) for month in range(1, 13)] == [
        31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("born", "today", "found"),
    [
        (date(2020, 3, 18), date(2026, 3, 18), date(2026, 3, 18)),
        (date(2020, 3, 17), date(2026, 3, 18), date(2027, 3, 17)),
        (LEAP, date(2027, 3, 1), date(2028, 2, 29)),
        (LEAP, date(2027, 1, 1), date(2027, 2, 28)),
    ],
)
def test_the_next_birthday_is_today_or_after(born: date, today: date, found: date) -> None:
    assert anniversaries.next_of(born, today, in_march=False) == found
