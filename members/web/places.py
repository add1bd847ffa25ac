"""Where one is signed in: what every request leaves of it, and the pages where a member sees and ends it.

A request that uses no session costs nothing; one of a known sign-in writes at most every ten minutes.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import auth, messages
from django.contrib.auth import SESSION_KEY
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from loyalty import clock
from loyalty.errors import LoyaltyError
from loyalty.web import addresses
from members.entering import entrances, places
from members.entering.places import PlaceNotFound, Visit
from members.models import Member
from members.web.access import member_page, read_or_send
from members.web.joining_forms import PasswordForm

KEPT, COOKIE = "place", "device"
Handler = Callable[[HttpRequest], HttpResponse]


def note_places(get_response: Handler) -> Handler:
    """After the answer, so that a sign-in is noted by the request that made it."""

    def handle(request: HttpRequest) -> HttpResponse:
        answer = get_response(request)
        if request.session.accessed and SESSION_KEY in request.session:
            _settle(request, answer, clock.now())
        return answer

    return handle


def _settle(request: HttpRequest, answer: HttpResponse, now: datetime) -> None:
    user_id, key = int(request.session[SESSION_KEY]), request.session.session_key or ""
    kept: dict[str, Any] = request.session.get(KEPT) or {}
    is_known = kept.get("user") == user_id
    if is_known and kept["key"] == key and now < datetime.fromisoformat(kept["seen"]) + places.NOTED_EVERY:
        return
    if not is_known or not _touched(request, kept, key, now):
        kept = {"user": user_id, "ref": _entered(request, answer, user_id, key, now)}
    request.session[KEPT] = {**kept, "key": key, "seen": now.isoformat()}


def _touched(request: HttpRequest, kept: dict[str, Any], key: str, now: datetime) -> bool:
    """Logins without a membership have nothing to note."""
    return not kept["ref"] or places.touch(kept["ref"], _visit(request, key, ""), now=now)


def _entered(request: HttpRequest, answer: HttpResponse, user_id: int, key: str, now: datetime) -> int:
    mark = request.COOKIES.get(_cookie(), "")
    mark = mark if len(mark) == places.MARK_LENGTH else places.new_mark()
    ref = places.enter(user_id, _visit(request, key, mark), now=now)
    if ref:
        answer.set_cookie(
            _cookie(),
            mark,
            max_age=places.KNOWN_FOR,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
    return ref


def _visit(request: HttpRequest, key: str, mark: str) -> Visit:
    return Visit(key, mark, request.headers.get("User-Agent", ""), addresses.network(request))


def _cookie() -> str:
    return f"__Host-{COOKIE}" if settings.SESSION_COOKIE_SECURE else COOKIE


@sensitive_post_parameters("password")
@read_or_send
@member_page
def listing(request: HttpRequest, member: Member) -> HttpResponse:
    """Every device that is signed in; a POST signs out all but this one."""
    form = PasswordForm(request.POST if request.method == "POST" else None, member=member)
    if form.is_valid():
        try:
            renewed = entrances.close_others(member, password=form.cleaned_data.get("password", ""), now=clock.now())
        except LoyaltyError as refusal:
            form.refuse(refusal)
        else:
            auth.update_session_auth_hash(request, renewed)
            messages.success(request, _("Done. Only this device is still signed in."))
            return redirect("members:devices")
    user, now = member.user, clock.now()
    found = places.of(user, session_key=request.session.session_key or "", now=now) if user else []
    return render(request, "members/devices.html", {"form": form, "places": found}, status=form.status)


@sensitive_post_parameters("password")
@read_or_send
@member_page
def end(request: HttpRequest, member: Member, ref: int) -> HttpResponse:
    """Asks once more, with the password where there is one; only a POST signs out there."""
    key = request.session.session_key or ""
    form = PasswordForm(request.POST if request.method == "POST" else None, member=member)
    try:
        place = places.one(member.user, ref, session_key=key, now=clock.now())
    except PlaceNotFound:
        raise Http404 from None
    if form.is_valid():
        try:
            password = form.cleaned_data.get("password", "")
            places.end(member, ref, session_key=key, password=password, now=clock.now())
        except LoyaltyError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("Done. That device is signed out."))
            return redirect("members:devices")
    return render(request, "members/device_end.html", {"form": form, "place": place}, status=form.status)


PATHS = (
    path("me/devices/", listing, name="devices"),
    path("me/devices/<int:ref>/end/", end, name="device-end"),
)
