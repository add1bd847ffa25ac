"""The pages of paid membership: what there is, buying with points, trying, and the moment after."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods, require_safe

from loyalty import clock, ids, programme
from loyalty.errors import LoyaltyError
from loyalty.web.forms import OperationForm
from members.models import Member, PlanTerm
from members.paying import buying, opening
from members.web import cards, plan_cards
from members.web.access import member_page

ASKS = ("GET", "HEAD", "POST")
FRESH_SECONDS = 120


class BuyForm(OperationForm):
    """``key`` makes a second press the same purchase; ``price`` is what the member was shown."""

    key = forms.RegexField(r"^[0-9a-f]{32}$", widget=forms.HiddenInput)
    price = forms.IntegerField(min_value=1, max_value=10**12, widget=forms.HiddenInput)


class TryForm(OperationForm):
    """Nothing to fill in: the press is the wish."""


@require_safe
@member_page
def listing(request: HttpRequest, member: Member) -> HttpResponse:
    now = clock.now()
    place, _programme = cards.position(member, now)
    context = {
        "offers": plan_cards.offers(member, now),
        "history": plan_cards.history(member, now),
        "balance": place.available,
        "member": cards.person(member),
    }
    return render(request, "members/plans.html", context)


@require_http_methods(ASKS)
@member_page
def buy(request: HttpRequest, member: Member, code: str) -> HttpResponse:
    """Says exactly what is spent and until when, then buys. The same form sent twice is one purchase."""
    now = clock.now()
    form = BuyForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            done = buying.buy(
                account_id=member.pk,
                plan_code=code,
                token=form.cleaned_data["key"],
                quoted_points=form.cleaned_data["price"],
                now=now,
            )
            return redirect("members:plan-term", done.pk)
        except LoyaltyError as refused:
            form.refuse(refused)
    plan = get_object_or_404(buying.on_sale(), code=code, price_points__gt=0)
    place, _programme = cards.position(member, now)
    price = plan.price_points or 0
    span = opening.preview(member.pk, plan, programme.day_of(now))
    context = {
        "plan": plan,
        "length": plan_cards.length(plan),
        "span": span,
        "is_later": span.first > programme.day_of(now),
        "price": price,
        "balance": place.available,
        "balance_after": max(0, place.available - price),
        "form": BuyForm(initial={"key": ids.uuid7().hex, "price": price}),
        "refusal": form.refusal or plan_cards.refusal(member, plan, place.available, now) or "",
    }
    return render(request, "members/plan_buy.html", context, status=form.status)


@require_http_methods(ASKS)
@member_page
def try_out(request: HttpRequest, member: Member, code: str) -> HttpResponse:
    """Says how long the trial runs and that it ends by itself, then begins it."""
    now = clock.now()
    form = TryForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            return redirect("members:plan-term", buying.try_out(account_id=member.pk, plan_code=code, now=now).pk)
        except LoyaltyError as refused:
            form.refuse(refused)
    plan = get_object_or_404(buying.on_sale(), code=code, trial_days__gt=0)
    span = opening.preview(member.pk, plan, programme.day_of(now), days=plan.trial_days)
    context = {"plan": plan, "span": span, "refusal": form.refusal or _tried(member, code) or ""}
    return render(request, "members/plan_try.html", context, status=form.status)


def _tried(member: Member, code: str) -> LoyaltyError | None:
    try:
        buying.check_trial(member.pk, buying.offered(code))
    except LoyaltyError as refused:
        return refused
    return None


@require_safe
@member_page
def term(request: HttpRequest, member: Member, ref: int) -> HttpResponse:
    """One's own only; right after it was bought, a moment to be glad."""
    now = clock.now()
    found = get_object_or_404(PlanTerm.objects.select_related("plan__tier"), pk=ref, member=member)
    today = programme.day_of(now)
    context = {
        "term": plan_cards.line(found, today),
        "plan": found.plan,
        "tier": cards.tier_view(found.plan.tier) if found.plan.tier else None,
        "brings": plan_cards.brings([found.plan_id], today).get(found.plan_id, []),
        "is_fresh": (now - found.bought_at).total_seconds() < FRESH_SECONDS,
    }
    return render(request, "members/plan_term.html", context)


PATHS = (
    path("plans/", listing, name="plans"),
    path("plans/terms/<int:ref>/", term, name="plan-term"),
    path("plans/<slug:code>/buy/", buy, name="plan-buy"),
    path("plans/<slug:code>/try/", try_out, name="plan-try"),
)
