"""What members are told of their redemptions, and the text for it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from loyalty.messaging.kinds import both, payload_of
from loyalty.registry import MessageKind, Shipped, ValueType, Variable
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
)
