"""How a member is reached, and changing it: the new address, then the code that was sent there."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from loyalty import clock
from loyalty.errors import LoyaltyError
from loyalty.messaging import addresses as masks
from loyalty.models import OneTimeCode
from loyalty.web import addresses
from members.entering import contacts, phones
from members.models import Member
from members.web import proving
from members.web.access import member_page
from members.web.forms import CodeForm
from members.web.joining_forms import NewContactForm

KEPT = "contact"
REMOVABLE = ("phone", "email")
read_or_send = require_http_methods(["GET", "HEAD", "POST"])


@sensitive_post_parameters("password")
@read_or_send
@member_page
def contact(request: HttpRequest, member: Member) -> HttpResponse:
    """What we have; a new one goes on to its code, one that is taken away to the code of the other."""
    if (removing := request.POST.get("remove", "")) in REMOVABLE:
        return _removal(request, member, removing)
    form = NewContactForm(request.POST if request.method == "POST" else None, member=member)
    if form.is_valid():
        try:
            return _to_code(request, _challenge(request, member, form.cleaned_data), "")
        except LoyaltyError as refusal:
            form.refuse(refusal)
    context = {
        "form": form,
        "phone": phones.show(member.phone) if member.phone else "",
        "email": member.email or "",
        "can_remove": bool(member.phone and member.email),
    }
    return render(request, "members/contact.html", context, status=form.status)


def _challenge(request: HttpRequest, member: Member, typed: dict[str, Any]) -> OneTimeCode:
    return contacts.ask(
        member,
        contact=typed["contact"],
        password=typed.get("password", ""),
        language=get_language() or "",
        network=addresses.network(request),
        now=clock.now(),
    )


def _removal(request: HttpRequest, member: Member, what: str) -> HttpResponse:
    try:
        challenge = contacts.ask_to_remove(
            member, what=what, language=get_language() or "", network=addresses.network(request), now=clock.now()
        )
    except LoyaltyError as refusal:
        messages.error(request, refusal.message)
        return redirect("members:contact")
    return _to_code(request, challenge, what)


def _to_code(request: HttpRequest, challenge: OneTimeCode, removing: str) -> HttpResponse:
    request.session[KEPT] = {
        "challenge": str(challenge.pk),
        "to": masks.mask(challenge.address),
        "remove": removing,
    }
    return redirect("members:contact-code")


@sensitive_post_parameters("code")
@read_or_send
@member_page
def contact_code(request: HttpRequest, member: Member) -> HttpResponse:
    kept = request.session.get(KEPT)
    if not kept:
        return redirect("members:contact")
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            _complete(member, kept, form.cleaned_data["code"])
        except LoyaltyError as refusal:
            form.refuse(refusal)
        else:
            del request.session[KEPT]
            messages.success(request, _("Done. From now on this is how we reach you."))
            return redirect("members:contact")
    context = {"form": form, "to": kept["to"], "hint": proving.hint(kept["challenge"]), "removing": kept["remove"]}
    return render(request, "members/contact_code.html", context, status=form.status)


def _complete(member: Member, kept: dict[str, Any], typed: str) -> None:
    challenge, now = kept["challenge"], clock.now()
    if kept["remove"]:
        contacts.remove(member.pk, what=kept["remove"], challenge_id=challenge, typed=typed, now=now)
    else:
        contacts.complete(member.pk, challenge_id=challenge, typed=typed, now=now)
