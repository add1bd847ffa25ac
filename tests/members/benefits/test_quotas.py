"""Periods of quotas."""

from datetime import date

import pytest

from members.benefits import quotas
from members.benefits.quotas import Span


@pytest.mark.parametrize(
    ("period", "day", "span"),
    [
        ("day", date(2026, 11, 22), Span("2026-11-22", date(2026, 11, 22), date(2026, 11, 22))),
        ("week", date(2026, 11, 22), Span("2026W47", date(2026, 11, 16), date(2026, 11, 22))),
        ("week", date(2027, 1, 1), Span("2026W53", date(2026, 12, 28), date(2027, 1, 3))),
        ("week", date(2024, 12, 30), Span("2025W01", date(2024, 12, 30), date(2025, 1, 5))),
        ("month", date(2024, 2, 29), Span("2024-02", date(2024, 2, 1), date(2024, 2, 29))),
        ("quarter", date(2026, 12, 31), Span("2026Q4", date(2026, 10, 1), date(2026, 12, 31))),
        ("quarter", date(2026, 1, 1), Span("2026Q1", date(2026, 1, 1), date(2026, 3, 31))),
        ("year", date(2026, 6, 30), Span("2026", date(2026, 1, 1), date(2026, 12, 31))),
        ("ever", date(2026, 6, 30), Span("ever", None, None)),
    ],
)
def test_each_period_has_a_name_a_first_and_a_last_day(period: str, day: date, span: Span) -> None:
    assert quotas.span(period, day) == span


def test_days_of_use_count_the_day_it_is_claimed() -> None:
    day, end = date(2026, 11, 22), date(2026, 11, 30)

    assert [quotas.usable_through(days, end, day) for days in (0, 1, 30)] == [end, day, date(2026, 12, 21)]
    assert quotas.usable_through(0, None, day) is None


def test_offers_compare_by_how_often_they_give() -> None:
    offered = [(1, "week"), (13, "quarter"), (1, "day"), (60, "year"), (9, "month"), (5, "ever")]

    assert sorted(offered, key=lambda each: quotas.often(*each)) == [
        (5, "ever"),
        (1, "week"),
        (13, "quarter"),
        (60, "year"),
        (9, "month"),
        (1, "day"),
    ]
