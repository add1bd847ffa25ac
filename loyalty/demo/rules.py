"""The rules Furball Planet has live, one it has retired and one still on the drawing board."""

from datetime import datetime, timedelta
from typing import Any

from loyalty import rules
from loyalty.demo.stage import Stage
from loyalty.models import Rule, User

PAID, CHECKED_IN, UPGRADED = "order.paid", "checkin.done", "tier.upgraded"


def _points(amount: int) -> list[dict[str, Any]]:
    return [{"effect": "points.fixed", "currency": "points", "points": amount}]


def _times(factor: str, **more: Any) -> list[dict[str, Any]]:
    return [{"effect": "points.multiply", "currency": "points", "factor": factor, **more}]


def _rate(currency: str) -> list[dict[str, Any]]:
    return [{"effect": "points.rate", "currency": currency, "points": 1, "per_minor": 100}]


def _is(fact: str, op: str, value: Any = None, **more: Any) -> dict[str, Any]:
    return {"fact": fact, "op": op, **({} if value is None else {"value": value}), **more}


def _streak(days: int) -> dict[str, Any]:
    return _is("event.streak", "eq", days)


def _reaches(tier: str) -> dict[str, Any]:
    """Once only: who falls and climbs again gets no second gift."""
    return {"all": [_is("event.tier", "eq", tier), _is("event.is_first", "is_true")]}


def _rule(code: str, zh: str, en: str, kind: str, effects: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {"code": code, "name_zh": zh, "name_en": en, "kind": kind, "effects": effects, **more}


def _at_most(points: int, per: str) -> list[dict[str, Any]]:
    return [{"per": per, "currency": "points", "limit": points, "over": "clip"}]


_FOOD = {"include": {"category": ["cat-food", "dog-food"]}}
_GROOMING = {"include": {"category": ["grooming"]}}
_FIRST_ORDER = _is("metric.orders", "eq", 0, window={"lifetime": True})
_GOLD, _BLACK = _is("member.tier", "eq", "gold"), _is("member.tier", "eq", "black")
_BIRTHDAY = _is("member.birthday", "month_is", "current")
LIVE = (
    _rule("base-points", "消费 1 元得 1 积分", "1 point for every yuan", PAID, _rate("points"), priority=10),
    _rule("base-growth", "消费 1 元得 1 成长值", "1 growth for every yuan", PAID, _rate("growth"), priority=11),
    _rule(
        "members-day",
        "每月 18 日双倍积分",
        "Double points on the 18th",
        PAID,
        _times("2"),
        schedule={"days_of_month": [18]},
        caps=_at_most(500, "day"),
        priority=20,
    ),
    _rule("gold-rate", "金卡 1.2 倍积分", "1.2 times for Gold", PAID, _times("1.2"), condition=_GOLD, priority=21),
    _rule(
        "black-rate", "黑金 1.5 倍积分", "1.5 times for Black Gold", PAID, _times("1.5"), condition=_BLACK, priority=22
    ),
    _rule(
        "birthday-month",
        "生日当月双倍积分",
        "Double points in the birthday month",
        PAID,
        _times("2"),
        condition=_BIRTHDAY,
        caps=_at_most(1000, "month"),
        priority=23,
    ),
    _rule(
        "grooming-days",
        "周二至周四洗护 1.5 倍",
        "1.5 times for grooming, Tuesday to Thursday",
        PAID,
        _times("1.5", lines=_GROOMING),
        schedule={"weekdays": [2, 3, 4]},
        priority=24,
    ),
    _rule(
        "order-300",
        "单笔满 300 元加赠 50",
        "50 more on orders of ¥300",
        PAID,
        _points(50),
        condition=_is("event.amount", "gte", 30000),
        priority=40,
    ),
    _rule(
        "first-order",
        "首单礼 30 积分",
        "30 for the first order",
        PAID,
        _points(30),
        condition=_FIRST_ORDER,
        priority=41,
    ),
    _rule("joining-gift", "入会礼 100 积分", "100 points for joining", "member.joined", _points(100)),
    _rule(
        "invited",
        "受邀入会加赠 50",
        "50 more for who was invited",
        "member.joined",
        _points(50),
        condition=_is("event.referred", "is_true"),
    ),
    _rule(
        "inviting",
        "邀请朋友得 100，最多 10 位",
        "100 for a friend, up to ten",
        "referral.joined",
        _points(100),
        condition=_is("event.number", "lte", 10),
    ),
    _rule("check-in", "每日签到 5 积分", "5 points for checking in", CHECKED_IN, _points(5)),
    _rule("streak-7", "连签 7 天加赠 20", "20 more for 7 days in a row", CHECKED_IN, _points(20), condition=_streak(7)),
    _rule("streak-21", "连签 21 天加赠 100", "100 more for 21 days", CHECKED_IN, _points(100), condition=_streak(21)),
    _rule("reach-silver", "升级银卡礼 100", "100 for Silver", UPGRADED, _points(100), condition=_reaches("silver")),
    _rule("reach-gold", "升级金卡礼 300", "300 for Gold", UPGRADED, _points(300), condition=_reaches("gold")),
    _rule("reach-black", "升级黑金礼 800", "800 for Black Gold", UPGRADED, _points(800), condition=_reaches("black")),
)
RETIRED = _rule(
    "opening",
    "西湖店开业加赠 20",
    "20 more for the opening in Hangzhou",
    PAID,
    _points(20),
    condition=_is("event.store", "eq", "HZ01"),
)
DRAFT = _rule(
    "new-year",
    "新年囤粮 1.5 倍",
    "1.5 times on food for the New Year",
    PAID,
    _times("1.5", lines=_FOOD),
    schedule={"dates": ["01-01", "01-02", "01-03"]},
)
_OPENING_FROM, _OPENING_DAYS = 300, 30


def plant(stage: Stage) -> None:
    """Publishes the live rules as of the first day, and the opening's for its month."""
    operator = User.objects.filter(is_superuser=True).first()
    opened = stage.at(stage.opening_day, 0, stage.dice("rules")) - timedelta(days=1)
    for told in LIVE:
        _publish(told, operator, opened)
    opening = opened + timedelta(days=_OPENING_FROM)
    rule = _publish(RETIRED, operator, opening)
    rules.retire(rule, by=operator, now=opening + timedelta(days=_OPENING_DAYS))
    _draft(DRAFT)


def _draft(told: dict[str, Any]) -> Rule:
    return Rule.objects.create(**told)


def _publish(told: dict[str, Any], operator: User | None, at: datetime) -> Rule:
    rule = _draft(told)
    rules.publish(rule, by=operator, now=at)
    return rule
