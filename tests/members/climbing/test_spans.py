"""The days a ladder reckons with."""

from datetime import date

import pytest

from members.climbing import spans

JOINED = date(2024, 2, 29)


@pytest.mark.parametrize(
    ("window", "length", "unit", "as_of", "expected"),
    [
        ("ever", 1, "years", date(2026, 3, 15), None),
        ("calendar_year", 1, "years", date(2026, 3, 15), date(2026, 1, 1)),
        ("calendar_year", 2, "years", date(2026, 3, 15), date(2025, 1, 1)),
        ("rolling", 30, "days", date(2026, 3, 15), date(2026, 2, 14)),
        ("rolling", 12, "months", date(2026, 3, 14), date(2025, 3, 15)),
        ("rolling", 12, "months", date(2026, 3, 15), date(2025, 3, 16)),
        ("anniversary", 1, "years", date(2026, 2, 27), date(2025, 2, 28)),
        ("anniversary", 1, "years", date(2026, 2, 28), date(2026, 2, 28)),
        ("anniversary", 2, "years", date(2028, 2, 29), date(2027, 2, 28)),
        ("since_reached", 1, "years", date(2026, 3, 15), date(2026, 1, 5)),
    ],
)
def test_what_counts_begins_on_its_day(window: str, length: int, unit: str, as_of: date, expected: date | None) -> None:
    """E52: what came on 15 March leaves a window of 12 months at 00:00 a year on."""
    reached = date(2026, 1, 5)

    assert spans.window_start(window, length, unit, as_of=as_of, joined_on=JOINED, reached_on=reached) == expected


@pytest.mark.parametrize(
    ("validity", "length", "unit", "rounding", "expected"),
    [
        ("open", 1, "years", "none", None),
        ("since_reached", 30, "days", "none", date(2026, 8, 19)),
        ("since_reached", 1, "months", "none", date(2026, 8, 19)),
        ("since_reached", 1, "months", "month", date(2026, 8, 31)),
        ("since_reached", 30, "days", "month", date(2026, 8, 31)),
        ("since_reached", 30, "days", "quarter", date(2026, 9, 30)),
        ("since_reached", 1, "years", "year", date(2027, 12, 31)),
        ("calendar_year", 1, "years", "none", date(2026, 12, 31)),
        ("calendar_year", 2, "years", "none", date(2027, 12, 31)),
        ("anniversary", 1, "years", "none", date(2027, 2, 27)),
    ],
)
def test_a_tier_lasts_through_its_last_day(
    validity: str, length: int, unit: str, rounding: str, expected: date | None
) -> None:
    """C5: reached on 20 July with 30 days, through 19 August; rounded, through the 31st."""
    start = date(2026, 7, 20)

    assert spans.valid_through(validity, length, unit, rounding, start=start, joined_on=JOINED) == expected


def test_terms_follow_each_other_without_a_gap() -> None:
    first = spans.valid_through("anniversary", 1, "years", "none", start=date(2026, 7, 20), joined_on=JOINED)
    assert first is not None

    second = spans.valid_through("anniversary", 1, "years", "none", start=first + spans.DAY, joined_on=JOINED)

    assert second == date(2028, 2, 28)
