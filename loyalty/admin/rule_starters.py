"""Ready beginnings for a rule: what marketing asks for most, one click away on the add page."""

from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from loyalty.registry import EventKind, Fact, registry


@dataclass(frozen=True, slots=True)
class Starter:
    """``initial`` prefills the form; ``needs`` names facts that must be known for it to be offered."""

    code: str
    icon: str
    title: str | Promise
    text: str | Promise
    initial: dict[str, Any]
    needs: tuple[str, ...] = field(default=())


STARTERS = (
    Starter(
        "double-day",
        "event_repeat",
        _("Double-points day"),
        _("Every 18th of the month, orders bring twice the points."),
        {
            "name_zh": "会员日双倍积分",
            "name_en": "Double-points day",
            "kind": "order.paid",
            "effects": [{"effect": "points.multiply", "currency": "points", "factor": "2"}],
            "schedule": {"days_of_month": [18]},
        },
    ),
    Starter(
        "base",
        "payments",
        _("Points for shopping"),
        _("One point for every unit of money: the rule most programmes begin with."),
        {
            "name_zh": "购物积分",
            "name_en": "Points for shopping",
            "kind": "order.paid",
            "effects": [{"effect": "points.rate", "currency": "points", "points": 1, "per_minor": 100}],
        },
    ),
    Starter(
        "big-order",
        "shopping_cart_checkout",
        _("Bonus for a big order"),
        _("An order of 300 or more brings 50 points on top."),
        {
            "name_zh": "满 300 加赠",
            "name_en": "Bonus for orders over 300",
            "kind": "order.paid",
            "condition": {"all": [{"fact": "event.amount", "op": "gte", "value": 30000}]},
            "effects": [{"effect": "points.fixed", "currency": "points", "points": 50}],
        },
        ("event.amount",),
    ),
    Starter(
        "spend-ladder",
        "stairs",
        _("The more, the better"),
        _("30 points from 200 on, 100 from 500, 300 from 1,000: the highest step reached counts."),
        {
            "name_zh": "满额阶梯礼",
            "name_en": "Spend ladder",
            "kind": "order.paid",
            "effects": [
                {
                    "effect": "points.ladder",
                    "currency": "points",
                    "by": "amount",
                    "steps": [
                        {"from": 20000, "points": 30},
                        {"from": 50000, "points": 100},
                        {"from": 100000, "points": 300},
                    ],
                }
            ],
        },
    ),
    Starter(
        "happy-hour",
        "schedule",
        _("Happy hour"),
        _("On weekday afternoons from 2 to 5, orders bring twice the points."),
        {
            "name_zh": "工作日下午茶双倍",
            "name_en": "Happy hour",
            "kind": "order.paid",
            "effects": [{"effect": "points.multiply", "currency": "points", "factor": "2"}],
            "schedule": {"weekdays": [1, 2, 3, 4, 5], "hours": [["14:00", "17:00"]]},
        },
    ),
    Starter(
        "joining",
        "waving_hand",
        _("Joining gift"),
        _("Whoever joins is welcomed with 100 points."),
        {
            "name_zh": "入会礼",
            "name_en": "Joining gift",
            "kind": "member.joined",
            "effects": [{"effect": "points.fixed", "currency": "points", "points": 100}],
        },
    ),
    Starter(
        "birthday-month",
        "cake",
        _("Birthday month"),
        _("In the month of their birthday, members earn one and a half times."),
        {
            "name_zh": "生日月 1.5 倍",
            "name_en": "Birthday month",
            "kind": "order.paid",
            "condition": {"all": [{"fact": "member.birthday", "op": "month_is", "value": "current"}]},
            "effects": [{"effect": "points.multiply", "currency": "points", "factor": "1.5"}],
        },
        ("member.birthday",),
    ),
    Starter(
        "check-in",
        "event_available",
        _("Daily check-in"),
        _("Each day's check-in brings 2 points."),
        {
            "name_zh": "每日签到",
            "name_en": "Daily check-in",
            "kind": "checkin.done",
            "effects": [{"effect": "points.fixed", "currency": "points", "points": 2}],
        },
    ),
)


def offered() -> list[Starter]:
    """Those whose kind of event and facts exist in this programme."""
    return [starter for starter in STARTERS if _fits(starter)]


def find(code: str) -> Starter | None:
    """The starter of that code, if it is offered."""
    return next((starter for starter in offered() if starter.code == code), None)


def _fits(starter: Starter) -> bool:
    kind = registry.find(EventKind, starter.initial["kind"])
    if kind is None:
        return False
    fields = {f"event.{each.code}" for each in kind.fields}
    return all(need in fields or registry.find(Fact, need) for need in starter.needs)
