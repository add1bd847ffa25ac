"""How long one stays signed in: staff 30 minutes idle and 12 hours in all, members 30 days idle and 180 in all.

What is counted stands in the session itself, under the house's clock; it is written at most once a minute
for staff and once a day for members. Visits without a session cost nothing.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib import auth, messages
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from loyalty import clock

KEPT = "stay"
Handler = Callable[[HttpRequest], HttpResponse]


class Stay(NamedTuple):
    """``idle`` and ``whole`` end it; ``step`` is how exactly the last visit is noted."""

    idle: timedelta
    whole: timedelta
    step: timedelta


STAFF = Stay(timedelta(minutes=30), timedelta(hours=12), timedelta(minutes=1))
MEMBER = Stay(timedelta(days=30), timedelta(days=180), timedelta(days=1))


def end_stays(get_response: Handler) -> Handler:
    """Signs out whose time is over, before anything else looks at the request; all that is typed is lost by then."""

    def handle(request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME in request.COOKIES and SESSION_KEY in request.session:
            _settle(request, clock.now())
        return get_response(request)

    return handle


def began(request: HttpRequest) -> datetime | None:
    """When whoever is signed in typed their password; ``None`` before the stay is noted."""
    kept: dict[str, Any] = request.session.get(KEPT) or {}
    return datetime.fromisoformat(kept["began"]) if kept.get("user") == request.session.get(SESSION_KEY) else None


def _settle(request: HttpRequest, now: datetime) -> None:
    kept: dict[str, Any] = request.session.get(KEPT) or {}
    if kept.get("user") != request.session[SESSION_KEY]:
        _note(request, began=now, now=now)
        return
    stay = STAFF if kept["is_staff"] else MEMBER
    began, seen = (datetime.fromisoformat(kept[name]) for name in ("began", "seen"))
    if now >= began + stay.whole or now >= seen + stay.idle:
        auth.logout(request)
        messages.info(request, _("To keep your account safe you were signed out. Please sign in again."))
    elif now >= seen + stay.step:
        _note(request, began=began, now=now)


def _note(request: HttpRequest, *, began: datetime, now: datetime) -> None:
    request.session[KEPT] = {
        "user": request.session[SESSION_KEY],
        "is_staff": bool(getattr(request.user, "is_staff", False)),
        "began": began.isoformat(),
        "seen": now.isoformat(),
    }
