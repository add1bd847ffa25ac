"""What members are told of themselves: welcome, a tier reached, a new password; and the texts for it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from loyalty import programme
from loyalty.messaging.kinds import both, payload_of
from loyalty.registry import MessageKind, Shipped, Variable
from members.benefits import ahead, offers
from members.entering import numbers
from members.models import Member, Tier

WELCOME, TIER, PASSWORD = "member.joined", "tier.upgraded", "password.changed"


def _welcome(account_id: int, _params: Mapping[str, Any], _now: datetime) -> Mapping[str, Any] | None:
    member = Member.objects.select_related("account").filter(pk=account_id).first()
    return {"number": numbers.show(member.account.number)} if member else None


def _tier(account_id: int, params: Mapping[str, Any], now: datetime) -> Mapping[str, Any] | None:
    """The tier the event tells of; of the main ladder only as long as the member stands there or higher."""
    payload = payload_of(params)
    tier = Tier.objects.filter(code=payload.get("tier")).first() if payload else None
    member = Member.objects.select_related("tier").filter(pk=account_id).first()
    if payload is None or tier is None or member is None:
        return None
    is_main = payload.get("ladder", "main") == "main"
    if is_main and (member.tier is None or member.tier.rank < tier.rank):
        return None
    return {"tier": both(tier.name_zh, tier.name_en), "benefits": _brought(tier, now)}


def _brought(tier: Tier, now: datetime) -> dict[str, str]:
    """The tier's own benefits in season; where it has none, what the operator wrote of it."""
    own = [held.benefit for held in ahead.own(tier, offers.in_force(programme.day_of(now)))]
    if not own:
        return both(tier.benefits_zh, tier.benefits_en)
    return both(" · ".join(each.name_zh for each in own), " · ".join(each.name_en for each in own))


def _nothing(_account_id: int, _params: Mapping[str, Any], _now: datetime) -> Mapping[str, Any]:
    return {}


KINDS = (
    MessageKind(
        WELCOME,
        _("member joined"),
        (Variable("number", _("the member number"), "8866 0217 3391"),),
        _welcome,
        event="member.joined",
        shipped=Shipped(
            name=("入会欢迎", "Welcome"),
            subject=("{name}，欢迎来到{brand}", "Welcome to {brand}, {name}"),
            body=(
                (
                    "从今天起，你在{brand}的每一次消费都会变成积分。你的会员号是 {number}。\n\n"
                    "结账时出示会员码，第一笔积分很快就到。"
                ),
                (
                    "From today on, what you buy at {brand} turns into points. Your member number is {number}.\n\n"
                    "Show your member code at the till, and the first points are yours."
                ),
            ),
            short=(
                "【{brand}】{name}，欢迎入会！会员号 {number}，结账时报手机号即可积分。",
                "{brand}: welcome, {name}! Your number is {number}.",
            ),
            link="/card/",
        ),
    ),
    MessageKind(
        TIER,
        _("tier reached"),
        (
            Variable("tier", _("the new tier"), both("金卡", "Gold")),
            Variable(
                "benefits",
                _("what the tier brings"),
                both("积分 1.2 倍 · 生日礼", "1.2 times the points · Birthday gift"),
            ),
        ),
        _tier,
        event="tier.upgraded",
        shipped=Shipped(
            name=("升级通知", "Tier reached"),
            subject=("恭喜升级{tier}", "You are {tier} now"),
            body=(
                "{name}，谢谢你一路相伴，你已经升级为{tier}会员。\n\n从现在起你可以享受：{benefits}",
                "{name}, thank you for staying with us: you have reached {tier}.\n\nFrom now on it brings: {benefits}",
            ),
            short=(
                "【{brand}】{name}，恭喜升级为{tier}会员，新权益已经生效。",
                "{brand}: {name}, you have reached {tier}.",
            ),
            link="/",
        ),
    ),
    MessageKind(
        PASSWORD,
        _("password changed"),
        (),
        _nothing,
        shipped=Shipped(
            name=("密码已修改", "Password changed"),
            subject=("你的密码刚刚修改了", "Your password was changed"),
            body=(
                "{name}，你的{brand}登录密码刚刚修改成功，其他设备需要重新登录。\n\n如果不是你本人操作，请马上联系我们的门店。",
                (
                    "{name}, the password of your {brand} membership was just changed; other devices sign in again.\n\n"
                    "If this was not you, please get in touch with one of our shops at once."
                ),
            ),
            short=(
                "【{brand}】你的登录密码刚刚修改。如非本人操作，请马上联系门店。",
                "{brand}: your password was just changed. If this was not you, please contact us at once.",
            ),
            link="/me/",
        ),
    ),
)
