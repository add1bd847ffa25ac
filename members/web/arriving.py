"""Coming from WeChat: letting in who is known, asking who is new to join, saying so where it did not work."""

import logging
from enum import StrEnum
from typing import Any

from django.contrib import auth, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from loyalty import clock
from loyalty.errors import LoyaltyError
from loyalty.models import User
from loyalty.web import preferences
from members.entering import logins, wechat
from members.entering.wechat import Identity
from members.models import Member
from members.web import proving, signing

logger = logging.getLogger(__name__)
KEPT = proving.WECHAT


class Failure(StrEnum):
    """What went wrong on the way."""

    DOWN = "down"
    REFUSED = "refused"
    STALE = "stale"
    BARRED = "barred"


_TOLD = {
    Failure.DOWN: (503, gettext_lazy("WeChat does not answer at the moment. Please try again in a minute.")),
    Failure.REFUSED: (200, gettext_lazy("You did not let us know who you are at WeChat, and that is fine.")),
    Failure.STALE: (400, gettext_lazy("That took a little long, or came from another window. Please start once more.")),
    Failure.BARRED: (403, gettext_lazy("WeChat cannot open this account. Please take the other way in.")),
}


def failed(request: HttpRequest, failure: Failure, cause: Exception | None = None) -> HttpResponse:
    """A page that says what to do next; the cause is for the log alone, without what WeChat said."""
    if cause is not None:
        logger.warning("WeChat sign-in failed: %s", type(cause).__name__)
    status, sentence = _TOLD[failure]
    return render(request, "members/wechat_failed.html", {"sentence": sentence}, status=status)


def arrived(request: HttpRequest, identity: Identity, state: dict[str, Any]) -> HttpResponse:
    """Ties it to who is signed in and asked for it; else signs in who is known, and lets others join."""
    try:
        signing.count_arrival(request, clock.now())
    except LoyaltyError as refusal:
        messages.error(request, refusal.message)
        return redirect("members:sign-in")
    asked_by = (state.get("data") or {}).get("user")
    if asked_by is not None or request.user.is_authenticated:
        return _tied(request, identity, asked_by)
    user = wechat.holder(identity)
    if user is None:
        request.session[KEPT] = {"identity": identity.kept(), "next": _ours(request, state)}
        return redirect("members:join")
    return _let_in(request, user, _ours(request, state))


def _ours(request: HttpRequest, state: dict[str, Any]) -> str:
    wanted = str(state.get("next") or "")
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if is_ours else ""


def _tied(request: HttpRequest, identity: Identity, asked_by: int | None) -> HttpResponse:
    if asked_by is None or request.user.pk != asked_by:
        return failed(request, Failure.STALE)
    try:
        wechat.tie(User.objects.get(pk=asked_by), identity)
    except LoyaltyError as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("WeChat is connected. Next time, one tap lets you in."))
    return redirect("members:entrances")


def _let_in(request: HttpRequest, user: User, onward: str) -> HttpResponse:
    """Never staff, nor who left or was disabled."""
    member = Member.objects.select_related("user").filter(user=user).first()
    if member is None or not logins.may_use_codes(member):
        return failed(request, Failure.BARRED)
    auth.login(request, user, backend=proving.BACKEND)
    answer = redirect(onward or "members:home")
    preferences.speak(answer, user)
    return answer


def waiting(request: HttpRequest) -> Identity | None:
    """Who came from WeChat and has not joined yet."""
    kept = request.session.get(KEPT)
    return Identity.read(kept["identity"]) if kept else None


def onward(request: HttpRequest) -> str:
    """Where they wanted to go, if anywhere."""
    kept = request.session.get(KEPT) or {}
    return str(kept.get("next", ""))
