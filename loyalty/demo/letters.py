"""What Furball Planet tells its members: rules that send from now on, an offer, and the star's inbox.

The rules are published at the end of the history, so that two years of welcomes are not sent at once.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from loyalty import clock, programme, rules
from loyalty.demo.stage import ZONE, Stage
from loyalty.ledger import reading
from loyalty.messaging import delivering, kinds, sending, templates
from loyalty.models import Account, Event, Message, MessageTemplate, MessageText, Rule, User
from loyalty.models.messages import Channel, Language, Purpose

OFFER = "members-day"
_SENDS = (
    ("tell-welcome", "入会欢迎消息", "Welcome message", "member.joined", "member-joined"),
    ("tell-tier", "升级祝贺消息", "Message on a new tier", "tier.upgraded", "tier-upgraded"),
    ("tell-redeemed", "兑换成功消息", "Message on a redemption", "reward.redeemed", "reward-redeemed"),
)
_OFFER = {
    Language.CHINESE: (
        "18 日会员日，积分翻倍",
        "{name}，会员日又到了：18 日到店或在小程序下单，积分都翻倍。\n\n你有 {points} 积分，正好给毛孩子添点零食。",
        "【{brand}】18 日会员日积分翻倍，{name}，别忘了带毛孩子来逛逛。拒收请在会员中心关闭。",
    ),
    Language.ENGLISH: (
        "Double points on the 18th",
        (
            "{name}, members' day is near: on the 18th every order earns double points.\n\n"
            "You have {points} points to spend, just right for a treat for your furry one."
        ),
        "{brand}: double points on the 18th, {name}. To stop these, sign in and open Me.",
    ),
}


def plant(stage: Stage) -> None:
    """Writes the offer, publishes the rules and fills the star's inbox."""
    offer = _write_offer()
    operator = User.objects.filter(is_superuser=True).first()
    for code, zh, en, kind, template in _SENDS:
        effects = [{"effect": "message.send", "template": template}]
        rule = Rule.objects.create(code=code, name_zh=zh, name_en=en, kind=kind, effects=effects, priority=200)
        rules.publish(rule, by=operator, now=stage.now)
    star = next((shopper.account_id for shopper in stage.shoppers if shopper.is_star), None)
    if star is not None:
        _fill_inbox(star, offer, stage.now)


def _write_offer() -> MessageTemplate:
    names = {"name_zh": "会员日预告", "name_en": "Members' day"}
    made = MessageTemplate.objects.create(code=OFFER, kind="note", purpose=Purpose.MARKETING, link="/mall/", **names)
    for language, (subject, body, short) in _OFFER.items():
        for channel in (Channel.IN_APP, Channel.EMAIL):
            MessageText.objects.create(template=made, channel=channel, language=language, subject=subject, body=body)
        MessageText.objects.create(template=made, channel=Channel.SMS, language=language, body=short)
    return made


def _fill_inbox(account_id: int, offer: MessageTemplate, now: datetime) -> None:
    """What the star was told so far; the last two are still new."""
    told: list[tuple[MessageTemplate, Mapping[str, Any], datetime]] = []
    joined_at = Account.objects.values_list("opened_at", flat=True).get(pk=account_id)
    told.append((templates.by_code("member-joined"), {}, joined_at + timedelta(minutes=1)))
    for kind in ("tier.upgraded", "reward.redeemed"):
        found = Event.objects.filter(account_id=account_id, kind=kind).order_by("-occurred_at").first()
        if found is not None:
            template = templates.by_code(templates.code_of(kind))
            told.append((template, {"event": str(found.pk)}, found.occurred_at + timedelta(minutes=1)))
    told.append((offer, {}, now - timedelta(days=1, hours=3)))
    place = reading.position(account_id, now=now, programme=programme.current())["points"]
    if place.next_to_go is not None:
        day = clock.business_day(place.next_to_go[0], ZONE).isoformat()
        template = templates.by_code(templates.code_of(kinds.EXPIRING))
        told.append((template, {"currency": "points", "on": day}, now - timedelta(hours=2)))
    for template, params, at in told:
        _tell(account_id, template, params, at, now)


def _tell(account_id: int, template: MessageTemplate, params: Mapping[str, Any], at: datetime, now: datetime) -> None:
    """One message in the inbox, told as of ``at``; what is older than two days was read."""
    notes = sending.notes(template, {account_id: params}, key=f"demo:{template.code}", channels={Channel.IN_APP})
    sending.queue(notes, now=now)
    for message in Message.objects.filter(account_id=account_id, template=template):
        delivering.deliver(message.key, now=at)
        read_at = at + timedelta(hours=5) if now - at > timedelta(days=2) else None
        Message.objects.filter(pk=message.pk).update(created_at=at, read_at=read_at)
