"""C4: the figures of ruoyi's price calculators: points that pay, and points that are given.

Where a split over lines leaves something, it falls to the last line, as ruoyi has it; the other
setting, largest remainder, gives the figures named beside it.
"""

import pytest

from loyalty.deciding import Policy
from loyalty.deciding.tender import Tender, TenderPolicy, quote, split
from tests.loyalty.deciding.desk import fixed, line, only, order, rate, rule, without, worth

FEN_FOR_FEN = TenderPolicy(points=1, minor=1)
LINES = [2 * 100, 3 * 50]


def used(cap: int) -> Tender:
    """What a member with plenty of points uses on the two lines, up to ``cap``."""
    return quote(asked=cap, balance=10_000, order_minor=sum(LINES), policy=FEN_FOR_FEN)


@pytest.mark.parametrize(
    ("cap", "remainder", "points", "pay"),
    [
        (100, "last", [57, 43], [143, 107]),
        (100, "largest", [57, 43], [143, 107]),
        (50, "last", [28, 22], [172, 128]),
        (50, "largest", [29, 21], [171, 129]),
    ],
)
def test_points_that_pay_are_split_over_the_lines(cap: int, remainder: str, points: list[int], pay: list[int]) -> None:
    """C4: one point is one fen; 100 points leave 250 to pay, 50 leave 300."""
    parts = split(used(cap), LINES, remainder)

    assert [part.points for part in parts] == points
    assert [part.left_minor for part in parts] == pay
    assert sum(pay) == 350 - cap


def test_points_given_by_money_and_by_goods() -> None:
    """C4: 100 for every yuan on 2.00 and 1.50, and 100 for a certain SKU; unselected lines bring 0."""
    bought = order(lines=[line(200, "tea"), line(150, "cup"), line(900, "bag")])
    by_money = rule(1, rate(100, 100, lines=without("bag")))
    by_goods = rule(2, fixed(100, lines=only("cup")))

    decided = worth(bought, by_money, by_goods)

    assert decided.total() == 450
    assert [sum(column) for column in zip(*(award.by_line for award in decided.awards), strict=True)] == [200, 250, 0]


@pytest.mark.parametrize(("remainder", "lines"), [("last", [28, 22]), ("largest", [29, 21])])
def test_points_given_for_an_order_are_split_by_the_same_setting(remainder: str, lines: list[int]) -> None:
    """C4: 50 points over 2.00 and 1.50."""
    bought = order(lines=[line(200), line(150)])

    award = worth(bought, rule(1, rate(1, 7)), policy=Policy(remainder=remainder)).awards[0]

    assert award.by_line == lines


def test_lines_that_were_not_chosen_pay_in_full() -> None:
    parts = split(used(50), [200, 0, 150], "last")

    assert [(part.points, part.left_minor) for part in parts] == [(28, 172), (0, 0), (22, 128)]
