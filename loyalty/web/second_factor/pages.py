"""The pages: set it up, type a code, see how it stands, new recovery codes, off, "later"."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import quote

from allauth.mfa.adapter import get_adapter
from django.contrib import admin, auth, messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from loyalty import audit, clock
from loyalty.errors import LoyaltyError
from loyalty.models import User
from loyalty.second_factor import codes, demand, keeping
from loyalty.second_factor.refusals import Unreadable
from loyalty.web import addresses
from loyalty.web.codes import qr
from loyalty.web.second_factor import gate, proof
from loyalty.web.second_factor.forms import AppCode, RecoveryCode
from loyalty.web.second_factor.proof import State

SECRET = "second_factor_secret"  # noqa: S105  # the name of the place, not what lies there
FEW = 3
View = Callable[[HttpRequest, User], HttpResponse]


def staff_page(view: View) -> Callable[[HttpRequest], HttpResponse]:
    """Hands the login to the view; others are led to the sign-in of the back office. Never stored."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        user = request.user
        if not (isinstance(user, User) and user.is_active and user.is_staff):
            return redirect_to_login(request.get_full_path(), reverse("admin:login"))
        return view(request, user)

    page: Callable[[HttpRequest], HttpResponse] = never_cache(sensitive_post_parameters("code")(guarded))
    return require_http_methods(["GET", "HEAD", "POST"])(page)


@staff_page
def enter(request: HttpRequest, user: User) -> HttpResponse:
    """Asks for a code of the app, or with ``?with=recovery`` for one that was written down."""
    if proof.state(request) in {State.FREE, State.SET_UP}:
        return gate.lead(State.SET_UP, addresses.asked(request))
    shape = RecoveryCode if request.GET.get("with") == "recovery" else AppCode
    form = shape(request.POST or None)
    if form.is_valid():
        now = clock.now()
        try:
            found = keeping.prove(user=user, code=form.cleaned_data["code"], now=now, origin=_origin(request))
        except LoyaltyError as refusal:
            form.refuse(refusal)
        else:
            proof.keep(request, found.factor_id, now)
            _say_how_many(request, found.left)
            return redirect(addresses.onward(request, "admin:index"))
    shown = {"form": form, "is_recovery": shape is RecoveryCode, "is_again": proof.lets_in(request)}
    return _page(request, "enter", _("Is it you?"), shown, status=form.status)


@staff_page
def set_up(request: HttpRequest, user: User) -> HttpResponse:
    """Shows the secret as a drawing and as text until one code of it comes back; then the recovery codes, once."""
    found = proof.state(request)
    if found == State.ASK:
        return gate.lead(found, request.get_full_path())
    if found == State.PROVEN:
        return redirect("second-factor:manage")
    now = clock.now()
    secret = _begun(request)
    if secret is None:
        if not proof.just_came(request, now):
            return _sign_in_again(request)
        secret = codes.new_secret()
        request.session[SECRET] = get_adapter().encrypt(secret)
    form = AppCode(request.POST or None)
    if form.is_valid():
        try:
            made, written = keeping.set_up(
                user=user, secret=secret, code=form.cleaned_data["code"], now=now, origin=_origin(request)
            )
        except LoyaltyError as refusal:
            form.refuse(refusal)
        else:
            del request.session[SECRET]
            proof.keep(request, made.factor_id, now)
            return _written_down(request, user, written)
    shown = {
        "form": form,
        "qr": qr(get_adapter().build_totp_url(user, secret)),
        "secret": codes.grouped(secret),
        "is_required": demand.is_required(),
    }
    return _page(request, "set_up", _("Set up a second factor"), shown, status=form.status)


@staff_page
def manage(request: HttpRequest, user: User) -> HttpResponse:
    """How it stands, and what can be done about it."""
    found = proof.state(request)
    if found != State.PROVEN:
        return gate.lead(State.SET_UP if found == State.FREE else found, request.get_full_path())
    shown = {"standing": keeping.standing(user), "few": FEW, "is_required": demand.is_required()}
    return _page(request, "manage", _("Your second factor"), shown)


