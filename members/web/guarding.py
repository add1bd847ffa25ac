"""A guardian's own pages: no login, a code to the contact that is kept, then the children and what one agreed to."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from loyalty import clock
from loyalty.audit import Origin
from loyalty.errors import LoyaltyError
from loyalty.messaging import addresses as masks
from loyalty.web import addresses
from loyalty.web.forms import OperationForm
from members.entering import guardians, numbers
from members.entering.guardians import Guardian
from members.models import Member
from members.privacy import guarding, wishes
from members.web import proving
from members.web.access import read_or_send
from members.web.forms import CodeForm, ContactForm

CODE, PROVEN = "guarding_code", "guarding"
LASTS = timedelta(minutes=15)
RoomView = Callable[..., HttpResponse]


class WithdrawForm(OperationForm):
    sure = forms.BooleanField(
        label=gettext_lazy("I no longer agree, and I know that the membership and its points end"),
        error_messages={"required": gettext_lazy("Please tick this if you are sure.")},
    )


def proven(view: RoomView) -> RoomView:
    """For who typed the code not long ago; hands the proven contact to the view."""

    @wraps(view)
    def guarded(request: HttpRequest, **told: int) -> HttpResponse:
        kept = request.session.get(PROVEN)
        if not kept or datetime.fromisoformat(kept["until"]) <= clock.now():
            request.session.pop(PROVEN, None)
            return redirect("members:guarding")
        return view(request, kept["contact"], **told)

    return never_cache(guarded)


@never_cache
@read_or_send
def ask(request: HttpRequest) -> HttpResponse:
    """Where to send the code; the answer is the same whoever it belongs to."""
    form = ContactForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            challenge = guarding.ask_in(
                contact=form.cleaned_data["contact"],
                language=get_language() or "",
                network=addresses.network(request),
                now=clock.now(),
            )
        except LoyaltyError as refusal:
            form.refuse(refusal)
        else:
            request.session[CODE] = {"challenge": str(challenge.pk), "to": masks.mask(challenge.address)}
            return redirect("members:guarding-code")
    return render(request, "members/guarding.html", {"form": form}, status=form.status)


@never_cache
@sensitive_post_parameters("code")
@read_or_send
def code(request: HttpRequest) -> HttpResponse:
    kept = request.session.get(CODE)
    if not kept:
        return redirect("members:guarding")
    form, now = CodeForm(request.POST if request.method == "POST" else None), clock.now()
    if form.is_valid():
        try:
            contact = guarding.prove(challenge_id=kept["challenge"], typed=form.cleaned_data["code"], now=now)
        except LoyaltyError as refusal:
            form.refuse(refusal)
        else:
            del request.session[CODE]
            request.session[PROVEN] = {"contact": contact, "until": (now + LASTS).isoformat()}
            return redirect("members:guarding-children")
    context = {"form": form, "to": kept["to"], "hint": proving.hint(kept["challenge"])}
    return render(request, "members/guarding_code.html", context, status=form.status)


@require_safe
@proven
def children(request: HttpRequest, contact: str) -> HttpResponse:
    found = [_child(member) for member in guarding.children(contact, now=clock.now())]
    return render(request, "members/guarding_children.html", {"children": found, "to": masks.mask(contact)})


def _child(member: Member) -> dict[str, object]:
    agreed_to = guardians.agreed_to(member)
    return {
        "ref": member.pk,
        "name": member.name,
        "number": numbers.show(member.account.number),
        "agreed_at": member.guardian_agreed_at,
        "is_outdated": agreed_to != guardians.TEXT_VERSION,
        "wish": wishes.waiting(member.pk),
    }


@require_POST
@proven
def agree(request: HttpRequest, contact: str, ref: int) -> HttpResponse:
    """To the text as it is now, also after having taken it back."""
    member, now = _own(contact, ref), clock.now()
    try:
        guarding.agree(member.pk, Guardian(member.guardian_name, contact), now=now)
    except LoyaltyError as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("Thank you. Your child's membership goes on."))
    return redirect("members:guarding-children")


@read_or_send
@proven
def withdraw(request: HttpRequest, contact: str, ref: int) -> HttpResponse:
    """Says what follows before anything is done."""
    member, now = _own(contact, ref), clock.now()
    form = WithdrawForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        origin = Origin(addresses.network(request), str(request.META.get("REQUEST_ID", "")))
        guarding.withdraw(member.pk, contact=contact, now=now, origin=origin)
        messages.success(request, _("Done. The membership is stopped, and on its day all of it is removed."))
        return redirect("members:guarding-children")
    context = {"form": form, "name": member.name, "days": wishes.days_to_think()}
    return render(request, "members/guarding_withdraw.html", context, status=form.status)


def _own(contact: str, ref: int) -> Member:
    for member in guarding.children(contact, now=clock.now()):
        if member.pk == ref:
            return member
    raise Http404


PATHS = (
    path("guardian/", ask, name="guarding"),
    path("guardian/code/", code, name="guarding-code"),
    path("guardian/children/", children, name="guarding-children"),
    path("guardian/children/<int:ref>/agree/", agree, name="guarding-agree"),
    path("guardian/children/<int:ref>/withdraw/", withdraw, name="guarding-withdraw"),
)
