"""What the ground's own messages tell of, and the texts they come with."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from loyalty import programme
from loyalty.ledger import reading
from loyalty.models import Event
from loyalty.models.ledger import INSTANT
from loyalty.registry import MessageKind, Shipped, Text, ValueType, Variable

POINTS = "points"
EXPIRING, ADJUSTED = "points.expiring", "points.adjusted"
CODE_JOIN, CODE_KNOWN, CODE_RESET = "code.join", "code.known", "code.reset"
_SAMPLE_DAY = "2026-12-31"


def payload_of(params: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The payload of the event that a rule's message tells of; ``None`` where it is gone."""
    found: Mapping[str, Any] | None = (
        Event.objects.filter(pk=UUID(params["event"])).values_list("payload", flat=True).first()
    )
    return found


def both(zh: str, en: str) -> dict[str, str]:
    """A value in two languages."""
    return {"zh": zh, "en": en}


def _expiring(account_id: int, params: Mapping[str, Any], now: datetime) -> Mapping[str, Any] | None:
    """What of these points is still there; ``None`` once it was used or its day has passed."""
    policy = programme.current()
    place = reading.position(account_id, now=now, programme=policy).get(params["currency"])
    if place is None:
        return None
    left = sum(
        points for gone_at, points in place.expiring if policy.day_of(gone_at - INSTANT).isoformat() == params["on"]
    )
    unit = both(place.currency.name_zh, place.currency.name_en)
    return {"points": left, "unit": unit, "on": params["on"], "days": _days_to(params["on"], now)} if left else None


def _days_to(day: str, now: datetime) -> int:
    today = programme.day_of(now)
    return max(0, (datetime.fromisoformat(day).date() - today) // timedelta(days=1))


def _balance(account_id: int, _params: Mapping[str, Any], now: datetime) -> Mapping[str, Any]:
    place = reading.position(account_id, now=now, programme=programme.current())[POINTS]
    return {"points": place.available}


def as_given(_account_id: int, params: Mapping[str, Any], _now: datetime) -> Mapping[str, Any]:
    return params


_CODE = (
    Variable("code", _("the code"), "438 201"),
    Variable("minutes", _("minutes it is good for"), 10, ValueType.NUMBER),
)


def with_code(code: str, label: Text, shipped: Shipped) -> MessageKind:
    """A letter that carries a one-time code; its text may name the code and how long it is good for."""
    return MessageKind(code, label, _CODE, as_given, is_secret=True, shipped=shipped)


KINDS = (
    MessageKind(
        EXPIRING,
        _("points about to expire"),
        (
            Variable("points", _("how many are left"), 120, ValueType.NUMBER),
            Variable("unit", _("what they are called"), both("积分", "points")),
            Variable("on", _("their last day"), _SAMPLE_DAY, ValueType.DATE),
            Variable("days", _("days until then"), 30, ValueType.NUMBER),
        ),
        _expiring,
        shipped=Shipped(
            name=("积分到期提醒", "Points about to expire"),
            subject=("{points} {unit}将在 {on}到期", "{points} {unit} to use by {on}"),
            body=(
                "{name}，你有 {points} {unit}可以用到 {on}，还有 {days} 天。\n\n去商城挑一件喜欢的，别让它们白白溜走。",
                (
                    "{name}, {points} of your {unit} are good until {on}, {days} days from now.\n\n"
                    "Have a look in the mall and treat yourself before they go."
                ),
            ),
            short=(
                "【{brand}】{name}，你有 {points} {unit}将在 {on}到期，登录会员中心即可兑换。",
                "{brand}: {points} {unit} are good until {on}. Sign in to use them.",
            ),
            link="/mall/",
            reminder_days=(30, 7),
        ),
    ),
    MessageKind(
        "note",
        _("anything a rule finds worth saying"),
        (Variable("points", _("points to spend now"), 1280, ValueType.NUMBER),),
        _balance,
        event="",
    ),
    MessageKind(
        ADJUSTED,
        _("points set right by the team"),
        (
            Variable("points", _("how many, with a sign"), "+200"),
            Variable("unit", _("what they are called"), both("积分", "points")),
            Variable("reason", _("why"), "换机后漏记的订单"),
        ),
        as_given,
        shipped=Shipped(
            name=("积分已更正", "Points set right"),
            subject=("你的{unit}已更正：{points}", "Your {unit} were set right: {points}"),
            body=(
                "{name}，我们的同事为你调整了 {points} {unit}。\n\n原因：{reason}\n\n明细里可以随时查看。",
                (
                    "{name}, our team adjusted your {unit} by {points}.\n\nWhy: {reason}\n\n"
                    "You find it in your statement at any time."
                ),
            ),
            link="/points/",
        ),
    ),
    with_code(
        CODE_JOIN,
        _("code for joining"),
        Shipped(
            name=("入会验证码", "Code for joining"),
            subject=("{code} 是你的验证码", "{code} is your code"),
            body=(
                "欢迎加入 {brand}！你的验证码是 {code}，{minutes} 分钟内有效。\n\n不是你本人操作？忽略就好。",
                (
                    "Welcome to {brand}! Your code is {code}. It is good for {minutes} minutes.\n\n"
                    "If this was not you, you can leave it at that."
                ),
            ),
            short=(
                "【{brand}】验证码 {code}，{minutes} 分钟内有效。请勿告诉他人。",
                "{brand}: your code is {code}, good for {minutes} minutes. Tell nobody.",
            ),
        ),
    ),
    with_code(
        CODE_KNOWN,
        _("code for joining, to who is a member already"),
        Shipped(
            name=("入会验证码（已是会员）", "Code for joining, already a member"),
            subject=("你已经是会员了：{code}", "You are a member already: {code}"),
            body=(
                (
                    "你已经是 {brand} 的会员。刚才有人用这个邮箱入会，如果是你，输入验证码 {code} 即可直接登录，"
                    "{minutes} 分钟内有效。\n\n如果不是你本人操作，请勿把验证码告诉他人。"
                ),
                (
                    "You are a member of {brand} already. Somebody just tried to join with this address. If it was "
                    "you, the code {code} signs you in; it is good for {minutes} minutes.\n\n"
                    "If it was not you, tell nobody the code."
                ),
            ),
            short=(
                "【{brand}】你已是会员，输入验证码 {code} 可直接登录，{minutes} 分钟内有效。非本人操作请忽略。",
                "{brand}: you are a member already. {code} signs you in, good for {minutes} minutes. Tell nobody.",
            ),
        ),
    ),
    with_code(
        CODE_RESET,
        _("code for a new password"),
        Shipped(
            name=("重设密码验证码", "Code for a new password"),
            subject=("{code} 用于重设密码", "{code} to set a new password"),
            body=(
                (
                    "输入验证码 {code} 就能重设 {brand} 的密码，{minutes} 分钟内有效。\n\n"
                    "如果不是你本人操作，密码不会改变，请勿把验证码告诉他人。"
                ),
                (
                    "With the code {code} you set a new password for {brand}. It is good for {minutes} minutes.\n\n"
                    "If this was not you, nothing changes; tell nobody the code."
                ),
            ),
            short=(
                "【{brand}】重设密码验证码 {code}，{minutes} 分钟内有效。切勿告诉他人。",
                "{brand}: {code} sets a new password, good for {minutes} minutes. Tell nobody.",
            ),
        ),
    ),
)
