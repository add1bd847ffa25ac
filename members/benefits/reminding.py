"""Telling members of benefits: that one came, that some wait to be claimed, and that one is about to lapse.

A night looks exactly so many days ahead, as the templates say; what is told is looked up again at delivery,
so nobody hears of what they have claimed or used meanwhile.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from loyalty import periods, programme
from loyalty.messaging import sending, templates
from loyalty.messaging.kinds import both, payload_of
from loyalty.models import Account, MessageTemplate
from loyalty.registry import Job, MessageKind, Shipped, Stride, ValueType, Variable
from members.benefits import holdings, issuing, offers
from members.benefits.holdings import Holding
from members.models import Benefit, BenefitClaim, Member

RANGE = 500
WAITING, EXPIRING = "benefit.waiting", "benefit.expiring"
_DAY = timedelta(days=1)


def _named(benefit: Benefit) -> dict[str, str]:
    return both(benefit.name_zh, benefit.name_en)


def _open_claims(account_id: int) -> Any:
    return BenefitClaim.objects.filter(member_id=account_id, state=BenefitClaim.State.OPEN).select_related("benefit")


def _came(account_id: int, params: Mapping[str, Any], _now: datetime) -> Mapping[str, Any] | None:
    """The claim the event tells of, while it is still to be used."""
    row = _open_claims(account_id).filter(pk=(payload_of(params) or {}).get("claim")).first()
    return {"benefit": _named(row.benefit), "code": row.code} if row else None


def _expires(account_id: int, params: Mapping[str, Any], now: datetime) -> Mapping[str, Any] | None:
    row = _open_claims(account_id).filter(pk=params["claim"]).first()
    if row is None or row.usable_through is None:
        return None
    left = (row.usable_through - programme.day_of(now)).days
    on = row.usable_through.isoformat()
    return {"benefit": _named(row.benefit), "on": on, "days": left} if left >= 0 else None


def _waits(account_id: int, params: Mapping[str, Any], now: datetime) -> Mapping[str, Any] | None:
    on = date.fromisoformat(params["on"])
    found = _ending(holdings.one(account_id, now=now), on)
    days = (on - programme.day_of(now)).days
    if not found or days < 0:
        return None
    return {"count": len(found), "benefit": _named(found[0].benefit), "on": on.isoformat(), "days": days}


def _ending(found: Sequence[Holding], on: date) -> list[Holding]:
    """What can still be claimed and no longer after ``on``."""
    return [each for each in found if each.is_waiting and each.until == on]


def _rounds(kind: str) -> list[tuple[MessageTemplate, int]]:
    found = [(each, int(days)) for each in templates.in_use(kind) for days in each.reminder_days]
    return sorted(found, key=lambda pair: (pair[0].code, pair[1]))


def remind_to_use(as_of: datetime, _period: str, cursor: str) -> Stride:
    """Five hundred claims of one template's distance; the cursor is "<number of the round>:<claim>"."""
    rounds, (place, after) = _rounds(EXPIRING), _read(cursor)
    if place >= len(rounds):
        return Stride("", {})
    template, days = rounds[place]
    due = BenefitClaim.objects.filter(
        state=BenefitClaim.State.OPEN, usable_through=programme.day_of(as_of) + days * _DAY, pk__gt=after
    ).filter(member__account__status=Account.Status.ACTIVE)
    rows = list(due.order_by("pk").values_list("pk", "member_id")[:RANGE])
    notes = [
        note
        for pk, member_id in rows
        for note in sending.notes(template, {member_id: {"claim": pk}}, key=f"{template.code}:{pk}:{days}")
    ]
    return _onward(rounds, place, [pk for pk, _member in rows], sending.queue(notes, now=as_of))


def remind_to_claim(as_of: datetime, _period: str, cursor: str) -> Stride:
    """Five hundred members of one template's distance; members are only asked where a period or season ends then."""
    rounds, (place, after) = _rounds(WAITING), _read(cursor)
    if place >= len(rounds):
        return Stride("", {})
    template, days = rounds[place]
    on = programme.day_of(as_of) + days * _DAY
    if not _ends_on(on, programme.day_of(as_of)):
        return _onward(rounds, place, [], 0)
    living = Member.objects.filter(pk__gt=after, account__status=Account.Status.ACTIVE).order_by("pk")
    account_ids = list(living.values_list("pk", flat=True)[:RANGE])
    found = holdings.of(account_ids, now=as_of)
    told = {account_id: {"on": on.isoformat()} for account_id, held in found.items() if _ending(held, on)}
    key = f"{template.code}:{on.isoformat()}:{days}"
    return _onward(rounds, place, account_ids, sending.queue(sending.notes(template, told, key=key), now=as_of))


