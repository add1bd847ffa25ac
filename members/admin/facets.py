"""The member's whole page, part by part: who it is, what they are worth, what happened, what they have.

Each part asks a fixed number of questions, however much there is.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db.models import Count, Max, Q, Sum
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from loyalty import accounts, money
from loyalty import programme as programmes
from loyalty.admin import accounts as purse
from loyalty.admin.base import is_others
from loyalty.ledger import reading
from loyalty.messaging import addresses as masks
from loyalty.models import Account, Message, Order, PoolMembership
from loyalty.personal import Strand
from loyalty.registry import registry
from members import consent, timeline
from members.admin import deeds
from members.climbing import progress
from members.entering import numbers, phones
from members.merging.step import masked_email
from members.models import (
    Address,
    BenefitClaim,
    Consent,
    Member,
    MemberInterest,
    Pet,
    PlanTerm,
    StaffNote,
    Standing,
    Tagging,
)
from members.privacy import wishes

SHOWN = 50
YEAR = timedelta(days=365)
TABS: Mapping[str, str | Promise] = {
    "all": pgettext_lazy("part of a member's page", "Everything"),
    "purchases": _("Purchases"),
    "points": pgettext_lazy("part of a member's page", "Points"),
    "benefits": _("Tier and benefits"),
    "home": _("Pets and home"),
    "messages": pgettext_lazy("part of a member's page", "Messages"),
    "notes": _("Notes"),
    "person": _("Details"),
}
ON_POINTS = (
    ("adjust", _("Adjust points"), "exposure", "loyalty.add_approval"),
    ("forgive", _("Forgive debt"), "volunteer_activism", "loyalty.add_approval"),
    ("give_back", _("Give expired points back"), "restore", "loyalty.add_approval"),
    ("merge_away", _("Merge into another account"), "call_merge", "loyalty.add_merge"),
)


def page(request: HttpRequest, member: Member, now: datetime) -> dict[str, Any]:
    """Head and figures, and the part that is asked for by ``?tab=``."""
    tab = request.GET.get("tab", "")
    tab = tab if tab in TABS else "all"
    return {
        "tab": tab,
        "tabs": [{"code": code, "title": title, "current": code == tab} for code, title in TABS.items()],
        **head(request, member, now),
        **PARTS[tab](request, member, now),
    }


def head(request: HttpRequest, member: Member, now: datetime) -> dict[str, Any]:
    """The card: who it is, where they stand, what they agreed to, what they are worth."""
    given = consent.given(member)
    seen = deeds.may_see(request, member, now)
    running = Q(expires_at=None) | Q(expires_at__gt=now)
    return {
        "number": numbers.show(member.account.number),
        "seen": seen,
        "phone": (phones.show(member.phone) if seen else phones.mask(member.phone)) if member.phone else "",
        "mail": (member.email or "") if seen else masked_email(member.email),
        "guardian": _guardian(member, seen=seen),
        "progress": progress.towards_next(member, now=now),
        "tags": Tagging.objects.filter(running, member=member).select_related("tag").order_by("tag__code"),
        "consents": [(Consent.Purpose(code).label, given.get(code)) for code in Consent.Purpose.values],
        "wish": wishes.waiting(member.pk),
        "kpis": figures(member, now),
    }


def _guardian(member: Member, *, seen: bool) -> str:
    """Name and contact of a child's parent or guardian, the contact masked like the child's own."""
    contact = member.guardian_contact
    shown = contact if seen else masks.mask(contact)
    return " · ".join(part for part in (member.guardian_name, shown if contact else "") if part)


def figures(member: Member, now: datetime) -> list[dict[str, Any]]:
    """Spend of a year, orders, points and growth. Six questions."""
    programme = programmes.current()
    places = reading.position(member.pk, now=now, programme=programme)
    orders = Order.objects.filter(account_id=member.pk)
    lately = Q(placed_at__gt=now - YEAR, currency=programme.currency)
    paid, back = Sum("total_minor", filter=lately), Sum("refunded_minor", filter=lately)
    seen = orders.aggregate(paid=paid, back=back, count=Count("pk"), last=Max("placed_at"))
    spent = (seen["paid"] or 0) - (seen["back"] or 0)
    told: list[dict[str, Any]] = [
        {"title": _("Spent in a year"), "value": money.show(spent, programme.currency)},
        {"title": _("Orders"), "value": seen["count"], "at": seen["last"], "meaning": _("last on")},
    ]
    for place in places.values():
        soon = place.next_to_go
        told.append(
            {
                "title": place.currency.name,
                "value": place.available,
                "pending": place.pending,
                "debt": place.debt,
                "expiring": soon[1] if soon else 0,
                "at": soon[0] if soon else None,
                "meaning": _("expire on"),
            }
        )
    return told


def on_points(request: HttpRequest, member: Member) -> list[dict[str, Any]]:
    """Buttons of the account's page, for whom they are."""
    if member.account.status != Account.Status.ACTIVE or not is_others(request.user, member.pk):
        return []
    return [
        {
            "title": title,
            "icon": icon,
            "url": reverse(f"admin:loyalty_account_{name}", args=[member.pk]),
            "grave": False,
        }
        for name, title, icon, permission in ON_POINTS
        if request.user.has_perm(permission)
    ]


