"""What members are told of their redemptions, and the text for it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from loyalty import accounts
from loyalty.messaging.kinds import both, payload_of
from loyalty.registry import MessageKind, Shipped, ValueType, Variable
from rewards import cancelling
from rewards.models import Redemption


def _redeemed(account_id: int, params: Mapping[str, Any], _now: datetime) -> Mapping[str, Any] | None:
    """The redemption the event tells of, unless it was cancelled meanwhile."""
    payload = payload_of(params) or {}
    living = Redemption.objects.exclude(state=Redemption.State.CANCELLED).select_related("reward")
    found = living.filter(account_id=account_id, number=payload.get("number", "")).first()
    if found is None:
        return None
    return {
        "reward": both(found.reward.name_zh, found.reward.name_en),
        "quantity": found.quantity,
        "points": found.points,
        "number": found.number,
    }


def _cancelled(account_id: int, params: Mapping[str, Any], _now: datetime) -> Mapping[str, Any] | None:
    """What was cancelled, wherever the account lives now."""
    rows = Redemption.objects.filter(pk=params["redemption"], state=Redemption.State.CANCELLED)
    found = rows.select_related("reward").first()
    if found is None or accounts.living([found.account_id])[found.account_id] != account_id:
        return None
    name = both(found.reward.name_zh, found.reward.name_en)
    return {"reward": name, "quantity": found.quantity, "points": found.points}


KINDS = (
    MessageKind(
        "reward.redeemed",
        _("reward redeemed"),
        (
            Variable("reward", _("reward"), both("逗猫棒", "Cat wand")),
            Variable("quantity", _("quantity"), 1, ValueType.NUMBER),
            Variable("points", _("points paid"), 800, ValueType.NUMBER),
            Variable("number", _("number of the ticket"), "R26031800042"),
        ),
        _redeemed,
        event="reward.redeemed",
        shipped=Shipped(
            name=("兑换成功", "Redeemed"),
            subject=("兑换成功：{reward}", "It is yours: {reward}"),
            body=(
                (
                    "{name}，你用 {points} 积分兑换了 {reward} × {quantity}。\n\n"
                    "凭兑换单 {number} 到店领取，兑换码在“我的兑换”里。"
                ),
                (
                    "{name}, you took {reward} × {quantity} for {points} points.\n\n"
                    "Your ticket is {number}; show its code in the shop. You find it under My tickets."
                ),
            ),
            short=(
                "【{brand}】兑换成功：{reward} × {quantity}，兑换单 {number}，到店出示兑换码即可领取。",
                "{brand}: {reward} × {quantity} is yours. Ticket {number}, show its code in the shop.",
            ),
            link="/tickets/",
        ),
    ),
    MessageKind(
        cancelling.CANCELLED,
        _("redemption cancelled"),
        (
            Variable("reward", _("reward"), both("逗猫棒", "Cat wand")),
            Variable("quantity", _("quantity"), 1, ValueType.NUMBER),
            Variable("points", _("points given back"), 800, ValueType.NUMBER),
        ),
        _cancelled,
        shipped=Shipped(
            name=("兑换已取消", "Redemption cancelled"),
            subject=("{reward} 的兑换已取消", "Your {reward} was cancelled"),
            body=(
                (
                    "{name}，{reward} × {quantity} 的兑换已取消。\n\n"
                    "付出的积分（{points}）和用掉的权益都已退回，可以接着用。给你添麻烦了。"
                ),
                (
                    "{name}, {reward} × {quantity} was cancelled.\n\n"
                    "What you gave for it is yours again: points ({points}) and the use of a benefit. "
                    "We are sorry for the trouble."
                ),
            ),
            short=(
                "【{brand}】{reward} × {quantity} 的兑换已取消，积分（{points}）和权益已退回。",
                "{brand}: {reward} × {quantity} was cancelled. What you gave for it is yours again: points {points}.",
            ),
            link="/mall/",
        ),
    ),
)