def _ends_on(on: date, today: date) -> bool:
    """Whether any line in season today that members claim ends on that day, by its period or its season."""
    lines = [line for line in offers.in_force(today) if line.benefit.way == Benefit.Way.CLAIMED]
    return any(holdings.claimable_through(line, today) == on for line in lines)


def _read(cursor: str) -> tuple[int, int]:
    place, _colon, after = cursor.partition(":")
    return int(place or 0), int(after or 0)


def _onward(rounds: Sequence[Any], place: int, seen: Sequence[int], queued: int) -> Stride:
    if len(seen) == RANGE:
        return Stride(f"{place}:{seen[-1]}", {"messages": queued})
    return Stride(f"{place + 1}:0" if place + 1 < len(rounds) else "", {"messages": queued})


_BENEFIT = Variable("benefit", _("benefit"), both("洗护体验券", "Grooming session"))
_ON = Variable("on", _("its last day"), "2026-12-31", ValueType.DATE)
_DAYS = Variable("days", _("days until then"), 7, ValueType.NUMBER)
KINDS = (
    MessageKind(
        issuing.CLAIMED,
        _("benefit received"),
        (_BENEFIT, Variable("code", _("the code"), "7KQ2M9XWD4TB")),
        _came,
        event=issuing.CLAIMED,
        shipped=Shipped(
            name=("权益到账", "Benefit received"),
            subject=("{benefit}已经是你的了", "{benefit} is yours"),
            body=(
                "{name}，{benefit}已放进你的权益里，使用时出示权益码 {code} 即可。",
                "{name}, {benefit} is among your benefits now. To use it, show its code: {code}.",
            ),
            short=(
                "【{brand}】{name}，{benefit}已到账，权益码 {code}，使用时出示即可。",
                "{brand}: {benefit} is yours. Its code is {code}.",
            ),
            link="/benefits/",
        ),
    ),
    MessageKind(
        WAITING,
        _("benefits wait to be claimed"),
        (Variable("count", _("how many benefits"), 2, ValueType.NUMBER), _BENEFIT, _ON, _DAYS),
        _waits,
        shipped=Shipped(
            name=("权益待领取提醒", "Benefits to claim"),
            subject=("{benefit}等你来领", "{benefit} waits for you"),
            body=(
                "{name}，你有 {count} 项权益还没领取，包括{benefit}，{on}前都可以领。\n\n点一下就到手，别错过。",
                (
                    "{name}, benefits are waiting for you to claim ({count}), {benefit} among them. You can until {on}."
                    "\n\nOne tap, and they are yours."
                ),
            ),
            short=(
                "【{brand}】{name}，{benefit}等 {count} 项权益待领取，{on}前登录会员中心即可领。",
                "{brand}: {benefit} waits for you to claim until {on}.",
            ),
            link="/benefits/",
            reminder_days=(7,),
        ),
    ),
    MessageKind(
        EXPIRING,
        _("benefit about to lapse"),
        (_BENEFIT, _ON, _DAYS),
        _expires,
        shipped=Shipped(
            name=("权益到期提醒", "Benefit about to lapse"),
            subject=("{benefit}可用到 {on}", "{benefit} is good until {on}"),
            body=(
                "{name}，你的{benefit}可以用到 {on}，还有 {days} 天。\n\n找个空闲的日子来用吧，我们等你。",
                (
                    "{name}, {benefit} is yours to use until {on} (days left: {days}).\n\n"
                    "Come by when it suits you; we look forward to it."
                ),
            ),
            short=(
                "【{brand}】{name}，你的{benefit}可用到 {on}，记得来用。",
                "{brand}: {benefit} is good until {on}.",
            ),
            link="/benefits/",
            reminder_days=(7, 1),
        ),
    ),
)
JOBS = (
    Job("benefits.expiring", _("Remind of benefits that lapse"), periods.day, walk=remind_to_use, catch_up=1),
    Job("benefits.waiting", _("Remind of benefits to claim"), periods.day, walk=remind_to_claim, catch_up=1),
)
