"""C2: the figures of Sylius' loyalty plugin: earning, and points paid at the till."""

from typing import Any

import pytest

from loyalty.deciding import CompiledRule, Policy
from loyalty.deciding.tender import TenderPolicy, quote
from tests.loyalty.deciding.desk import fixed, multiply, order, rate, rule, worth

ONE_PER_ONE = rule(1, rate(1, 100))
ONE_PER_TWO = rule(2, rate(1, 200))

EARNING: dict[str, tuple[list[CompiledRule], str, int]] = {
    "1 per 1": ([ONE_PER_ONE], "floor", 19),
    "1 per 1 and 1 per 2": ([ONE_PER_ONE, ONE_PER_TWO], "floor", 28),
    "doubled": ([ONE_PER_ONE, rule(3, multiply("2"))], "floor", 38),
    "x1.5 rounded down": ([ONE_PER_ONE, rule(3, multiply("1.5"))], "floor", 28),
    "x1.5 rounded": ([ONE_PER_ONE, rule(3, multiply("1.5"))], "half_up", 29),
    "x1.5 rounded up": ([ONE_PER_ONE, rule(3, multiply("1.5"))], "ceil", 29),
    "a fixed 100 that applies alone": ([ONE_PER_ONE, rule(3, fixed(100), is_exclusive=True)], "floor", 100),
}


@pytest.mark.parametrize("name", EARNING)
def test_a_basis_of_19_99_earns_what_sylius_says(name: str) -> None:
    """C2: each rule's base rounds down first, the product by the mode."""
    rules, mode, expected = EARNING[name]

    decided = worth(order(1999), *rules, policy=Policy(rounding_step="per_rule", rounding_mode=mode))

    assert decided.total() == expected


def test_three_for_every_one_on_forty() -> None:
    """C2: 3 per 1 on 40.00."""
    assert worth(order(4000), rule(1, rate(3, 100)), policy=Policy(rounding_step="per_rule")).total() == 120


ONE_TO_ONE = TenderPolicy(points=1, minor=1, minimum=500, share_percent=50)
HUNDRED_FOR_FIVE = TenderPolicy(points=100, minor=500, share_percent=50)

TENDER: dict[str, tuple[TenderPolicy, dict[str, Any], tuple[int, int, str]]] = {
    "what was asked for": (ONE_TO_ONE, {"asked": 1000, "balance": 5000}, (1000, 1000, "")),
    "no more than the balance": (ONE_TO_ONE, {"asked": 1000, "balance": 700}, (700, 700, "balance")),
    "no more than half": (ONE_TO_ONE, {"asked": 10000, "balance": 10000}, (5000, 5000, "share")),
    "whole steps": (HUNDRED_FOR_FIVE, {"asked": 1050, "balance": 5000}, (1000, 5000, "asked")),
    "nothing below the minimum": (ONE_TO_ONE, {"asked": 400, "balance": 5000}, (0, 0, "minimum")),
}


@pytest.mark.parametrize("name", TENDER)
def test_points_pay_an_order_of_a_hundred_as_sylius_says(name: str) -> None:
    """C2: the redemption calculator."""
    policy, wish, expected = TENDER[name]

    offer = quote(**wish, order_minor=10000, policy=policy)

    assert (offer.points, offer.value_minor, offer.limit) == expected
