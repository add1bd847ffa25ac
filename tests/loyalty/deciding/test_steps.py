"""Ladders and "so many for every": what is measured, which step counts, and what a refund leaves."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.deciding import CompiledRule, Policy, refund_targets
from tests.loyalty.deciding.desk import NOON, at_least, every, ladder, line, multiply, only, order, rate, rule, worth
from tests.loyalty.deciding.test_properties import POLICIES, orders

THREE_SIX = ladder((3, 50), (6, 120))
SPEND = ladder((20000, 30), (50000, 100), by="amount")
HUNDREDS = every(10000, 5, by="amount")


def given_for(payload: dict[str, Any], effect: dict[str, Any], **more: Any) -> int:
    return worth(payload, rule(1, effect), **more).total()


def cups(count: int, *, each: int = 1000, **more: Any) -> dict[str, Any]:
    return line(count * each, "cup", quantity=count) | more


@pytest.mark.parametrize(("count", "points"), [(2, 0), (3, 50), (5, 50), (6, 120), (60, 120)])
def test_a_ladder_gives_its_highest_step_once(count: int, points: int) -> None:
    assert given_for(order(lines=[cups(count)]), THREE_SIX) == points


@pytest.mark.parametrize(("amount", "points"), [(19999, 0), (20000, 30), (49999, 30), (50000, 100)])
def test_a_ladder_of_money_begins_at_the_very_fen(amount: int, points: int) -> None:
    assert given_for(order(amount), SPEND) == points


@pytest.mark.parametrize(("amount", "points"), [(9999, 0), (10000, 5), (29999, 10), (30000, 15)])
def test_every_never_counts_a_part_of_a_step(amount: int, points: int) -> None:
    assert given_for(order(amount), HUNDREDS) == points


def test_free_items_are_no_pieces_even_where_they_earn() -> None:
    """E19: two cups bought and two redeemed are two, not four."""
    bought = order(lines=[cups(2), cups(2, kind="reward"), cups(2, kind="gift_card"), cups(2, voided=True)])

    assert given_for(bought, every(1, 10)) == 20
    assert given_for(bought, every(1, 10), policy=Policy(free_items_earn=True)) == 20


def test_only_lines_of_the_filter_are_measured_and_carry_the_bonus() -> None:
    bought = order(lines=[line(30000, "tea"), cups(3), cups(3)])

    award = worth(bought, rule(1, ladder((6, 120), lines=only("cup")))).awards[0]

    assert (award.awarded, award.by_line) == (120, [0, 60, 60])


def test_an_order_without_lines_has_no_pieces_and_still_money() -> None:
    assert given_for(order(30000), THREE_SIX) == 0
    assert given_for(order(30000), SPEND) == 30


def test_what_points_paid_is_not_spent() -> None:
    assert given_for(order(25000, points_paid_minor=6000), SPEND) == 0


def test_a_multiplier_leaves_a_ladder_alone() -> None:
    awards = worth(order(20000), rule(1, rate()), rule(2, SPEND), rule(3, multiply("2"))).awards

    assert [(award.kind, award.awarded) for award in awards] == [("rate", 200), ("multiply", 200), ("ladder", 30)]


def test_a_rules_own_lifetime_and_wait_go_with_its_award() -> None:
    soon, first = {"mode": "days", "length": 30}, {"for": "member.joined", "days": 7}

    awards = worth(order(10000), rule(1, rate(expiry=soon), rate(currency="growth", wait=first))).awards

    assert [(award.expiry, award.wait) for award in awards] == [(soon, None), (None, first)]


def targets(payload: dict[str, Any], gone: int, *rules: CompiledRule, mode: str = "rejudge") -> list[tuple[int, str]]:
    policy = Policy(threshold_refund=mode)
    receipt = worth(payload, *rules, policy=policy).receipt
    versions = {one.version_id: one for one in rules}
    found = refund_targets(receipt, payload, gone, policy, rules=versions, day=NOON.date())
    return [(target.target, target.reason) for target in found]


@pytest.mark.parametrize(
    ("gone", "expected"), [(0, (0, "kept")), (1000, (0, "kept")), (3000, (0, "kept")), (4000, (70, "steps"))]
)
def test_a_refund_judges_the_pieces_that_are_left(gone: int, expected: tuple[int, str]) -> None:
    """Six cups give 120, five to three of them 50, fewer nothing."""
    assert targets(order(lines=[cups(9)]), gone, rule(1, THREE_SIX)) == [expected]


def test_fen_lost_in_a_discount_cost_no_piece() -> None:
    """Three at 33.33 less 0.02; one goes back for 33.33."""
    bought = order(lines=[cups(3, each=3333)], discount_minor=2)

    assert targets(bought, 3333, rule(1, every(1, 10))) == [(10, "steps")]


@pytest.mark.parametrize(("mode", "expected"), [("rejudge", (70, "steps")), ("prorate", (10, "share"))])
def test_a_ladder_of_money_is_judged_again_or_goes_in_proportion(mode: str, expected: tuple[int, str]) -> None:
    assert targets(order(50000), 5000, rule(1, SPEND), mode=mode) == [expected]


def test_a_ladder_whose_condition_fell_goes_whole() -> None:
    assert targets(order(50000), 5000, rule(1, SPEND, condition=at_least(48000))) == [(100, "condition")]


def test_what_a_limit_left_of_a_ladder_goes_last() -> None:
    """50 of 120 were given; the rest of the order would still bring 50."""
    capped = rule(1, THREE_SIX, caps=[{"per": "order", "currency": "points", "limit": 50}])

    assert targets(order(lines=[cups(6)]), 1000, capped) == [(0, "kept")]
    assert targets(order(lines=[cups(6)]), 4000, capped) == [(50, "steps")]


RUNGS = st.lists(st.tuples(st.integers(1, 60000), st.integers(1, 500)), min_size=1, max_size=5).map(
    lambda pairs: list(zip(*(sorted({pair[part] for pair in pairs}) for part in (0, 1)), strict=False))
)
STEPPED = st.one_of(
    st.builds(lambda rungs, by: ladder(*rungs, by=by), RUNGS, st.sampled_from(["quantity", "amount"])),
    st.builds(every, st.integers(1, 20000), st.integers(1, 90), by=st.sampled_from(["quantity", "amount"])),
)


@given(orders(), STEPPED, POLICIES)
def test_a_stepped_bonus_is_what_its_words_say(payload: dict[str, Any], effect: dict[str, Any], policy: Policy) -> None:
    """Against the plain formula; lines add up; free items and gift cards are worth nothing."""
    decided = worth(payload, rule(1, effect), policy=policy)

    measured = decided.receipt["steps"][0]["measure"] if decided.awards else 0
    by_pieces = sum(
        item["quantity"] for item in payload["lines"] if item["kind"] in {"goods", "service"} and not item["voided"]
    )
    if effect["by"] == "quantity" and decided.awards:
        assert measured == by_pieces
    if effect["effect"] == "points.every":
        assert decided.total() == measured // effect["every"] * effect["points"]
    else:
        assert decided.total() == max(
            (rung["points"] for rung in effect["steps"] if rung["from"] <= measured), default=0
        )
    assert [sum(award.by_line) for award in decided.awards] == [award.awarded for award in decided.awards]


@given(
    orders(), STEPPED, st.sampled_from(["rejudge", "prorate"]), st.lists(st.integers(0, 120000), min_size=1, max_size=8)
)
def test_refunds_of_a_stepped_bonus_grow_and_end_at_all_of_it(
    payload: dict[str, Any], effect: dict[str, Any], mode: str, cumulatives: list[int]
) -> None:
    one = rule(1, effect)
    awarded = worth(payload, one).total()

    reached = [
        sum(target for target, _ in targets(payload, gone, one, mode=mode))
        for gone in [0, *sorted(cumulatives), max(payload["amount_minor"], 1)]
    ]

    assert reached == sorted(reached)
    assert reached[-1] == awarded
    assert payload["amount_minor"] <= 0 or reached[0] == 0
