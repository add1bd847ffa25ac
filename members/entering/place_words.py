"""Word about a sign-in from a device that was not seen before."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import translation
from django.utils.translation import gettext_lazy as _

from loyalty import programme
from loyalty.messaging.kinds import both
from loyalty.registry import MessageKind, Shipped, Variable
from members.entering import devices
from members.models import SignIn

NEW = "sign_in.new"


def _sign_in(_account_id: int, params: Mapping[str, Any], _now: datetime) -> Mapping[str, Any] | None:
    """The device in both languages, the time on the brand's clock."""
    row = SignIn.objects.filter(pk=params["sign_in"]).first()
    if row is None:
        return None
    at = row.signed_in_at.astimezone(ZoneInfo(programme.current().timezone))
    return {"device": both(_named(row.device, "zh-hans"), _named(row.device, "en")), "at": f"{at:%Y-%m-%d %H:%M}"}


def _named(device: str, language: str) -> str:
    with translation.override(language):
        return devices.show(device)


KINDS = (
    MessageKind(
        NEW,
        _("signed in on a new device"),
        (
            Variable("device", _("the device"), both("iPhone，微信", "iPhone, WeChat")),
            Variable("at", _("the time"), "2026-11-22 15:20"),
        ),
        _sign_in,
        shipped=Shipped(
            name=("新设备登录提醒", "Signed in on a new device"),
            subject=("有新设备登录了你的账号", "A new device signed in to your membership"),
            body=(
                (
                    "{name}，{at} 有一台新设备登录了你的会员账号：{device}。\n\n"
                    "是你本人就不用理会。如果不是，请在“已登录的设备”里让它退出，并修改密码。"
                ),
                (
                    "{name}, at {at} a device we had not seen before signed in to your membership: {device}.\n\n"
                    "If that was you, all is well. If not, sign it out on your page of devices and set a new password."
                ),
            ),
            short=(
                "【{brand}】你的会员账号于 {at} 在新设备登录。如非本人操作，请马上登录会员中心让它退出，并修改密码。",
                "{brand}: a new device signed in at {at}. Not you? Sign it out there and change the password.",
            ),
            link="/me/devices/",
        ),
    ),
)
