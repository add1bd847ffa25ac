"""What members are told on the way to being forgotten: that it was asked, by them or a guardian, and the last day."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from loyalty import programme
from loyalty.ledger import reading
from loyalty.registry import MessageKind, Shipped, ValueType, Variable
from members.models import Erasure

ASKED, DUE, GUARDIAN = "erasure.asked", "erasure.due", "erasure.guardian"
_LINK = "/me/privacy/leave/"


def _waiting(account_id: int, params: Mapping[str, Any], now: datetime) -> Mapping[str, Any] | None:
    """The day and the points that would go; ``None`` once the wish was taken back."""
    row = Erasure.objects.filter(pk=params["erasure"], account=account_id, state=Erasure.State.WAITING).first()
    if row is None:
        return None
    place = reading.position(account_id, now=now, programme=programme.current())["points"]
    return {"on": row.due_on.isoformat(), "points": place.available + place.pending + place.held}


_VARIABLES = (
    Variable("on", _("the day it is carried out"), "2026-12-31", ValueType.DATE),
    Variable("points", _("points that would be lost"), 1280, ValueType.NUMBER),
)
KINDS = (
    MessageKind(
        ASKED,
        _("asked to be forgotten"),
        _VARIABLES,
        _waiting,
        shipped=Shipped(
            name=("收到注销申请", "Asked to be forgotten"),
            subject=("你的注销申请已收到", "We have your wish to leave"),
            body=(
                (
                    "{name}，我们收到了你的注销申请，将在 {on}删除你的个人信息，{points} 积分也会一并清零。\n\n"
                    "在那之前，积分照常可用；改变主意，随时可以撤回。不是你本人操作？请马上撤回并修改密码。"
                ),
                (
                    "{name}, you asked us to forget you. On {on} we remove everything that says who you are, and "
                    "{points} points go with it.\n\nUntil then your points are good as ever, and you can take it back "
                    "at any time. If this was not you, please take it back and change your password."
                ),
            ),
            short=(
                "【{brand}】注销申请已收到，将于 {on}生效。如非本人操作，请登录会员中心撤回。",
                "{brand}: your membership ends on {on}. If this was not you, sign in and take it back.",
            ),
            link=_LINK,
        ),
    ),
    MessageKind(
        GUARDIAN,
        _("a guardian no longer agrees"),
        _VARIABLES,
        _waiting,
        shipped=Shipped(
            name=("监护人不再同意", "A guardian no longer agrees"),
            subject=("你的会员先停用了", "Your membership is stopped for now"),
            body=(
                (
                    "{name}，你的家长不再同意你做会员，所以会员先停用了。"
                    "{on} 我们会删除你的个人信息，{points} 积分也会清零。"
                    "\n\n想继续的话，请家长在那之前重新同意。"
                ),
                (
                    "{name}, your parent or guardian no longer agrees that you are a member, so it is stopped. "
                    "On {on} we remove everything that says who you are, and {points} points with it.\n\n"
                    "If you would like to stay, ask them to agree again before that day."
                ),
            ),
            short=(
                "【{brand}】家长不再同意，你的会员已停用，将于 {on} 注销。想继续请让家长重新同意。",
                "{brand}: your guardian no longer agrees. Your membership ends on {on}, unless they agree again.",
            ),
            link="/me/guardian/",
        ),
    ),
    MessageKind(
        DUE,
        _("will be forgotten tomorrow"),
        _VARIABLES,
        _waiting,
        shipped=Shipped(
            name=("注销前一天提醒", "Last day before leaving"),
            subject=("明天将注销你的会员", "Your membership ends tomorrow"),
            body=(
                (
                    "{name}，你的会员将在 {on}注销，届时个人信息会被删除，{points} 积分清零，之后无法恢复。\n\n"
                    "还想留下？今天撤回就好。"
                ),
                (
                    "{name}, on {on} we remove who you are from our records, and {points} points with it. "
                    "That cannot be undone.\n\nIf you would rather stay, take it back today."
                ),
            ),
            short=(
                "【{brand}】你的会员将于 {on}注销，积分清零。如想保留，请今天登录撤回。",
                "{brand}: your membership ends on {on}. Sign in today to keep it.",
            ),
            link=_LINK,
        ),
    ),
)
