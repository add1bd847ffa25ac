"""When points go: fixed dates, inactivity, grace, and lifetimes of a rule's or some members' own."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty import clock
from loyalty.ledger import lifetimes
from loyalty.models import Currency, Programme

HOUSE = Programme(timezone="Asia/Shanghai", day_start_hour=0)
MODES = st.sampled_from(["days", "months", "month_end", "quarter_end", "year_end", "dates", "idle_days", "idle_months"])
DAYS = st.dates(date(2020, 1, 1), date(2040, 12, 31))
MONTH_DAYS = st.dates(date(2024, 1, 1), date(2024, 12, 31)).map(lambda day: f"{day:%m-%d}")


def unit(**more: Any) -> Currency:
    return Currency(code="points", **more)


def local(day: date, hour: int = 0) -> datetime:
    """An hour in Shanghai as UTC."""
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC) - timedelta(hours=8)


@pytest.mark.parametrize(
    ("earned", "length", "last"),
    [
        (date(2026, 1, 10), 0, date(2026, 6, 30)),
        (date(2026, 6, 30), 0, date(2026, 6, 30)),
        (date(2026, 7, 1), 0, date(2026, 12, 31)),
        (date(2026, 6, 1), 30, date(2026, 12, 31)),
        (date(2026, 5, 31), 30, date(2026, 6, 30)),
        (date(2026, 12, 20), 30, date(2027, 6, 30)),
        (date(2026, 1, 1), 400, date(2027, 6, 30)),
    ],
)
def test_points_go_on_the_next_fixed_date_far_enough_away(earned: date, length: int, last: date) -> None:
    assert lifetimes.last_day("dates", length, earned, ["12-31", "06-30"]) == last


def test_a_fixed_29_february_is_28_in_common_years() -> None:
    found = [lifetimes.last_day("dates", 0, date(year, 1, 5), ["02-29"]) for year in (2027, 2028)]

    assert found == [date(2027, 2, 28), date(2028, 2, 29)]


def test_without_a_fixed_date_points_stay() -> None:
    assert lifetimes.last_day("dates", 0, date(2026, 1, 5)) is None


@pytest.mark.parametrize(("mode", "plain"), [("idle_days", "days"), ("idle_months", "months")])
def test_inactivity_is_counted_like_days_and_months(mode: str, plain: str) -> None:
    earned = date(2026, 1, 31)

    assert lifetimes.last_day(mode, 1, earned) == lifetimes.last_day(plain, 1, earned)


def test_pending_points_live_from_their_activation() -> None:
    """E42: pending 14 days from 10 Jan, valid one month: active 24 Jan, to 24 Feb 24:00."""
    currency = unit(expiry_mode="months", expiry_length=1, pending_days=14)

    found = lifetimes.span(currency, HOUSE, local(date(2026, 1, 10), 9))

    assert found == (local(date(2026, 1, 24), 9), local(date(2026, 2, 25)))


def test_zero_months_end_with_the_day_of_earning() -> None:
    """E36."""
    currency = unit(expiry_mode="months", expiry_length=0)

    assert lifetimes.deadline(currency, HOUSE, local(date(2026, 1, 31), 23)) == local(date(2026, 2, 1))


def test_grace_makes_points_live_so_many_days_longer() -> None:
    """E35 and five days: 31 Jan and a month is 28 Feb; spendable to 5 Mar 24:00."""
    currency = unit(expiry_mode="months", expiry_length=1, grace_days=5)

    assert lifetimes.deadline(currency, HOUSE, local(date(2026, 1, 31))) == local(date(2026, 3, 6))


def test_a_shorter_validity_is_for_points_to_come() -> None:
    """E44: what a deadline is made of is read when the points are earned, and kept with them."""
    earned_at = local(date(2026, 1, 31))

    before = lifetimes.deadline(unit(expiry_mode="months", expiry_length=24), HOUSE, earned_at)
    after = lifetimes.deadline(unit(expiry_mode="months", expiry_length=12), HOUSE, earned_at)

    assert (before, after) == (local(date(2028, 2, 1)), local(date(2027, 2, 1)))


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        (None, local(date(2026, 4, 1))),
        ({"mode": "days", "length": 3}, local(date(2026, 3, 6))),
        ({"mode": "dates", "length": 0}, local(date(2026, 7, 1))),
        ({"mode": "never"}, None),
    ],
)
def test_a_rule_or_some_members_have_a_lifetime_of_their_own(
    override: dict[str, Any] | None, expected: datetime | None
) -> None:
    currency = unit(expiry_mode="month_end", expiry_length=0, expiry_dates=["06-30"])

    assert lifetimes.span(currency, HOUSE, local(date(2026, 3, 2)), override)[1] == expected


@given(MODES, st.integers(0, 800), DAYS, st.integers(0, 40), st.lists(MONTH_DAYS, min_size=1, max_size=4))
def test_points_live_at_least_their_day_and_never_shorter_than_those_before(
    mode: str, length: int, earned: date, later: int, dates: list[str]
) -> None:
    first = lifetimes.last_day(mode, length, earned, dates)
    second = lifetimes.last_day(mode, length, earned + timedelta(days=later), dates)

    assert first is not None
    assert second is not None
    assert earned <= first <= second


@given(st.integers(0, 800), DAYS, st.lists(MONTH_DAYS, min_size=1, max_size=4))
def test_a_fixed_date_is_the_first_that_is_far_enough_away(length: int, earned: date, dates: list[str]) -> None:
    """Against walking day by day."""
    found = lifetimes.last_day("dates", length, earned, dates)

    day = earned + timedelta(days=length)
    wanted = set(dates) | ({"02-28"} if "02-29" in dates else set())
    while f"{day:%m-%d}" not in wanted or (f"{day:%m-%d}" == "02-28" and "02-28" not in dates and day.year % 4 == 0):
        day += timedelta(days=1)
    assert found == day


@given(MODES, st.integers(0, 60), DAYS, st.integers(0, 23), st.integers(0, 6), st.integers(0, 30))
def test_a_deadline_is_a_midnight_of_the_house_and_grace_moves_it_by_days(
    mode: str, length: int, earned: date, hour: int, starts: int, grace: int
) -> None:
    house = Programme(timezone="Asia/Shanghai", day_start_hour=starts)
    plain = unit(expiry_mode=mode, expiry_length=length, expiry_dates=["06-30"])
    longer = unit(expiry_mode=mode, expiry_length=length, expiry_dates=["06-30"], grace_days=grace)
    at = local(earned, hour)

    ends, later = lifetimes.deadline(plain, house, at), lifetimes.deadline(longer, house, at)

    assert ends is not None
    assert later is not None
    assert ends.astimezone(clock.zone("Asia/Shanghai")).hour == starts
    assert ends > at
    assert later - ends == timedelta(days=grace)