@staff_page
def renew(request: HttpRequest, user: User) -> HttpResponse:
    """New recovery codes, for a fresh code."""
    words = {"label": _("Make new codes"), "text": _("The codes you have now stop working. Type a code of your app.")}

    def deed(code: str) -> HttpResponse:
        written = keeping.renew_codes(user=user, code=code, now=clock.now(), origin=_origin(request))
        return _written_down(request, user, written)

    return _for_a_code(request, _("New recovery codes"), words, deed)


@staff_page
def turn_off(request: HttpRequest, user: User) -> HttpResponse:
    """Off, for a fresh code; where it is required, on to setting up another."""
    if demand.is_required():
        title, label = _("Move to another app"), _("Go on")
        text = _("The app you use now stops working here, and you set up the new one next. Type a code of the old app.")
    else:
        title, label = _("Switch it off"), _("Switch it off")
        text = _("From then on your password alone opens the back office. Type a code of your app.")

    def deed(code: str) -> HttpResponse:
        now = clock.now()
        keeping.turn_off(user=user, code=code, now=now, origin=_origin(request))
        proof.keep(request, None, now)
        if demand.is_required():
            return redirect("second-factor:set-up")
        messages.success(request, _("Your second factor is off."))
        return redirect("admin:index")

    return _for_a_code(request, title, {"label": label, "text": text, "is_danger": not demand.is_required()}, deed)


@require_POST
@staff_page
def later(request: HttpRequest, user: User) -> HttpResponse:
    """The hint on the first page goes, until they sign in next."""
    del user
    request.session[proof.LATER] = True
    return redirect("admin:index")


def _for_a_code(
    request: HttpRequest, title: str, words: dict[str, Any], deed: Callable[[str], HttpResponse]
) -> HttpResponse:
    """A page that asks for a code and does the deed with it."""
    found = proof.state(request)
    if found != State.PROVEN:
        return gate.lead(State.SET_UP if found == State.FREE else found, reverse("second-factor:manage"))
    form = AppCode(request.POST or None)
    if form.is_valid():
        try:
            return deed(form.cleaned_data["code"])
        except LoyaltyError as refusal:
            form.refuse(refusal)
    return _page(request, "change", title, {"form": form, **words}, status=form.status)


def _begun(request: HttpRequest) -> str | None:
    """The secret that waits in the session for its first code; ``None`` where there is none that can be read."""
    try:
        return str(get_adapter().decrypt(request.session[SECRET])) if SECRET in request.session else None
    except Unreadable:
        return None


def _written_down(request: HttpRequest, user: User, written: list[str]) -> HttpResponse:
    """The recovery codes, shown this once: the answer to the form itself, kept nowhere."""
    title = _("Recovery codes of %(login)s") % {"login": user.username}
    text = "\n".join([title, "", *written, ""])
    shown = {"codes": "\n".join(written), "file": f"data:text/plain;charset=utf-8,{quote(text)}"}
    return _page(request, "codes", _("Keep these recovery codes"), shown)


def _sign_in_again(request: HttpRequest) -> HttpResponse:
    auth.logout(request)
    messages.info(request, _("To set up a second factor, please sign in once more first."))
    return redirect_to_login(reverse("second-factor:set-up"), reverse("admin:login"))


def _say_how_many(request: HttpRequest, left: int | None) -> None:
    if left is None:
        return
    told = ngettext(
        "That recovery code is used up; you have %(left)s more.",
        "That recovery code is used up; you have %(left)s more.",
        left,
    ) % {"left": left}
    if left <= FEW:
        told = f"{told} {_('Please make new ones soon, in your account menu.')}"
    messages.warning(request, told)


def _origin(request: HttpRequest) -> audit.Origin:
    return audit.Origin(addresses.network(request), str(request.META.get("REQUEST_ID", "")))


def _page(request: HttpRequest, name: str, title: str, shown: dict[str, Any], *, status: int = 200) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "sidebar_navigation": [],
        "title": title,
        "next": addresses.asked(request),
        **shown,
    }
    return TemplateResponse(request, f"admin/second_factor/{name}.html", context, status=status)
