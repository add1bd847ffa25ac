"""Which days a window covers, and which days an anniversary is kept on."""

from datetime import date, timedelta

import pytest

from loyalty.conditions import anniversaries, windows
from loyalty.conditions.windows import Window

AS_OF = date(2026, 5, 17)


@pytest.mark.parametrize(
    ("window", "first"),
    [
        (Window("days", 1), AS_OF),
        (Window("days", 30), date(2026, 4, 18)),
        (Window("month"), date(2026, 5, 1)),
        (Window("quarter"), date(2026, 4, 1)),
        (Window("year"), date(2026, 1, 1)),
        (Window("lifetime"), None),
    ],
)
def test_a_window_ends_on_the_day_of_the_question(window: Window, first: date | None) -> None:
    assert windows.bounds(window, AS_OF) == (first, AS_OF)


def test_a_purchase_leaves_the_rolling_year_after_365_days() -> None:
    """E52: paid on 15 March 2025, gone on 15 March 2026 at 00:00."""
    paid, year = date(2025, 3, 15), Window("days", 365)

    assert windows.bounds(year, date(2026, 3, 14))[0] == paid
    assert windows.bounds(year, date(2026, 3, 15))[0] == paid + timedelta(days=1)


JOINED = date(2024, 2, 29)


@pytest.mark.parametrize(
    ("as_of", "first"),
    [
        (date(2024, 2, 28), windows.NEVER),
        (JOINED, JOINED),
        (date(2025, 2, 27), JOINED),
        (date(2025, 2, 28), date(2025, 2, 28)),
        (date(2028, 2, 28), date(2027, 2, 28)),
        (date(2028, 2, 29), date(2028, 2, 29)),
    ],
)
def test_a_year_of_one_s_own_begins_on_the_last_anniversary(as_of: date, first: date) -> None:
    """E66: of 29 February on the 28th of common years; before the day itself nothing is covered."""
    year = Window("anniversary", anchor="member.joined_on")

    assert windows.bounds(year, as_of, JOINED) == (first, as_of)


def test_a_window_since_a_date_covers_it_and_nothing_where_there_is_none() -> None:
    since = Window("since", anchor="member.tier_since")

    assert windows.bounds(since, AS_OF, date(2026, 5, 1)) == (date(2026, 5, 1), AS_OF)
    assert windows.bounds(since, AS_OF, None)[0] == windows.NEVER


@pytest.mark.parametrize("as_of", [date(2027, 2, 28), date(2028, 2, 28), date(2028, 2, 29), date(2028, 3, 1)])
def test_no_anniversary_lies_before_the_days_that_are_loaded_for_it(as_of: date) -> None:
    year = Window("anniversary", anchor="member.joined_on")
    loaded = windows.earliest(year, as_of)

    starts = [windows.bounds(year, as_of, as_of - timedelta(days=back))[0] for back in range(1500)]

    assert loaded is not None
    assert min(start for start in starts if start) >= loaded


@pytest.mark.parametrize("month", range(1, 13))
def test_a_quarter_begins_in_january_april_july_or_october(month: int) -> None:
    first, last = windows.bounds(Window("quarter"), date(2026, month, 28))

    assert (first, last) == (date(2026, [1, 4, 7, 10][(month - 1) // 3], 1), date(2026, month, 28))


@pytest.mark.parametrize(
    ("birthday", "kept"),
    [
        (date(2000, 2, 29), [date(2027, 2, 28), date(2028, 2, 29), date(2029, 2, 28)]),
        (date(2000, 2, 28), [date(2027, 2, 28), date(2028, 2, 28), date(2029, 2, 28)]),
        (date(2000, 3, 1), [date(2027, 3, 1), date(2028, 3, 1), date(2029, 3, 1)]),
        (date(1999, 12, 31), [date(2027, 12, 31), date(2028, 12, 31), date(2029, 12, 31)]),
    ],
)
def test_a_birthday_is_kept_exactly_once_a_year(birthday: date, kept: list[date]) -> None:
    """E63: born on 29 February, kept on the 28th in common years. E66 likewise."""
    days = [date(2027, 1, 1) + timedelta(days=place) for place in range(365 + 366 + 365)]

    mark = anniversaries.mark(birthday)
    found = [day for day in days if anniversaries.span(day, 0).holds(mark)]

    assert found == kept


def keeping(birthday: date, year: int) -> date:
    """Written the long way: the day in a year on which a birthday is kept."""
    try:
        return birthday.replace(year=year)
    except ValueError:
        return date(year, 2, 28)


@pytest.mark.parametrize("as_of", [date(2026, 12, 28), date(2027, 2, 20), date(2028, 2, 20), date(2028, 2, 29)])
@pytest.mark.parametrize("days", [0, 1, 7, 10, 60, 364])
def test_a_span_holds_whose_next_anniversary_comes_within_the_days(as_of: date, days: int) -> None:
    births = [date(2000, 1, 1) + timedelta(days=place) for place in range(366)]

    held = [birth for birth in births if anniversaries.span(as_of, days).holds(anniversaries.mark(birth))]

    coming = [
        birth
        for birth in births
        if any(0 <= (keeping(birth, year) - as_of).days <= days for year in (as_of.year, as_of.year + 1))
    ]
    assert held == coming
