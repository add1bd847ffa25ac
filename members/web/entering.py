"""Coming and going: join, sign in, sign out."""

from datetime import datetime

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
from loyalty.messaging import codes
from loyalty.web import addresses, preferences
from members.entering import enrolment, joining
from members.entering.enrolment import EmailTaken, PhoneTaken
from members.entering.wechat import Identity
from members.models import Member
from members.web import arriving, inviting, proving, signing, steps, wechat
from members.web.forms import SignInForm
from members.web.joining_forms import ArrivalForm, WeChatArrivalForm

read_or_send = require_http_methods(["GET", "HEAD", "POST"])


@never_cache
@sensitive_post_parameters("password")
@read_or_send
def join(request: HttpRequest) -> HttpResponse:
    """Asks for all that joining needs; a code to the contact follows (``proving``)."""
    if request.user.is_authenticated:
        return redirect(addresses.onward(request, "members:home"))
    identity, now = arriving.waiting(request), clock.now()
    invitation = inviting.invitation(request, now)
    kind = WeChatArrivalForm if identity else ArrivalForm
    known = {"name": identity.name if identity else "", "referral_code": invitation.code}
    form = kind(request.POST if request.method == "POST" else None, initial=known)
    if form.is_valid():
        try:
            return _join(request, form, identity, now)
        except LoyaltyError as refusal:
            form.refuse(refusal)
    context = {
        "form": form,
        "gift": steps.gift_promised(now, is_referred=bool(invitation.code)),
        "promises": _promises(),
        "next": addresses.asked(request),
        "invitation": invitation,
        "from_wechat": identity is not None,
        "offers_wechat": wechat.is_on() and identity is None,
    }
    return render(request, "members/join.html", context, status=form.status)


def _join(request: HttpRequest, form: ArrivalForm, identity: Identity | None, now: datetime) -> HttpResponse:
    """To the code; where none can be sent, the member is made at once."""
    typed = form.cleaned_data
    signing.count_join(request, now)
    wish = joining.prepare(
        name=typed["name"],
        contact=typed["contact"],
        password=typed.get("password", ""),
        birthday=typed["birthday"],
        language=get_language() or "",
        answers=form.answers,
        referral_code=typed["referral_code"],
        guardian=form.guardian,
        identity=identity,
        now=now,
    )
    if identity or wish.guardian or codes.can_reach(wish.channel):
        return proving.begin(request, wish, now, onward=arriving.onward(request))
    _join_at_once(request, form, now)
    return redirect(addresses.onward(request, "members:home"))


def _join_at_once(request: HttpRequest, form: ArrivalForm, now: datetime) -> None:
    """Who is a member already, and says the right password, is signed in."""
    typed = form.cleaned_data
    contact = "email" if "@" in typed["contact"] else "phone"
    try:
        enrolment.enrol(
            source=Member.Source.WEB,
            now=now,
            name=typed["name"],
            birthday=typed["birthday"],
            language=get_language() or "",
            password=typed["password"],
            consents=form.answers,
            referral_code=typed["referral_code"],
            **{contact: typed["contact"]},
        )
    except (PhoneTaken, EmailTaken) as taken:
        try:
            signing.admit(request, login=typed["contact"], password=typed["password"], now=now)
        except signing.WrongSignIn:
            raise taken from None
    else:
        signing.admit(request, login=typed["contact"], password=typed["password"], now=now)


def _promises() -> list[dict[str, str]]:
    return [
        {"icon": "qr", "text": _("One code for every till; nothing to carry.")},
        {"icon": "receipt", "text": _("Every point says where it came from.")},
        {"icon": "gift", "text": _("Rewards you can pick from the first day.")},
    ]


@never_cache
@sensitive_post_parameters("password")
@read_or_send
def sign_in(request: HttpRequest) -> HttpResponse:
    """Where to afterwards is ``next``, if that is one of our pages."""
    if request.user.is_authenticated:
        return redirect(addresses.onward(request, "members:home"))
    form = SignInForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            return _signed_in(request, form)
        except LoyaltyError as refusal:
            form.refuse(refusal)
    context = {"form": form, "next": addresses.asked(request), "offers_wechat": wechat.is_on()}
    return render(request, "members/sign_in.html", context, status=form.status)


def _signed_in(request: HttpRequest, form: SignInForm) -> HttpResponse:
    typed = form.cleaned_data
    user = signing.admit(request, login=typed["login"], password=typed["password"], now=clock.now())
    if not typed["remember"]:
        request.session.set_expiry(0)
    answer = redirect(addresses.onward(request, "members:home"))
    preferences.speak(answer, user)
    return answer


@never_cache
@read_or_send
def sign_out(request: HttpRequest) -> HttpResponse:
    """Asks first; only a POST signs out."""
    if request.method != "POST" and request.user.is_authenticated:
        return render(request, "members/sign_out.html")
    auth.logout(request)
    messages.success(request, _("You are signed out. See you soon!"))
    return redirect("members:sign-in")
