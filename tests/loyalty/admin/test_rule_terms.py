"""Ladders, lifetimes, waits and budgets in the rule's pages: said in words, refused at their place."""

import json
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from loyalty import programme as programmes
from loyalty.admin.rule_words import Words
from loyalty.models import Rule
from tests.loyalty.admin.test_rules import ENGLISH, page, told, written

pytestmark = pytest.mark.django_db

LADDER = {
    "effect": "points.ladder",
    "currency": "points",
    "by": "amount",
    "steps": [{"from": 20000, "points": 30}, {"from": 50000, "points": 100}],
}
EVERY = {"effect": "points.every", "currency": "points", "by": "quantity", "every": 3, "points": 10}
RATE = {"effect": "points.rate", "currency": "points", "points": 1, "per_minor": 100}
FIXED = {"effect": "points.fixed", "currency": "points", "points": 50}
BUDGET = {"per": "month", "currency": "points", "limit": 5000, "over": "clip", "of": "everyone"}
SENTENCES: list[tuple[dict[str, Any], str, str]] = [
    (
        LADDER,
        "points by steps: from ¥200 on 30, from ¥500 on 100",
        "阶梯积分：满 ¥200 送 30、满 ¥500 送 100",
    ),
    (RATE, "1 point for every ¥1 spent", "每消费 ¥1 得 1 积分"),
    (RATE | {"points": 2, "per_minor": 150}, "2 points for every ¥1.50 spent", "每消费 ¥1.50 得 2 积分"),
    (FIXED | {"points": 1}, "1 point", "送 1 积分"),
    (EVERY, "10 points for every full 3 items", "每满 3 件，送 10 积分"),
    (FIXED | {"expiry": {"mode": "days", "length": 30}}, "50 points, valid for 30 days", "送 50 积分，30 天内有效"),
    (FIXED | {"expiry": {"mode": "never"}}, "50 points, valid for ever", "送 50 积分，长期有效"),
    (
        FIXED | {"expiry": {"mode": "month_end", "length": 1}},
        "50 points, valid to the end of the next month",
        "送 50 积分，1 个月后的月底前有效",
    ),
]


@pytest.mark.parametrize(("effect", "english", "chinese"), SENTENCES)
def test_an_effect_is_said_in_both_languages(effect: dict[str, Any], english: str, chinese: str) -> None:
    words = Words(programmes.current())

    with translation.override("en"):
        in_english = Words(programmes.current()).effect(effect)
    with translation.override("zh-hans"):
        in_chinese = words.effect(effect)

    assert (in_english, in_chinese) == (english, chinese)


def test_a_budget_is_said_as_everybodys() -> None:
    with translation.override("en"):
        assert Words(programmes.current()).caps([BUDGET]) == "5,000 points a month for everybody together"


def test_half_typed_parts_are_said_without_failing() -> None:
    words = Words(programmes.current())
    odd: list[dict[str, Any]] = [
        LADDER | {"steps": None},
        LADDER | {"steps": [{"from": "x"}]},
        EVERY | {"every": None},
        FIXED | {"expiry": {"mode": "days"}},
        FIXED | {"wait": {"for": ""}},
    ]

    assert all(words.effect(effect) for effect in odd)


def test_a_ladder_with_everything_is_written_and_published(staff: Client) -> None:
    waiting = LADDER | {"expiry": {"mode": "months", "length": 3}, "wait": {"for": "member.joined", "days": 9}}

    rule = written(staff, effects=[waiting], schedule={}, caps=[BUDGET])
    staff.post(page("publish", rule.pk))

    frozen = Rule.objects.get(pk=rule.pk).versions.get().definition
    assert (frozen["effects"], frozen["caps"]) == ([waiting], [BUDGET])


@pytest.mark.parametrize(
    ("changes", "part", "path"),
    [
        (
            {"effects": [LADDER | {"steps": [{"from": 5, "points": 5}, {"from": 5, "points": 9}]}]},
            "effects",
            "0.steps.1.from",
        ),
        ({"effects": [EVERY | {"every": 0}]}, "effects", "0.every"),
        ({"effects": [FIXED | {"expiry": {"mode": "days", "length": None}}]}, "effects", "0.expiry.length"),
        ({"effects": [FIXED | {"wait": {"for": "member.joined", "days": 0}}]}, "effects", "0.wait.days"),
        ({"effects": [FIXED], "caps": [BUDGET | {"per": "order"}]}, "caps", "0.per"),
    ],
)
def test_a_fault_names_its_control(staff: Client, changes: dict[str, Any], part: str, path: str) -> None:
    answer = staff.post(page("add"), told(**changes))

    [fault] = json.loads(answer.context["faults"][part])
    assert fault["path"] == path


def test_the_editor_is_told_lifetimes_and_what_points_can_wait_for(staff: Client) -> None:
    terms = staff.get(page("catalogue"), {"kind": "order.paid"}, headers=ENGLISH).json()

    assert ["dates", "the next fixed date"] in terms["lifetimes"]
    assert "idle_days" not in dict(terms["lifetimes"])
    assert "member.joined" in dict(terms["awaited"])
    assert "order.refunded" not in dict(terms["awaited"])


@pytest.mark.parametrize("starter", ["spend-ladder", "happy-hour"])
def test_a_starter_can_be_published_as_it_stands(staff: Client, starter: str) -> None:
    form = staff.get(page("add"), {"starter": starter}).context["adminform"].form.initial

    rule = written(staff, **{**form, "name_zh": "双倍日"})
    staff.post(page("publish", rule.pk))

    assert rule.versions.count() == 1
