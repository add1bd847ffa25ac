"""What orders are worth: bases, multipliers, rounding and whose points they are."""

import pytest

from loyalty.deciding import CompiledRule, Policy
from loyalty.deciding.lines import pieces, share_out
from tests.loyalty.deciding.desk import fixed, line, multiply, only, order, rate, rule, without, worth

BASE = rule(1, rate())


def test_an_order_is_rounded_once_and_split_over_its_lines() -> None:
    """E01: 39 on the order, not 38; the lines show 20 and 19."""
    decided = worth(order(lines=[line(1999), line(1999)]), BASE)

    assert decided.total() == 39
    assert decided.awards[0].by_line == [20, 19]


def test_lines_can_be_rounded_one_by_one() -> None:
    """E01: the other setting, where each line of 19.99 gives 19."""
    decided = worth(order(lines=[line(1999), line(1999)]), BASE, policy=Policy(rounding_step="per_line"))

    assert decided.awards[0].by_line == [19, 19]


@pytest.mark.parametrize(("step", "expected"), [("once", 29), ("per_rule", 28)])
def test_a_multiplier_meets_the_exact_base_or_the_floored_one(step: str, expected: int) -> None:
    """E02: 19.99 by 1.5."""
    decided = worth(order(1999), BASE, rule(2, multiply("1.5")), policy=Policy(rounding_step=step))

    assert decided.total() == expected


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (Policy(), 250),
        (Policy(stacking="multiplicative"), 300),
        (Policy(ceiling=(11, 5)), 220),
        (Policy(stacking="multiplicative", ceiling=(11, 5)), 220),
    ],
)
def test_multipliers_stack_as_the_programme_says(policy: Policy, expected: int) -> None:
    """E03: 100.00 with 1.5 for the tier and 2 for the day."""
    decided = worth(order(10000), BASE, rule(2, multiply("1.5")), rule(3, multiply("2")), policy=policy)

    assert decided.total() == expected


def test_multipliers_share_what_lies_above_the_base() -> None:
    decided = worth(order(10000), BASE, rule(2, multiply("1.5")), rule(3, multiply("2")))

    assert [award.awarded for award in decided.awards] == [100, 50, 100]


def test_a_multiplier_below_one_takes_from_the_base_and_is_never_negative() -> None:
    decided = worth(order(10000), BASE, rule(2, multiply("0.5")))

    assert [(award.rule_id, award.awarded) for award in decided.awards] == [(1, 50)]
    assert [step["factor"] for step in decided.receipt["steps"][1:]] == ["0.5"]


def test_multipliers_that_add_up_below_zero_leave_nothing_and_take_nothing() -> None:
    """Two of ×0 would make -1, and another rule's bonus must not pay for it."""
    lines = [line(10000, "tea"), line(5000, "cup")]
    nothing = [rule(number, multiply("0", lines=only("tea"))) for number in (2, 3)]

    assert worth(order(lines=lines), BASE, *nothing).awards[0].by_line == [0, 50]


def test_the_part_paid_with_points_earns_nothing() -> None:
    """E04: 100.00, of which 2,000 points pay 20.00."""
    paid = order(10000, points_paid_minor=2000, points_paid=2000)

    assert worth(paid, BASE).total() == 80
    assert worth(paid, rule(1, rate(points_paid=True))).total() == 100


def test_freight_and_excluded_goods_earn_nothing() -> None:
    """E06: goods 88.00, of them 8.00 excluded, and freight 12.00."""
    bought = order(lines=[line(8000, "tea"), line(800, "bag")], freight_minor=1200)

    assert worth(bought, rule(1, rate(lines=without("bag")))).total() == 80


def test_an_order_that_a_coupon_paid_earns_nothing() -> None:
    """E07: no points and no growth; no rule claims to have applied."""
    growth = rule(2, rate(currency="growth"))

    decided = worth(order(lines=[line(5000)], discount_minor=5000), BASE, growth)

    assert (decided.awards, decided.receipt["steps"]) == ([], [])
    assert decided.receipt["considered"] == [10, 20]


