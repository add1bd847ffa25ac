"""Typing the code: the last step of joining, and of getting back in. What waits for it is in the session."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib import auth, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from loyalty import clock
from loyalty.errors import LoyaltyError
from loyalty.messaging import addresses as masks
from loyalty.messaging import channels, codes
from loyalty.models import OneTimeCode, User
from loyalty.web import addresses, preferences
from members.entering import joining, returning
from members.entering.joining import Wish
from members.models import Referral
from members.web.forms import CodeForm, ContactForm, NewPasswordForm

JOIN, RESET, WECHAT, INVITED = "joining", "returning", "wechat", "invited"
A_MINUTE = timedelta(minutes=1)
BACKEND = "members.backends.MemberBackend"
read_or_send = require_http_methods(["GET", "HEAD", "POST"])


def begin(request: HttpRequest, wish: Wish, now: datetime, *, onward: str = "") -> HttpResponse:
    """Sends the code for joining and leads to where it is typed; a guardian's code comes before it.

    A second press at once sends no second code. Who needs no code (more) is made a member and let in.
    """
    kept = request.session.get(JOIN)
    onward = onward or addresses.asked(request)
    network = addresses.network(request)
    if wish.waits_for_guardian:
        challenge = joining.ask_guardian(wish, network=network, now=now)
        request.session[JOIN] = {"guardian": str(challenge.pk), "wish": wish.kept(), "next": onward}
        return redirect("members:join-guardian")
    if not wish.contact:
        return _let_in(request, joining.complete_by_wechat(wish, now=now), wish, onward)
    if kept and "challenge" in kept and _is_fresh(kept, wish, now):
        sent = kept["challenge"]
    else:
        sent = str(joining.ask(wish, network=network, now=now).pk)
    request.session[JOIN] = {"challenge": sent, "wish": wish.kept(), "next": onward}
    return redirect("members:join-code")


def _is_fresh(kept: dict[str, Any], wish: Wish, now: datetime) -> bool:
    """Whether a code went to the same contact within the last minute."""
    lately = OneTimeCode.objects.filter(pk=kept["challenge"], used_at=None, created_at__gt=now - A_MINUTE)
    return Wish.read(kept["wish"]).contact == wish.contact and lately.exists()


@never_cache
@sensitive_post_parameters("code")
@read_or_send
def join_code(request: HttpRequest) -> HttpResponse:
    """The code makes the member, or signs in who is one already."""
    kept = request.session.get(JOIN)
    if request.user.is_authenticated or not kept or "challenge" not in kept:
        return redirect("members:join")
    wish, again = Wish.read(kept["wish"]), "again" in request.POST
    form = CodeForm(request.POST if request.method == "POST" and not again else None)
    try:
        if again:
            challenge = joining.ask(wish, network=addresses.network(request), now=clock.now())
            request.session[JOIN] = {**kept, "challenge": str(challenge.pk)}
            messages.info(request, _("A new code is on its way."))
            return redirect("members:join-code")
        if form.is_valid():
            return _joined(request, wish, kept, form.cleaned_data["code"])
    except LoyaltyError as refusal:
        form.refuse(refusal)
    context = {"form": form, "to": masks.mask(wish.contact), "hint": hint(kept["challenge"])}
    return render(request, "members/join_code.html", context, status=form.status)


def _joined(request: HttpRequest, wish: Wish, kept: dict[str, Any], typed: str) -> HttpResponse:
    joined = joining.complete(wish, challenge_id=kept["challenge"], typed=typed, now=clock.now())
    return _let_in(request, joined, wish, kept["next"])


def _let_in(request: HttpRequest, joined: joining.Joined, wish: Wish, onward: str) -> HttpResponse:
    """Signs in and says what is worth knowing. What was kept for joining is forgotten."""
    for name in (JOIN, WECHAT, INVITED):
        request.session.pop(name, None)
    auth.login(request, joined.user, backend=BACKEND)
    if not joined.is_new:
        messages.success(request, _("Welcome back! You were a member already, so here is your card."))
    elif wish.referral_code and not Referral.objects.filter(member__user=joined.user).exists():
        messages.info(request, _("We could not find that invitation code. You are in all the same; welcome!"))
    return redirect(onward or "members:home")


@never_cache
@sensitive_post_parameters("code")
@read_or_send
def join_guardian(request: HttpRequest) -> HttpResponse:
    """The guardian's code; then comes the code of the child's own contact, if that is another one."""
    kept = request.session.get(JOIN)
    if request.user.is_authenticated or not kept or "guardian" not in kept:
        return redirect("members:join")
    wish, now = Wish.read(kept["wish"]), clock.now()
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            typed = form.cleaned_data["code"]
            proven = joining.prove_guardian(wish, challenge_id=kept["guardian"], typed=typed, now=now)
            return begin(request, proven, now, onward=kept["next"])
        except LoyaltyError as refusal:
            form.refuse(refusal)
    context = {
        "form": form,
        "to": masks.mask(wish.guardian_contact),
        "hint": hint(kept["guardian"]),
        "guardian": wish.guardian_name,
    }
    return render(request, "members/join_guardian.html", context, status=form.status)


@never_cache
@read_or_send
def forgot(request: HttpRequest) -> HttpResponse:
    """Asks for the contact; the answer is the same whoever it belongs to."""
    form = ContactForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            return _sent(request, form.cleaned_data["contact"])
        except LoyaltyError as refusal:
            form.refuse(refusal)
    return render(request, "members/forgot.html", {"form": form}, status=form.status)


def _sent(request: HttpRequest, contact: str) -> HttpResponse:
    if not codes.can_reach(returning.channel_of(contact)):
        raise codes.CodesSpent
    challenge = returning.ask(
        contact=contact, language=get_language() or "", network=addresses.network(request), now=clock.now()
    )
    request.session[RESET] = {"challenge": str(challenge.pk), "to": masks.mask(challenge.address)}
    return redirect("members:forgot-code")


@never_cache
@sensitive_post_parameters("code", "password")
@read_or_send
def forgot_code(request: HttpRequest) -> HttpResponse:
    """Code and new password on one page; right, it signs in."""
    kept = request.session.get(RESET)
    if not kept:
        return redirect("members:forgot")
    form = NewPasswordForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            return _renewed(request, kept, form)
        except LoyaltyError as refusal:
            form.refuse(refusal)
    context = {"form": form, "to": kept["to"], "hint": hint(kept["challenge"])}
    return render(request, "members/forgot_code.html", context, status=form.status)


def _renewed(request: HttpRequest, kept: dict[str, Any], form: NewPasswordForm) -> HttpResponse:
    typed = form.cleaned_data
    user: User = returning.complete(
        challenge_id=kept["challenge"], typed=typed["code"], password=typed["password"], now=clock.now()
    )
    del request.session[RESET]
    auth.login(request, user, backend=BACKEND)
    messages.success(request, _("Your new password is set. Good to have you back!"))
    answer = redirect("members:home")
    preferences.speak(answer, user)
    return answer


def hint(challenge_id: str) -> str:
    """The code itself, where this is a demo and no message really goes out; else empty."""
    if not settings.DEMO:
        return ""
    challenge = OneTimeCode.objects.filter(pk=challenge_id).first()
    return codes.code_of(challenge) if challenge and channels.is_pretend(challenge.channel) else ""
