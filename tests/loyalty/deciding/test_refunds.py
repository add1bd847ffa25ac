"""What refunds take back, part by part and in any order."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import pytest

from loyalty.deciding import CompiledRule, Policy, refund_targets
from loyalty.deciding.refunds import Target
from tests.loyalty.deciding.desk import NOON, Known, at_least, fixed, line, multiply, order, rate, rule, worth

BASE = rule(1, rate())
OVER_200 = rule(2, fixed(50), condition=at_least(20000))


def targets(
    payload: Mapping[str, Any], cumulative: int, *rules: CompiledRule, mode: str = "rejudge", known: Known | None = None
) -> list[Target]:
    policy = Policy(threshold_refund=mode)
    decided = worth(payload, *rules, policy=policy, known=known)
    versions = {one.version_id: one for one in rules}
    return refund_targets(decided.receipt, payload, cumulative, policy, rules=versions, day=NOON.date())


def taken(payload: Mapping[str, Any], cumulative: int, *rules: CompiledRule, mode: str = "rejudge") -> list[int]:
    return [target.target for target in targets(payload, cumulative, *rules, mode=mode)]


def test_partial_refunds_take_the_last_point_with_the_last_fen() -> None:
    """E25: 33.33, 33.33 and 33.34 of 100.00 take 33, 33 and 34."""
    reached = [taken(order(10000), cumulative, BASE)[0] for cumulative in (0, 3333, 6666, 10000)]

    assert [after - before for before, after in pairwise(reached)] == [33, 33, 34]


def test_refunds_beyond_the_order_take_no_more_than_it_gave() -> None:
    """E26: 120.00 refunded of 100.00."""
    assert taken(order(10000), 12000, BASE) == [100]


@pytest.mark.parametrize(("mode", "expected"), [("rejudge", [30, 50]), ("prorate", [30, 7])])
def test_a_threshold_bonus_is_judged_again_or_goes_in_proportion(mode: str, expected: list[int]) -> None:
    """E28: "200.00 and more gives 50", 210.00 paid, 30.00 refunded."""
    assert taken(order(21000), 3000, BASE, OVER_200, mode=mode) == expected


def test_a_bonus_whose_condition_still_holds_stays() -> None:
    found = targets(order(30000), 3000, BASE, OVER_200)

    assert [(target.target, target.reason) for target in found] == [(30, "share"), (0, "kept")]


def test_a_full_refund_takes_everything() -> None:
    found = targets(order(30000), 30000, BASE, OVER_200, rule(3, multiply("2")))

    assert [(target.target, target.reason) for target in found] == [(300, "full"), (300, "full"), (50, "full")]


def test_a_multiplier_falls_with_the_points_it_multiplied() -> None:
    threshold_rate = rule(1, rate(), condition=at_least(20000))

    assert taken(order(21000), 3000, threshold_rate, rule(2, multiply("2"))) == [210, 210]


def test_what_was_known_at_the_order_counts_not_what_is_known_now() -> None:
    gold = {"fact": "member.tier", "op": "eq", "value": "gold"}
    bonus = rule(2, fixed(50), condition={"all": [at_least(20000), gold]})

    found = targets(order(30000), 3000, bonus, known=Known({"member.tier": "gold"}))

    assert [target.target for target in found] == [0]


def test_a_condition_on_the_lines_sees_what_is_left_of_them() -> None:
    tea = rule(2, fixed(50), condition=at_least(20000))
    payload = order(lines=[line(15000, "tea"), line(6000, "cup")])

    assert taken(payload, 3000, tea) == [50]


def test_nothing_refunded_takes_nothing() -> None:
    assert taken(order(21000), 0, BASE, OVER_200) == [0, 0]
    assert taken(order(21000), 0, BASE, OVER_200, mode="prorate") == [0, 0]


def test_a_key_names_one_award_of_its_event() -> None:
    both = rule(1, rate(), rate(currency="growth"))

    keys = [target.key for target in targets(order(10000), 100, both)]

    assert keys == [(10, 0, "points"), (10, 1, "growth")]
