"""The gate before the back office: a password alone opens nothing behind it.

A middleware, so it holds for every address below the admin's, whoever wrote the view. Signing in and out and
the pages of the second factor itself stay open.
"""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from loyalty import clock
from loyalty.web.second_factor import proof
from loyalty.web.second_factor.proof import State

DRAFT = "second_factor_draft"
Handler = Callable[[HttpRequest], HttpResponse]
READING = {"GET", "HEAD"}


def require(get_response: Handler) -> Handler:
    """Leads staff who have not proven it to where they can, and back afterwards; scripts are refused."""

    def handle(request: HttpRequest) -> HttpResponse:
        return _turned_away(request) or get_response(request)

    return handle


def _turned_away(request: HttpRequest) -> HttpResponse | None:
    if not request.path.startswith(reverse("admin:index")) or _is_open(request.path):
        return None
    user = request.user
    if not (user.is_authenticated and user.is_staff):
        return None
    found = proof.state(request)
    if found in {State.PROVEN, State.FREE}:
        return None
    if request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate":
        raise PermissionDenied
    return lead(found, request.get_full_path() if request.method in READING else "")


def _is_open(path: str) -> bool:
    return path in {reverse("admin:login"), reverse("admin:logout")} or path.startswith(reverse("second-factor:manage"))


def lead(state: State, onward: str) -> HttpResponseRedirect:
    """To the page that fits, which leads on to ``onward``."""
    page = reverse("second-factor:set-up" if state == State.SET_UP else "second-factor:enter")
    return HttpResponseRedirect(f"{page}?{urlencode({'next': onward})}" if onward else page)


def again(request: HttpRequest) -> HttpResponse | None:
    """``None`` where the factor was proven within ten minutes; else the way to prove it and come back.

    What was typed into the page waits in the session: see :func:`draft`.
    """
    if proof.is_fresh(request, clock.now()):
        return None
    if request.method == "POST":
        typed = {name: value for name, value in request.POST.items() if name != "csrfmiddlewaretoken"}
        request.session[DRAFT] = {"path": request.path, "typed": typed}
    messages.info(
        request, _("Before you go on, please show once more that it is you. You come back to your page at once.")
    )
    return lead(State.ASK, request.get_full_path())


def draft(request: HttpRequest) -> Mapping[str, Any]:
    """What was typed into this page before the code was asked for; given once."""
    kept = request.session.get(DRAFT)
    if not kept or kept["path"] != request.path:
        return {}
    del request.session[DRAFT]
    typed: dict[str, Any] = kept["typed"]
    return typed
