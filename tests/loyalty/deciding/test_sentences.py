"""Why and why not, in both languages."""

from typing import Any

import pytest
from django.utils import translation

from loyalty.deciding import CompiledRule, Policy, explain, sentences
from loyalty.deciding.caps import period
from tests.loyalty.deciding.desk import (
    Known,
    at_least,
    event,
    every,
    fixed,
    ladder,
    line,
    multiply,
    only,
    order,
    rate,
    rule,
    worth,
)

UNITS = {"points": "积分", "growth": "成长值"}
ENGLISH = {"points": "points"}
PAID = order(10000, points_paid_minor=2000)


def told(
    payload: dict[str, Any], *rules: CompiledRule, known: Known | None = None, language: str = "zh-hans"
) -> list[str]:
    with translation.override(language):
        units = UNITS if language == "zh-hans" else ENGLISH
        return sentences.of_receipt(worth(payload, *rules, known=known).receipt, units)


def verdict(rules: list[CompiledRule], place: int, language: str = "zh-hans") -> str:
    found = explain(event(order(lines=[line(8000, "tea")])), Known(), rules, Policy())[place]
    with translation.override(language):
        return sentences.of_verdict(found, UNITS, {"currency": "CNY"})


def test_a_rate_says_what_counts_and_how() -> None:
    assert told(PAID, rule(1, rate())) == ["订单 ¥80.00，每满 ¥1 得 1 积分：+80"]
    assert told(PAID, rule(1, rate()), language="en") == ["Order ¥80.00, 1 for every full ¥1: +80 points"]


def test_a_rate_of_several_points_does_not_speak_of_full_yuan() -> None:
    assert told(PAID, rule(1, rate(3, 250))) == ["订单 ¥80.00，每 ¥2.50 得 3 积分：+96"]


def test_multipliers_and_gifts_are_called_by_name() -> None:
    rules = [rule(1, rate()), rule(2, multiply("1.5"), name_zh="金卡"), rule(3, fixed(50), name_zh="首单礼")]

    assert told(PAID, *rules)[1:] == ["金卡 ×1.5：+40 积分", "首单礼：+50 积分"]


def test_a_multiplier_below_one_says_how_it_counted() -> None:
    assert told(PAID, rule(1, rate()), rule(2, multiply("0.5"), name_zh="特价"))[1] == "特价：按 ×0.5 计"


@pytest.mark.parametrize(
    ("per", "over", "expected"),
    [
        ("day", "clip", "订单 ¥50.00，每满 ¥1 得 1 积分：+20（当日上限 200，已得 180，本次 50 只计 20）"),
        ("month", "reject", "订单 ¥50.00，每满 ¥1 得 1 积分：+0（当月上限 200，已得 180，再加 50 超出上限，本次不计）"),
    ],
)
def test_a_limit_says_how_far_it_was_used(per: str, over: str, expected: str) -> None:
    capped = rule(1, rate(), caps=[{"per": per, "currency": "points", "limit": 200, "over": over}])
    decided = worth(order(5000), capped)
    start = event(order(5000)).day

    known = Known(usage={(1, start): 180, (1, start.replace(day=1)): 180})

    assert (decided.total(), told(order(5000), capped, known=known)) == (50, [expected])


@pytest.mark.parametrize("per", ["order", "day", "month", "year", "lifetime"])
@pytest.mark.parametrize("over", ["clip", "reject"])
def test_every_limit_has_its_own_words_in_chinese(per: str, over: str) -> None:
    capped = rule(1, rate(), caps=[{"per": per, "currency": "points", "limit": 30, "over": over}])

    sentence = told(order(5000), capped)[0]

    assert ("上限 30" in sentence, "limit" in sentence) == (True, False)


@pytest.mark.parametrize(
    ("per", "over", "expected"),
    [
        ("day", "clip", "（当日总预算 200，已发 180，本次 50 只剩 20）"),
        ("lifetime", "reject", "（活动总预算 200，已发 180，再发 50 超出预算，本次不计）"),
    ],
)
def test_a_budget_says_what_it_is_and_what_was_given(per: str, over: str, expected: str) -> None:
    capped = rule(1, rate(), caps=[{"per": per, "limit": 200, "over": over, "of": "everyone"}])
    start = period(per, event(order(5000)).day)[0]

    said = told(order(5000), capped, known=Known(budgets={(1, "points", per, start): 180}))

    assert said[0].endswith(expected)


def test_ladders_say_which_step_was_reached() -> None:
    bought = order(lines=[line(30000, quantity=3)])
    rules = [
        rule(1, ladder((2, 50), (9, 90)), name_zh="多买多送"),
        rule(2, every(10000, 5, by="amount"), name_zh="满额礼"),
    ]

    assert told(bought, *rules) == ["多买多送，满 2 件：+50 积分", "满额礼，每满 ¥100 得 5：+15 积分"]


def test_points_that_wait_say_for_what() -> None:
    waiting = rule(1, fixed(50, wait={"for": "order.paid", "days": 30}), name_zh="首单礼")

    assert told(order(100), waiting)[0].startswith("首单礼：+50 积分，待“")


def test_a_rule_that_did_not_apply_says_why_not() -> None:
    rules = [
        rule(1, rate(), condition=at_least(20000)),
        rule(2, fixed(9, lines=only("cup"))),
        rule(3, fixed(9), schedule={"weekdays": [7]}),
        rule(4, fixed(9), name_zh="首单礼", stops=True),
        rule(5, fixed(9)),
    ]

    assert [verdict(rules, place) for place in (1, 2, 3, 4)] == [
        "其中没有可计入这条规则的内容",
        "活动在其他星期进行",
        "首单礼：+9 积分",
        "“首单礼”在前，之后的规则不再计算",
    ]
    assert verdict(rules, 0).startswith("未满足：")


def test_a_rule_beside_one_that_stands_alone_says_so() -> None:
    assert (
        verdict([rule(1, rate()), rule(2, fixed(9), is_exclusive=True, name_zh="单独")], 0) == "“单独”不与其他规则同享"
    )