def everything(request: HttpRequest, member: Member, now: datetime) -> dict[str, Any]:
    """The stream, of the strands this person may see and asked for; the next page by a link."""
    strands = [each for each in registry.all(Strand) if request.user.has_perm(each.permission)]
    chosen = {code for code in request.GET.getlist("of") if any(code == each.code for each in strands)}
    wanted = [each for each in strands if not chosen or each.code in chosen]
    cursor = request.GET.get("after", "")
    read = timeline.read(accounts.family(member.pk), wanted, cursor=cursor)
    return {
        "lines": [{"line": line, "url": _address(line.moment.subject)} for line in read.lines],
        "filters": [_filter(each, chosen) for each in strands],
        "everything": _query({"tab": ["all"]}) if chosen else "",
        "more": _query({"tab": ["all"], "of": sorted(chosen), "after": [read.next]}) if read.next else "",
        "newest": _query({"tab": ["all"], "of": sorted(chosen)}) if cursor else "",
    }


def _filter(strand: Strand, chosen: set[str]) -> dict[str, Any]:
    others = chosen ^ {strand.code}
    query = _query({"tab": ["all"], "of": sorted(others)})
    return {"title": strand.label, "icon": strand.icon, "query": query, "on": strand.code in chosen}


def _query(values: Mapping[str, Sequence[str]]) -> str:
    told = QueryDict(mutable=True)
    for name, several in values.items():
        told.setlist(name, list(several))
    return f"?{told.urlencode()}"


def _address(subject: tuple[str, Any] | None) -> str:
    """The admin page of a row, where there is one."""
    if subject is None:
        return ""
    label, key = subject
    is_shown = admin.site.is_registered(apps.get_model(label))
    return reverse(f"admin:{label.replace('.', '_')}_change", args=[key]) if is_shown else ""


def purchases(_request: HttpRequest, member: Member, _now: datetime) -> dict[str, Any]:
    rows = Order.objects.filter(account_id=member.pk).select_related("store", "partner").prefetch_related("lines")
    return {
        "bought": [
            {
                "order": order,
                "total": money.show(order.total_minor, order.currency),
                "refunded": money.show(order.refunded_minor, order.currency) if order.refunded_minor else "",
                "lines": [(line, money.show(line.amount_minor, order.currency)) for line in order.lines.all()],
            }
            for order in rows.order_by("-placed_at")[:SHOWN]
        ],
        "bought_link": reverse("admin:loyalty_order_changelist") + f"?account__id__exact={member.pk}",
    }


def points(_request: HttpRequest, member: Member, _now: datetime) -> dict[str, Any]:
    return purse.panels(member.account)


def benefits(_request: HttpRequest, member: Member, _now: datetime) -> dict[str, Any]:
    tiers = ("ladder", "effective", "earned", "granted", "paid", "floor")
    return {
        "standings": Standing.objects.filter(member=member).select_related(*tiers).order_by("ladder"),
        "claims": BenefitClaim.objects.filter(member=member).select_related("benefit").order_by("-claimed_at")[:SHOWN],
        "terms": PlanTerm.objects.filter(member=member).select_related("plan").order_by("-starts_on")[:SHOWN],
        "changes": member.tier_changes.select_related("previous", "tier", "by").order_by("-changed_at")[:SHOWN],
    }


def home(request: HttpRequest, member: Member, now: datetime) -> dict[str, Any]:
    """Pets, addresses (in full to who may see contacts), interests, the shared purse."""
    shares = PoolMembership.objects.filter(account_id=member.pk, left_at=None).select_related("pool__account")
    return {
        "pets": Pet.objects.filter(member=member, removed_at=None),
        "addresses": Address.objects.filter(member=member),
        "addresses_seen": deeds.may_see(request, member, now),
        "interests": MemberInterest.objects.filter(member=member).select_related("interest"),
        "share": shares.first(),
    }


def messages(_request: HttpRequest, member: Member, _now: datetime) -> dict[str, Any]:
    rows = Message.objects.filter(account_id=member.pk).select_related("template").order_by("-created_at", "-pk")
    return {"letters": rows[:SHOWN]}


def notes(_request: HttpRequest, member: Member, _now: datetime) -> dict[str, Any]:
    return {"notes": StaffNote.objects.filter(member=member).select_related("written_by")[:SHOWN]}


def person(_request: HttpRequest, _member: Member, _now: datetime) -> dict[str, Any]:
    """The form itself; the admin brings what it needs."""
    return {}


PARTS: Mapping[str, Callable[[HttpRequest, Member, datetime], dict[str, Any]]] = {
    "all": everything,
    "purchases": purchases,
    "points": points,
    "benefits": benefits,
    "home": home,
    "messages": messages,
    "notes": notes,
    "person": person,
}