def test_a_voided_line_earns_nothing() -> None:
    """E18: 30.00 of 100.00 was taken out at the till."""
    decided = worth(order(lines=[line(7000), line(3000, voided=True)]), BASE)

    assert decided.awards[0].by_line == [70, 0]


def test_a_free_reward_neither_earns_nor_counts() -> None:
    """E19: nor do gift cards earn; they will when they are spent."""
    bought = order(lines=[line(5000, "tea"), line(3000, "cup", kind="reward"), line(2000, kind="gift_card")])

    assert worth(bought, BASE, rule(2, fixed(50, lines=only("cup")))).total() == 50
    assert pieces(bought["lines"]) == [1, 0, 0]


def test_a_discount_comes_off_every_line_in_proportion() -> None:
    bought = order(lines=[line(6000, "tea"), line(4000, "cup")], discount_minor=1000)

    decided = worth(bought, rule(1, rate(lines=only("tea"))))

    assert (decided.total(), decided.receipt["steps"][0]["basis_minor"]) == (54, 5400)


def test_a_discount_beyond_the_goods_comes_off_the_freight() -> None:
    bought = order(lines=[line(1000)], freight_minor=1000, discount_minor=1500)

    assert worth(bought, rule(1, rate(freight=True))).awards[0].by_line == [0, 5]


def test_freight_earns_where_a_rule_says_so_with_or_without_lines() -> None:
    rules = [rule(1, rate(freight=True))]

    assert worth(order(10000, freight_minor=1000), *rules).awards[0].by_line == [90, 10]
    assert worth(order(lines=[line(9000)], freight_minor=1000), *rules).awards[0].by_line == [90, 10]


@pytest.mark.parametrize(("mode", "expected"), [("floor", 10), ("half_up", 11), ("ceil", 11)])
def test_half_a_point_goes_as_the_mode_says(mode: str, expected: int) -> None:
    assert worth(order(1050), BASE, policy=Policy(rounding_mode=mode)).total() == expected


def test_each_currency_is_rounded_for_itself() -> None:
    both = rule(1, rate(), rate(per_minor=200, currency="growth"))

    decided = worth(order(1999), both)

    assert (decided.total("points"), decided.total("growth")) == (19, 9)


def test_a_multiplier_of_one_currency_leaves_the_other() -> None:
    both = rule(1, rate(), rate(currency="growth"))

    decided = worth(order(10000), both, rule(2, multiply("2", currency="growth")))

    assert (decided.total("points"), decided.total("growth")) == (100, 200)


def test_a_rate_may_be_a_decimal() -> None:
    assert worth(order(10000), rule(1, rate("0.5"))).total() == 50


def test_an_event_without_money_can_give_a_fixed_bonus() -> None:
    checked_in = rule(1, fixed(5), kind="checkin.done")

    decided = worth({"streak": 3}, checked_in, kind="checkin.done")

    assert [(award.awarded, award.by_line) for award in decided.awards] == [(5, [5])]


@pytest.mark.parametrize(
    ("total", "weights", "expected"),
    [(39, [1, 1], [20, 19]), (100, [200, 150], [57, 43]), (7, [0, 0], [7, 0]), (0, [3, 4], [0, 0])],
)
def test_shares_are_whole_and_add_up(total: int, weights: list[int], expected: list[int]) -> None:
    assert share_out(total, weights) == expected


@pytest.mark.parametrize("rules", [[rule(1, rate()), rule(2, rate())], [rule(2, rate()), rule(1, rate())]])
def test_the_odd_point_falls_to_the_rule_that_comes_first(rules: list[CompiledRule]) -> None:
    decided = worth(order(150), *rules)

    assert [(award.rule_id, award.awarded) for award in decided.awards] == [(1, 2), (2, 1)]
