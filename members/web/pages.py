"""The pages a member looks at: home, code, statement, receipt."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from loyalty import clock
from loyalty import programme as programmes
from loyalty.registry import Panel, registry
from members.models import Member
from members.web import cards, growth, ladder, receipts, statement, steps
from members.web.access import member_page

NEWEST = 5
_FILTERS = {
    "all": _("All"),
    "earned": _("Collected"),
    "spent": _("Spent"),
    "expired": _("Expired"),
    "pending": _("On the way"),
}


@require_safe
@member_page
def home(request: HttpRequest, member: Member) -> HttpResponse:
    now = clock.now()
    card, todo = cards.card(member, now), steps.first_steps(member, now)
    context: dict[str, Any] = {
        "member": cards.person(member),
        "card": card if cards.is_soon(card.expiring, now) else replace(card, expiring=None),
        "progress": ladder.way(member, now),
        "greeting": growth.greeting(member, now),
        "steps": todo,
        "gift": steps.gift_of(member) if todo else None,
        "lines": statement.newest(member.pk, now=now, count=NEWEST),
        "panels": [],
    }
    for panel in registry.all(Panel):
        if (told := panel.context(member, now)) is not None:
            context |= {**told, "panels": [*context["panels"], panel.template]}
    return render(request, "members/home.html", context)


@require_safe
@member_page
def path(request: HttpRequest, member: Member) -> HttpResponse:
    return render(request, "members/path.html", {"growths": growth.growths(member, clock.now())})


@require_safe
@member_page
def code(request: HttpRequest, member: Member) -> HttpResponse:
    return render(request, "members/card.html", {"member": cards.person(member), "card": cards.code_only(member)})


@require_safe
@member_page
def points(request: HttpRequest, member: Member) -> HttpResponse:
    """The statement. htmx gets the next lines alone, a plain link a whole page of them."""
    now, kind = clock.now(), request.GET.get("show", "all")
    if kind not in statement.FILTERS:
        raise Http404
    found = statement.chosen(statement.entries(member.pk), kind, now)
    page = statement.page(found, cursor=request.GET.get("before", ""), programme=programmes.current(), now=now)
    more = f"{reverse('members:points')}?show={kind}&before={page.cursor}" if page.cursor else ""
    context = {"months": page.months, "more_url": more}
    if request.headers.get("HX-Request"):
        return render(request, "members/_statement.html", context)
    chips = [
        {"label": label, "url": f"{reverse('members:points')}?show={name}", "current": name == kind}
        for name, label in _FILTERS.items()
    ]
    return render(request, "members/points.html", {**context, "card": cards.card(member, now), "filters": chips})


@require_safe
@member_page
def receipt(request: HttpRequest, member: Member, ref: UUID) -> HttpResponse:
    """The "why" of one line of one's own; of another's there is none."""
    now = clock.now()
    entry = statement.entries(member.pk).filter(pk=ref).first()
    if entry is None:
        raise Http404
    told = receipts.receipt(statement.pile_of(entry, now), programme=programmes.current(), now=now)
    return render(request, "members/receipt.html", {"receipt": told})
