"""What members are told of their paid membership: begun, about to end, ended, paid back; and the texts for it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from loyalty import money, programme
from loyalty.messaging.kinds import both
from loyalty.registry import MessageKind, Shipped, ValueType, Variable
from members.models import PlanTerm
from members.paying import holding, reckoning
from members.paying.ending import OVER
from members.paying.opening import BOUGHT
from members.paying.orders import REFUNDED
from members.paying.reminding import ENDING

_PLAN = Variable("plan", _("the plan"), both("PLUS 年卡", "PLUS for a year"))
_DAY = "2026-12-31"
Values = Mapping[str, Any]


def _term(account_id: int, params: Values) -> PlanTerm | None:
    return PlanTerm.objects.select_related("plan").filter(pk=params["term"], member=account_id).first()


def _plan(term: PlanTerm) -> dict[str, str]:
    return both(term.plan.name_zh, term.plan.name_en)


def _bought(account_id: int, params: Values, _now: datetime) -> Values | None:
    """The days as they stand; nothing where it was ended before the message went out."""
    term = _term(account_id, params)
    if term is None or reckoning.span_of(term).last < term.starts_on:
        return None
    span = reckoning.span_of(term)
    return {"plan": _plan(term), "since": span.first.isoformat(), "on": span.last.isoformat()}


def _ending(account_id: int, params: Values, now: datetime) -> Values | None:
    """Nothing where it was renewed meanwhile, or is over."""
    term, today = _term(account_id, params), programme.day_of(now)
    if term is None:
        return None
    last = reckoning.span_of(term).last
    later = PlanTerm.objects.filter(holding.lasting(today), member=account_id, plan=term.plan, starts_on__gt=last)
    if last < today or later.exists():
        return None
    return {"plan": _plan(term), "on": last.isoformat(), "days": (last - today).days}


def _over(account_id: int, params: Values, now: datetime) -> Values | None:
    term, today = _term(account_id, params), programme.day_of(now)
    if term is None or term.plan_id in holding.held_by([account_id], today).get(account_id, ()):
        return None
    return {"plan": _plan(term), "on": reckoning.span_of(term).last.isoformat()}


def _refunded(account_id: int, params: Values, now: datetime) -> Values | None:
    """What came back, in points or money, and the last day that is left."""
    term = _term(account_id, params)
    if term is None:
        return None
    if term.refunded_points:
        back = both(f"{term.refunded_points:,} 积分", f"{term.refunded_points:,} points")
    elif term.refunded_minor:
        shown = money.show(term.refunded_minor, term.plan.currency)
        back = both(shown, shown)
    else:
        return None
    last = max(reckoning.span_of(term).last, term.starts_on - reckoning.DAY)
    return {"plan": _plan(term), "back": back, "on": last.isoformat()}


KINDS = (
    MessageKind(
        BOUGHT,
        _("paid membership began"),
        (
            _PLAN,
            Variable("since", _("its first day"), "2026-01-01", ValueType.DATE),
            Variable("on", _("its last day"), _DAY, ValueType.DATE),
        ),
        _bought,
        shipped=Shipped(
            name=("付费会员开通", "Paid membership began"),
            subject=("{plan}已开通", "{plan} is yours"),
            body=(
                "{name}，{plan}已经开通，从 {since} 到 {on}都有效。\n\n权益都在会员计划页，随时去看看。",
                (
                    "{name}, {plan} is yours from {since} through {on}.\n\n"
                    "What it brings is on its page, whenever you like."
                ),
            ),
            short=(
                "【{brand}】{name}，{plan}已开通，有效期至 {on}。",
                "{brand}: {plan} is yours through {on}.",
            ),
            link="/plans/",
        ),
    ),
    MessageKind(
        ENDING,
        _("paid membership about to end"),
        (
            _PLAN,
            Variable("on", _("its last day"), _DAY, ValueType.DATE),
            Variable("days", _("days until then"), 14, ValueType.NUMBER),
        ),
        _ending,
        shipped=Shipped(
            name=("付费会员即将到期", "Paid membership about to end"),
            subject=("{plan}用到 {on}", "{plan} runs through {on}"),
            body=(
                "{name}，你的{plan}用到 {on}，还有 {days} 天。\n\n现在续上，新的一期从到期第二天算起，一天也不会少。",
                (
                    "{name}, your {plan} runs through {on}, {days} days from now.\n\n"
                    "Renew today and the new term begins the day after: not one day is lost."
                ),
            ),
            short=(
                "【{brand}】{name}，{plan}用到 {on}，提前续期天数照算。",
                "{brand}: {plan} runs through {on}. Renewed early, no day is lost.",
            ),
            link="/plans/",
        ),
    ),
    MessageKind(
        OVER,
        _("paid membership ended"),
        (_PLAN, Variable("on", _("its last day"), _DAY, ValueType.DATE)),
        _over,
        shipped=Shipped(
            name=("付费会员已到期", "Paid membership ended"),
            subject=("{plan}已到期", "{plan} has ended"),
            body=(
                "{name}，谢谢你这段时间的支持，{plan}已在 {on}到期。\n\n积分和等级都还在，想念它的时候随时回来。",
                (
                    "{name}, thank you for having been with us: {plan} ended on {on}.\n\n"
                    "Your points and what you earned stay yours, and you can come back at any time."
                ),
            ),
            short=("【{brand}】{name}，{plan}已于 {on}到期，随时欢迎续期。", "{brand}: {plan} ended on {on}."),
            link="/plans/",
        ),
    ),
    MessageKind(
        REFUNDED,
        _("paid membership paid back"),
        (
            _PLAN,
            Variable("back", _("what was given back"), both("7,260 积分", "7,260 points")),
            Variable("on", _("its last day now"), _DAY, ValueType.DATE),
        ),
        _refunded,
        shipped=Shipped(
            name=("付费会员退款", "Paid membership paid back"),
            subject=("{plan}：已退还 {back}", "{plan}: {back} given back"),
            body=(
                "{name}，{plan}的 {back} 已退还给你，这一期的最后一天是 {on}。\n\n有任何疑问，门店同事都在。",
                (
                    "{name}, {back} of {plan} was given back to you. This term's last day is {on}.\n\n"
                    "If anything is unclear, our shops are there for you."
                ),
            ),
            link="/plans/",
        ),
    ),
)
