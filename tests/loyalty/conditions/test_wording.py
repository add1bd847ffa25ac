"""A condition in plain words, in both languages."""

from datetime import date
from typing import Any

import pytest
from django.utils import translation

from loyalty import conditions
from loyalty.conditions import operators
from loyalty.conditions.tree import Leaf
from members.models import Tier

pytestmark = pytest.mark.django_db
AMOUNT = {"fact": "event.amount", "op": "gte", "value": 10000}
GOLD = {"fact": "member.tier", "op": "in", "value": ["t-gold", "t-pearl"]}
BIRTHDAY = {"fact": "member.birthday", "op": "month_is", "value": "current"}


@pytest.fixture(autouse=True)
def tiers() -> None:
    Tier.objects.create(code="t-gold", name_zh="金卡", name_en="Gold", rank=900, threshold=10**9)
    Tier.objects.create(code="t-pearl", name_zh="珍珠卡", name_en="Pearl", rank=901, threshold=10**9 + 1)


def spend(op: str = "gte", value: Any = 50000, **window: Any) -> dict[str, Any]:
    return {"fact": "metric.t_spend", "op": op, "value": value, "window": window}


def told(raw: dict[str, Any], language: str) -> str:
    with translation.override(language):
        return conditions.sentence(raw, kind="probe.sale")


@pytest.mark.parametrize(
    ("raw", "english", "chinese"),
    [
        ({}, "always", "任何情况"),
        (AMOUNT, "sale amount is at least ¥100", "sale amount不少于¥100"),
        (
            {**AMOUNT, "op": "between", "value": [50, 25000]},
            "sale amount is from ¥0.50 to ¥250",
            "sale amount在¥0.50到¥250之间",
        ),
        (GOLD, "tier is one of Gold, Pearl", "会员等级是金卡、珍珠卡之一"),
        (BIRTHDAY, "birthday is this month", "生日在本月"),
        ({**BIRTHDAY, "value": 5}, "birthday is in May", "生日在五月"),
        ({**BIRTHDAY, "op": "within_days", "value": 7}, "birthday comes within the next 7 days", "生日在未来 7 天内"),
        (spend(days=365), "sales total in the last 365 days is at least ¥500", "最近 365 天的sales total不少于¥500"),
        (spend(days=1), "sales total in the last 1 day is at least ¥500", "最近 1 天的sales total不少于¥500"),
        (spend(calendar="quarter"), "sales total this quarter is at least ¥500", "本季度的sales total不少于¥500"),
        (
            spend(value=3, lifetime=True, count="days"),
            "days with sales total so far is at least 3",
            "累计有sales total的天数不少于3",
        ),
        (
            {"at_least": 1, "of": [GOLD, BIRTHDAY]},
            "at least 1 of these: tier is one of Gold, Pearl; birthday is this month",
            "以下至少满足 1 项：会员等级是金卡、珍珠卡之一；生日在本月",
        ),
        (
            {"all": [AMOUNT, {"any": [GOLD, BIRTHDAY]}]},
            "sale amount is at least ¥100, and (tier is one of Gold, Pearl, or birthday is this month)",
            "sale amount不少于¥100，且（会员等级是金卡、珍珠卡之一，或生日在本月）",
        ),
        (
            {"none": [AMOUNT, BIRTHDAY]},
            "none of these: sale amount is at least ¥100; birthday is this month",
            "以下都不成立：sale amount不少于¥100；生日在本月",
        ),
        ({"none": [BIRTHDAY]}, "not: birthday is this month", "并非：生日在本月"),
        (
            {"fact": "member.joined_on", "op": "after", "value": "2026-05-01"},
            "joining day is after May 1, 2026",
            "入会日期晚于2026年5月1日",
        ),
        ({"fact": "event.channel", "op": "eq", "value": "wechat"}, "channel is “wechat”", "channel是“wechat”"),
        ({"fact": "member.gone", "op": "eq", "value": 1234}, "member.gone is 1,234", "member.gone是1,234"),
    ],
)
def test_a_condition_reads_as_a_sentence(raw: dict[str, Any], english: str, chinese: str) -> None:
    assert (told(raw, "en"), told(raw, "zh-hans")) == (english, chinese)


def test_yen_have_no_decimals() -> None:
    with translation.override("en"):
        assert conditions.sentence(AMOUNT, kind="probe.sale", currency="JPY") == "sale amount is at least ¥10,000"


VALUES = {"two": [1, 2], "many": ["t-gold"], "date": "2026-05-01", "days": 3, "ahead": 3, "month": 5, "one": 5}


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_comparison_has_its_own_words(language: str) -> None:
    trees = [
        {"fact": "probe.x", "op": op.code, **({} if op.takes == "nothing" else {"value": VALUES[op.takes]})}
        for op in operators.OPERATORS.values()
    ]

    sentences = {told(raw, language) for raw in trees}

    assert len(sentences) == len(trees)
    assert [text for text in sentences if "%(" in text or "probe.x" not in text] == []


def test_a_failure_tells_what_was_found() -> None:
    holds = conditions.compile({"all": [AMOUNT, {"none": [BIRTHDAY]}]})

    def failure(amount: int | None, birthday: date) -> str:
        def lookup(leaf: Leaf) -> Any:
            return amount if leaf.fact == "event.amount" else birthday

        found = holds.first_failure(lookup, date(2026, 5, 17))
        assert found is not None
        return conditions.failure(found, kind="probe.sale")

    with translation.override("en"):
        assert failure(8850, date(1990, 5, 1)) == "sale amount is at least ¥100 (found: ¥88.50)"
        assert failure(None, date(1990, 5, 1)) == "sale amount is at least ¥100 (found: nothing)"
        assert failure(10000, date(1990, 5, 1)) == "not: birthday is this month (found: May 1, 1990)"
    with translation.override("zh-hans"):
        assert failure(8850, date(1990, 5, 1)) == "sale amount不少于¥100（实际：¥88.50）"
