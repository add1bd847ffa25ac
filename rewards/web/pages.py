"""The mall: looking, taking, and the tickets afterwards."""

from dataclasses import replace

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from loyalty import clock, ids
from loyalty.errors import LoyaltyError
from members.models import Member
from members.web import cards
from members.web.access import member_page
from rewards import privileges, redemptions
from rewards import shelf as shelf_of
from rewards.web import offers, tickets
from rewards.web.forms import RedeemForm


@require_safe
@member_page
def shelf(request: HttpRequest, member: Member) -> HttpResponse:
    """Everything, or with ``?show=mine`` what the points suffice for."""
    now, address = clock.now(), reverse("rewards:list")
    place, _programme = cards.position(member, now)
    is_mine = request.GET.get("show") == "mine"
    tiles = [offers.tile(terms, place.available, now) for terms in offers.seen(member, now)]
    context = {
        "balance": place.available,
        "filters": [
            {"label": _("Everything"), "url": address, "current": not is_mine},
            {"label": _("What I can take"), "url": f"{address}?show=mine", "current": is_mine},
        ],
        "rewards": [tile for tile in tiles if tile.state == "open" or not is_mine],
        "tickets_count": tickets.count_ready(member.pk),
    }
    return render(request, "rewards/list.html", context)


@require_safe
@member_page
def detail(request: HttpRequest, member: Member, code: str) -> HttpResponse:
    now = clock.now()
    terms = offers.one(member, code, now)
    if terms is None:
        raise Http404
    place, _programme = cards.position(member, now)
    ways = offers.ways(terms)
    open_ways = [way for way in ways if not offers.refusal(terms, member, place.available, now, points=way.points)]
    context = {
        "reward": offers.tile(terms, place.available, now),
        "description": offers.description(terms.reward),
        "terms": offers.terms(terms.reward),
        "perks": offers.perks(terms, now),
        "ways": open_ways,
        "refusal": "" if open_ways else offers.refusal(terms, member, place.available, now, points=terms.least) or "",
    }
    return render(request, "rewards/detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@member_page
def redeem(request: HttpRequest, member: Member, code: str) -> HttpResponse:
    """Asks once, then takes it. The same form sent twice is one redemption and one ticket."""
    now = clock.now()
    form = RedeemForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            done = redemptions.place(
                account_id=member.pk,
                reward_code=code,
                quantity=1,
                token=form.cleaned_data["key"],
                quoted_points=form.cleaned_data["price"],
                benefit=form.cleaned_data["benefit"],
                now=now,
            )
            return redirect("rewards:ticket", done.number)
        except LoyaltyError as refused:
            form.refuse(refused)
    reward = get_object_or_404(shelf_of.rewards(), code=code)
    terms = privileges.terms(reward, privileges.rights(member.pk, [reward], now=now))
    way = offers.way(terms, form.data.get("benefit") or request.GET.get("with", ""))
    place, _programme = cards.position(member, now)
    fresh = RedeemForm(initial={"key": ids.uuid7().hex, "price": way.points, "benefit": way.benefit})
    context = {
        "reward": replace(offers.tile(terms, place.available, now), points=way.points),
        "way": way,
        "balance": place.available,
        "balance_after": max(0, place.available - way.points),
        "form": fresh,
        "refusal": form.refusal or offers.refusal(terms, member, place.available, now, points=way.points) or "",
    }
    return render(request, "rewards/redeem.html", context, status=form.status)


@require_safe
@member_page
def ticket(request: HttpRequest, member: Member, ref: str) -> HttpResponse:
    """One's own only."""
    redemption = get_object_or_404(tickets.of(member.pk), number=ref.replace("\x00", ""))
    return render(request, "rewards/ticket.html", {"ticket": tickets.ticket(redemption, clock.now())})


@require_safe
@member_page
def ticket_list(request: HttpRequest, member: Member) -> HttpResponse:
    rows = [tickets.row(redemption) for redemption in tickets.of(member.pk)[: tickets.MOST]]
    return render(request, "rewards/tickets.html", {"tickets": rows})
