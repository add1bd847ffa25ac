"""The member's benefits: to claim, to use, always there, further up; a ticket with its code; a block on home."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.http import require_POST, require_safe

from loyalty import clock, programme
from loyalty.errors import LoyaltyError
from loyalty.models import Account
from loyalty.registry import Panel
from members.benefits import ahead, claiming, holdings, offers
from members.benefits.holdings import Holding
from members.climbing import progress
from members.models import BenefitClaim, Member
from members.web import cards, perks
from members.web.access import member_page

MOST_OPEN, MOST_OVER = 100, 20
NAMED = 3


@require_safe
@member_page
def listing(request: HttpRequest, member: Member) -> HttpResponse:
    now = clock.now()
    held = holdings.one(member.pk, now=now)
    lines = [perks.of_holding(holding) for holding in held]
    day = programme.day_of(now)
    tickets = [perks.ticket(row, now, day) for row in _recent(member)]
    context = {
        "member": cards.person(member),
        "waiting": [line for line in lines if line.state == "claim"],
        "tickets": [ticket for ticket in tickets if ticket.state == "ready"],
        "always": [line for line in lines if line.state == "always"],
        "later": [line for line in lines if line.state in {"taken", "itself"}],
        "over": [ticket for ticket in tickets if ticket.state != "ready"][:MOST_OVER],
        **_ahead(member, held, now),
    }
    return render(request, "members/benefits.html", context)


def _recent(member: Member) -> list[BenefitClaim]:
    """Open ones by their last day, then the others, the newest first. Two queries."""
    mine = perks.claims(member.pk)
    is_open = mine.filter(state=BenefitClaim.State.OPEN).order_by("usable_through", "-pk")
    is_over = mine.exclude(state=BenefitClaim.State.OPEN).order_by("-claimed_at", "-pk")
    return [*is_open[:MOST_OPEN], *is_over[:MOST_OVER]]


def _ahead(member: Member, held: list[Holding], now: datetime) -> dict[str, Any]:
    """What the next tier would add, and what is missing for it."""
    way = next(iter(progress.paths(member, now=now)), None)
    goal = way.next if way else None
    if goal is None:
        return {"ahead": [], "goal": None, "next_tier": None}
    lines = offers.in_force(programme.day_of(now))
    known = {holding.benefit.pk: holding.held for holding in held}
    added = [perks.of_tier(each) for each in ahead.added(known, goal.tier, lines)]
    return {"ahead": added, "goal": goal, "next_tier": cards.tier_view(goal.tier)}


@require_safe
@member_page
def detail(request: HttpRequest, member: Member, code: str) -> HttpResponse:
    """A benefit that is held, with how to use it and what of it is left; 404 for others."""
    held = holdings.one(member.pk, now=clock.now())
    holding = next((each for each in held if each.benefit.code == code), None)
    if holding is None:
        raise Http404
    context = {
        "member": cards.person(member),
        "perk": perks.of_holding(holding),
        "how": perks.how(holding.benefit),
        "where": perks.where(holding.benefit) if holding.is_counted else "",
    }
    return render(request, "members/benefit.html", context)


@require_POST
@member_page
def claim(request: HttpRequest, member: Member, code: str) -> HttpResponse:
    """One tap; the same button pressed twice is one claim and one ticket."""
    token = request.POST.get("token", "")[:40].replace("\x00", "")
    try:
        row = claiming.claim(account_id=member.pk, benefit=code, token=token, now=clock.now())
    except LoyaltyError as refusal:
        messages.error(request, refusal.message)
        return redirect("members:benefits")
    return redirect("members:benefit-ticket", row.code)


@require_safe
@member_page
def ticket(request: HttpRequest, member: Member, ref: str) -> HttpResponse:
    """One's own only."""
    row = get_object_or_404(perks.claims(member.pk), code=ref.replace("\x00", ""))
    now = clock.now()
    drawn = perks.ticket(row, now, programme.day_of(now))
    if drawn.state == "ready":
        drawn = replace(drawn, qr=perks.qr(row))
    return render(request, "members/benefit_ticket.html", {"ticket": drawn})


def panel(member: Member, now: datetime) -> Mapping[str, Any] | None:
    """What waits to be claimed, for the home page; nothing for suspended members."""
    if member.account.status != Account.Status.ACTIVE:
        return None
    waiting = [perks.of_holding(each) for each in holdings.one(member.pk, now=now) if each.is_waiting]
    return {"benefits_waiting": waiting[:NAMED], "benefits_count": len(waiting)} if waiting else None


PANELS = (Panel("benefits", 25, "members/_benefits_waiting.html", panel),)
ADDRESSES = (
    path("benefits/", listing, name="benefits"),
    path("benefits/<slug:code>/", detail, name="benefit"),
    path("benefits/<slug:code>/claim/", claim, name="benefit-claim"),
    path("benefits/mine/<str:ref>/", ticket, name="benefit-ticket"),
)
