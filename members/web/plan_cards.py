"""Paid plans as pages draw them: what each brings and costs, and what the member holds of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Q
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from loyalty import money, programme
from loyalty.accounts import AccountFrozen
from loyalty.errors import LoyaltyError
from loyalty.ledger.spending import InsufficientPoints
from loyalty.models import Account
from loyalty.registry import Panel
from loyalty.web import codes
from members.models import BenefitOffer, Ladder, Member, Plan, PlanTerm
from members.paying import buying, holding, reckoning, reminding
from members.web import cards, perks
from members.web.cards import TierView


@dataclass(frozen=True, slots=True)
class Held:
    """What the member has of a plan: through which day, over how many terms, and whether it is a trial."""

    through: date
    days_left: int
    percent: int
    is_trial: bool
    is_near: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """A plan on its card. ``for_points`` and ``trial_days`` are 0 where the member cannot have it that way now."""

    code: str
    name: str
    summary: str
    length_text: str
    money_text: str
    points: int
    trial_days: int
    tier: TierView | None
    brings: list[str]
    held: Held | None
    sku: str
    qr: SafeString | str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A term in the member's history; ``state``: running, ahead or over."""

    pk: int
    name: str
    source: str
    first: date
    last: date
    paid: str
    back: str
    state: str
    state_text: str = field(default="")


def offers(member: Member, now: datetime) -> list[Offer]:
    """Plans on sale and those the member holds, the held ones first. Four queries."""
    today = programme.day_of(now)
    mine = _lasting(member, today)
    plans = Plan.objects.select_related("tier").filter(Q(is_on_sale=True, archived_at=None) | Q(pk__in=set(mine)))
    found = sorted(plans, key=lambda plan: (plan.pk not in mine, plan.pk))
    known = set(PlanTerm.objects.filter(member=member).values_list("plan_id", flat=True))
    brought = brings([plan.pk for plan in found], today)
    return [_offer(plan, mine.get(plan.pk, ()), brought.get(plan.pk, []), plan.pk in known, today) for plan in found]


def _lasting(member: Member, today: date) -> dict[int, list[PlanTerm]]:
    found: dict[int, list[PlanTerm]] = {}
    for term in PlanTerm.objects.filter(holding.lasting(today), member=member).order_by("starts_on", "pk"):
        found.setdefault(term.plan_id, []).append(term)
    return found


def _offer(plan: Plan, terms: Sequence[PlanTerm], brought: list[str], is_known: bool, today: date) -> Offer:
    is_sold = plan.is_on_sale and plan.archived_at is None
    return Offer(
        code=plan.code,
        name=plan.name,
        summary=plan.summary,
        length_text=length(plan),
        money_text=money.show(plan.price_minor, plan.currency, short=True) if plan.price_minor and is_sold else "",
        points=plan.price_points or 0 if is_sold else 0,
        trial_days=plan.trial_days if is_sold and not is_known else 0,
        tier=cards.tier_view(plan.tier) if plan.tier else None,
        brings=brought,
        held=_held(plan, terms, today) if terms else None,
        sku=plan.sku if is_sold else "",
        qr=codes.qr(plan.sku) if plan.sku and plan.price_minor and is_sold else "",
    )


def _held(plan: Plan, terms: Sequence[PlanTerm], today: date) -> Held:
    spans = [reckoning.span_of(term) for term in terms]
    first, last = min(span.first for span in spans), max(span.last for span in spans)
    whole, left = (last - first).days + 1, (last - max(today, first)).days + 1
    is_trial = all(term.source == PlanTerm.Source.TRIAL for term in terms)
    ahead = min(plan.remind_days, reminding.TRIAL_DAYS) if is_trial else plan.remind_days
    return Held(
        through=last,
        days_left=left,
        percent=max(1, left * 100 // whole),
        is_trial=is_trial,
        is_near=left <= ahead + 1,
    )


def brings(plan_ids: Sequence[int], today: date) -> dict[int, list[str]]:
    """What the benefit sets in season offer for each plan. One query."""
    in_season = Q(set__seasons__through_on=None) | Q(set__seasons__through_on__gte=today)
    rows = BenefitOffer.objects.filter(
        in_season,
        plan_id__in=plan_ids,
        set__seasons__from_on__lte=today,
        set__archived_at=None,
        benefit__archived_at=None,
    )
    found: dict[int, list[str]] = {}
    for row in rows.select_related("benefit").distinct().order_by("set", "pk"):
        often = "" if row.quota == 1 and row.period == BenefitOffer.Period.EVER else perks.often(row)
        found.setdefault(row.plan_id or 0, []).append(" · ".join(filter(None, [row.benefit.name, often])))
    return found


def length(plan: Plan) -> str:
    """How long a term lasts: "1 year"."""
    match plan.unit:
        case Ladder.Unit.YEARS:
            text = ngettext("%(count)s year", "%(count)s years", plan.length)
        case Ladder.Unit.MONTHS:
            text = ngettext("%(count)s month", "%(count)s months", plan.length)
        case _:
            text = ngettext("%(count)s day", "%(count)s days", plan.length)
    return text % {"count": plan.length}


def history(member: Member, now: datetime) -> list[Line]:
    """All terms, the newest first."""
    today = programme.day_of(now)
    rows = PlanTerm.objects.filter(member=member).select_related("plan").order_by("-starts_on", "-pk")
    return [line(row, today) for row in rows]


def line(term: PlanTerm, today: date) -> Line:
    first, last = reckoning.span_of(term)
    state = "over" if last < today or last < first else "ahead" if first > today else "running"
    words = {"over": _("Over"), "ahead": _("Begins later"), "running": _("Running")}
    return Line(
        pk=term.pk,
        name=term.plan.name,
        source=term.get_source_display(),
        first=first,
        last=max(first, last),
        paid=_price(term.price_points, term.price_minor, term.plan.currency),
        back=_price(term.refunded_points, term.refunded_minor, term.plan.currency),
        state=state,
        state_text=words[state],
    )


def _price(points: int, minor: int, currency: str) -> str:
    if points:
        return ngettext("%(count)s point", "%(count)s points", points) % {"count": f"{points:,}"}
    return money.show(minor, currency) if minor else ""


def refusal(member: Member, plan: Plan, balance: int, now: datetime) -> LoyaltyError | None:
    """Why the member cannot buy it with points now, as buying would say."""
    if member.account.status == Account.Status.FROZEN:
        return AccountFrozen()
    try:
        price = buying.check(member.pk, plan, now)
    except LoyaltyError as refused:
        return refused
    return InsufficientPoints(missing=price - balance) if balance < price else None


def are_offered(member: Member) -> bool:
    """Whether there is anything to show: a plan on sale, or one the member has had. Two queries at most."""
    on_sale = Plan.objects.filter(is_on_sale=True, archived_at=None).exists()
    return on_sale or PlanTerm.objects.filter(member=member).exists()


def panel(member: Member, now: datetime) -> Mapping[str, Any] | None:
    """The plan that ends first of those that end soon and were not renewed; nothing where none does."""
    today = programme.day_of(now)
    found = []
    for terms in _lasting(member, today).values():
        plan = Plan.objects.get(pk=terms[0].plan_id)
        held = _held(plan, terms, today)
        if held.is_near:
            found.append((held.through, plan.name, held))
    if not found:
        return None
    _through, name, held = min(found, key=lambda each: (each[0], each[1]))
    return {"plan_ending": {"name": name, "held": held}}


PANEL = Panel("plans", 25, "members/_plan_ending.html", panel)
