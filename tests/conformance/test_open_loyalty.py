"""C1: the figures of Open Loyalty's rule evaluator: a red item at 12, a blue one at 100, delivery 40."""

from typing import Any

import pytest

from loyalty.deciding import CompiledRule, Policy
from tests.loyalty.deciding.desk import at_least, fixed, line, multiply, only, order, rate, rule, without, worth

ORDER = order(lines=[line(1200, "red"), line(10000, "blue")], freight_minor=4000)


def all_of(points: int, **more: Any) -> dict[str, Any]:
    """A rate on everything, delivery too."""
    return rate(points, freight=True, **more)


CASES: dict[str, tuple[list[CompiledRule], int]] = {
    "rate 4 on all": ([rule(1, all_of(4))], 608),
    "blue excluded": ([rule(1, all_of(4, lines=without("blue")))], 208),
    "red excluded": ([rule(1, all_of(4, lines=without("red")))], 560),
    "only red": ([rule(1, rate(4, lines=only("red")))], 48),
    "red and delivery excluded": ([rule(1, rate(4, lines=without("red")))], 400),
    "rates 10 and 4": ([rule(1, all_of(10)), rule(2, all_of(4))], 2128),
    "100 more for red": ([rule(1, all_of(4)), rule(2, fixed(100, lines=only("red")))], 708),
    "red x3": ([rule(1, all_of(4)), rule(2, multiply("3", lines=only("red")))], 704),
    "red x3, blue x6": (
        [rule(1, all_of(4)), rule(2, multiply("3", lines=only("red"))), rule(3, multiply("6", lines=only("blue")))],
        2704,
    ),
    "red x0, blue x2": (
        [rule(1, all_of(4)), rule(2, multiply("0", lines=only("red"))), rule(3, multiply("2", lines=only("blue")))],
        960,
    ),
    "red x0, blue x0": (
        [rule(1, all_of(4)), rule(2, multiply("0", lines=only("red"))), rule(3, multiply("0", lines=only("blue")))],
        160,
    ),
    "everything together": (
        [
            rule(1, all_of(4)),
            rule(2, all_of(10)),
            rule(3, multiply("3", lines=only("red"))),
            rule(4, multiply("5", lines=only("blue"))),
            rule(5, fixed(200, lines=only("blue"))),
        ],
        8264,
    ),
    "a stop ends the judging": ([rule(1, all_of(1)), rule(2, all_of(1), stops=True), rule(3, all_of(10))], 304),
    "a stop that did not apply lets the next run": (
        [rule(1, all_of(1)), rule(2, all_of(10), stops=True, condition=at_least(30000)), rule(3, all_of(2))],
        456,
    ),
    "an order below the minimum": ([rule(1, all_of(4), condition=at_least(30000))], 0),
}


@pytest.mark.parametrize("stacking", ["additive", "multiplicative"])
@pytest.mark.parametrize("name", CASES)
def test_an_order_earns_what_open_loyalty_says(name: str, stacking: str) -> None:
    """C1: no line of the example meets two multipliers, so both ways of stacking agree."""
    rules, expected = CASES[name]

    decided = worth(ORDER, *rules, policy=Policy(stacking=stacking))

    assert decided.total() == expected


@pytest.mark.parametrize("step", ["once", "per_rule", "per_line"])
def test_whole_amounts_round_alike_at_every_step(step: str) -> None:
    """C1: "everything together", however it is rounded."""
    decided = worth(ORDER, *CASES["everything together"][0], policy=Policy(rounding_step=step))

    assert decided.total() == 8264
