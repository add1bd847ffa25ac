"""Days and worth of terms."""

from datetime import date

import pytest

from members.models import PlanTerm
from members.paying import reckoning
from members.paying.reckoning import Span


def term(first: date, last: date, ended_on: date | None = None) -> PlanTerm:
    return PlanTerm(starts_on=first, through_on=last, ended_on=ended_on)


YEAR = term(date(2026, 3, 18), date(2027, 3, 17))


@pytest.mark.parametrize(
    ("start", "length", "unit", "last"),
    [
        (date(2026, 3, 18), 1, "years", date(2027, 3, 17)),
        (date(2028, 2, 29), 1, "years", date(2029, 2, 27)),
        (date(2026, 1, 31), 1, "months", date(2026, 2, 27)),
        (date(2028, 1, 31), 1, "months", date(2028, 2, 28)),
        (date(2026, 12, 31), 2, "months", date(2027, 2, 27)),
        (date(2026, 3, 18), 7, "days", date(2026, 3, 24)),
        (date(2026, 3, 18), 1, "days", date(2026, 3, 18)),
    ],
)
def test_a_term_goes_through_the_eve_of_the_same_date_or_of_the_last_of_a_shorter_month(
    start: date, length: int, unit: str, last: date
) -> None:
    assert reckoning.last_day(start, length, unit) == last


def test_a_renewal_begins_when_what_is_held_is_over_and_no_day_is_paid_twice() -> None:
    held = [Span(date(2026, 3, 18), date(2027, 3, 17)), Span(date(2027, 3, 18), date(2028, 3, 17))]

    assert reckoning.place(held, date(2026, 6, 1), 1, "years") == Span(date(2028, 3, 18), date(2029, 3, 17))


def test_an_order_of_long_ago_finds_room_before_what_is_held_now() -> None:
    held = [Span(date(2026, 3, 18), date(2027, 3, 17))]

    assert reckoning.place(held, date(2024, 1, 1), 1, "years") == Span(date(2024, 1, 1), date(2024, 12, 31))


@pytest.mark.parametrize(
    ("policy", "day", "points", "minor"),
    [
        ("pro_rata", date(2026, 6, 26), 7260, 36301),  # 100 of 365 days used: 265 ÷ 365, rounded down
        ("pro_rata", date(2026, 3, 18), 10000, 50000),
        ("pro_rata", date(2027, 3, 17), 27, 136),
        ("pro_rata", date(2027, 3, 18), 0, 0),
        ("whole", date(2027, 3, 17), 10000, 50000),
        ("whole", date(2027, 3, 18), 0, 0),
        ("none", date(2026, 3, 18), 0, 0),
    ],
)
def test_what_is_given_back_follows_the_plan(policy: str, day: date, points: int, minor: int) -> None:
    assert [reckoning.owed(YEAR, price, policy, day) for price in (10000, 50000)] == [points, minor]


def test_giving_back_what_the_days_left_are_worth_takes_just_those_days() -> None:
    for left in range(1, 366):
        worth = reckoning.worth(50000, days=365, left=left)

        assert reckoning.days_for(50000, worth, days=365) == left


@pytest.mark.parametrize(
    ("policy", "amount", "is_whole", "day", "first_off"),
    [
        ("pro_rata", 36301, False, date(2026, 6, 26), date(2026, 6, 26)),
        ("pro_rata", 50000, True, date(2026, 6, 26), date(2026, 6, 26)),
        ("pro_rata", 10000, False, date(2026, 6, 26), date(2027, 1, 4)),  # 73 days from its end
        ("pro_rata", 40000, False, date(2026, 6, 26), date(2026, 6, 26)),  # no day that was used is taken
        ("pro_rata", 10000, False, date(2027, 3, 10), date(2027, 3, 10)),
        ("pro_rata", 10000, False, date(2027, 4, 1), None),
        ("pro_rata", 50000, True, date(2026, 1, 1), date(2026, 3, 18)),
        ("whole", 10000, False, date(2026, 6, 26), None),
        ("whole", 50000, True, date(2026, 6, 26), date(2026, 6, 26)),
        ("none", 10000, False, date(2026, 6, 26), None),
        ("none", 50000, True, date(2026, 6, 26), date(2026, 6, 26)),
    ],
)
def test_money_that_came_back_cuts_a_term_short_by_the_plan(
    policy: str, amount: int, is_whole: bool, day: date, first_off: date | None
) -> None:
    assert reckoning.cut(YEAR, policy, price=50000, amount=amount, is_whole=is_whole, day=day) == first_off


def test_a_price_is_parted_without_losing_a_fen() -> None:
    assert (reckoning.parts(100000, 3), reckoning.parts(2, 3)) == ([33334, 33333, 33333], [1, 1, 0])
