"""The first page: a few true figures with their definitions, and what waits for a person."""

from datetime import date
from typing import Any

from django.db.models import Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from loyalty import clock, findings
from loyalty import programme as programmes
from loyalty.admin import waiting
from loyalty.models import Account, Balance, Entry, Order, Rule
from loyalty.web.second_factor import proof


def fill(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Adds the figures to the theme's context. A fixed number of queries over indexed columns."""
    now = clock.now()
    programme = programmes.current()
    today = programme.day_of(now)
    first = today.replace(day=1)
    context |= {"title": _("Overview"), "second_factor_hint": proof.is_hinted(request)}
    if not request.user.has_perm("loyalty.view_account"):
        return context | {"figures": [], "piles": [], "rules": []}
    return context | {
        "figures": [*_members(first, programme), *_points(first)],
        "piles": [pile for pile in waiting.piles() if pile.count],
        "rules": list(Rule.objects.filter(state=Rule.State.LIVE)[:6]),
        "drafts": Rule.objects.filter(state=Rule.State.DRAFT).count(),
        "since": first,
        "books": findings.standing() if request.user.has_perm("loyalty.view_finding") else None,
    }


def _figure(title: str, value: int, meaning: str, link: str, icon: str) -> dict[str, str]:
    return {
        "title": title,
        "value": number_format(value, use_l10n=True, force_grouping=True),
        "meaning": meaning,
        "link": link,
        "icon": icon,
    }


def _members(first: date, programme: Any) -> list[dict[str, str]]:
    start = programme.start_of(first)
    active = Account.objects.filter(status=Account.Status.ACTIVE, kind=Account.Kind.MEMBER)
    accounts = reverse("admin:loyalty_account_changelist")
    orders = Order.objects.filter(placed_at__gte=start)
    return [
        _figure(
            _("Members"),
            active.count(),
            _("Accounts that are active today; frozen and closed ones are left out."),
            f"{accounts}?status__exact=active",
            "group",
        ),
        _figure(
            _("New this month"),
            active.filter(opened_at__gte=start).count(),
            _("Active accounts opened since the first of the month."),
            f"{accounts}?status__exact=active",
            "person_add",
        ),
        _figure(
            _("Orders this month"),
            orders.count(),
            _("Orders placed since the first of the month, guests' included."),
            reverse("admin:loyalty_order_changelist") + f"?placed_on_from={first}",
            "receipt_long",
        ),
    ]


def _points(first: date) -> list[dict[str, str]]:
    counters = Entry.Counter
    rows = (
        Entry.objects.filter(currency__code="points", effective_on__gte=first)
        .order_by()
        .values_list("counter")
        .annotate(Sum("amount"))
    )
    sums: dict[str, int] = dict(rows)
    outstanding = Balance.objects.filter(currency__code="points").aggregate(
        total=Sum("available"), pending=Sum("pending")
    )
    entries = reverse("admin:loyalty_entry_changelist")
    month = f"effective_on_from={first}"
    return [
        _figure(
            _("Points issued this month"),
            sums.get(counters.ISSUED, 0) + sums.get(counters.CLAWED_BACK, 0),
            _("Points given by rules since the first of the month, less those taken back after refunds."),
            f"{entries}?counter__exact=issued&{month}",
            "add_circle",
        ),
        _figure(
            _("Points redeemed this month"),
            -sums.get(counters.REDEEMED, 0),
            _("Points spent since the first of the month, less those given back."),
            f"{entries}?counter__exact=redeemed&{month}",
            "redeem",
        ),
        _figure(
            _("Points in members' hands"),
            (outstanding["total"] or 0) + (outstanding["pending"] or 0),
            _("Available and pending points of all accounts, as the books stand now."),
            reverse("admin:loyalty_lot_changelist") + "?left=some",
            "account_balance",
        ),
    ]
