"""Who may see a member's pages: the member, signed in, while the membership lasts.

A child for whom nobody has agreed sees only ``open_page``: what asks for a guardian, and their rights.
"""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Concatenate, ParamSpec
from urllib.parse import urlsplit

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from loyalty import clock, programme
from loyalty.models import Account
from members.entering import ages, guardians
from members.models import Member

P = ParamSpec("P")
MemberView = Callable[Concatenate[HttpRequest, Member, P], HttpResponseBase]
View = Callable[..., HttpResponseBase]
read_or_send = require_http_methods(["GET", "HEAD", "POST"])


def member_of(request: HttpRequest) -> Member | None:
    """The member whose login this is, account and tier at hand; ``None`` for visitors and staff."""
    if not request.user.is_authenticated:
        return None
    return Member.objects.select_related("account", "tier", "user").filter(user=request.user.pk).first()


def member_page(view: MemberView[P]) -> View:
    """Hands the member to the view; the page is never stored. Closed memberships see only that.

    Staff who are no members are led to their own house, children without a guardian's agreement to its page.
    """
    return _page(view, is_open=False)


def open_page(view: MemberView[P]) -> View:
    """Likewise, open to children without a guardian's agreement too."""
    return _page(view, is_open=True)


def _page(view: MemberView[P], *, is_open: bool) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(_back_to(request))
        member = member_of(request)
        if member is None:
            if request.user.is_staff:
                return redirect("admin:index")
            raise PermissionDenied
        if member.account.status == Account.Status.CLOSED:
            return render(request, "members/closed.html", {"nav": []}, status=403)
        if not is_open and _waits(member, clock.now()):
            return redirect("members:guardian")
        return view(request, member, *args, **kwargs)

    page: View = never_cache(guarded)
    return page


def _back_to(request: HttpRequest) -> str:
    """Where one goes on after signing in: this page, or for what was being sent the page it was sent from."""
    if request.method in {"GET", "HEAD"}:
        return request.get_full_path()
    sent_from = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(sent_from, {request.get_host()}, require_https=request.is_secure()):
        return resolve_url("members:home")
    parts = urlsplit(sent_from)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _waits(member: Member, now: datetime) -> bool:
    """Whether a guardian has to agree first. The programme's day is asked for only about who may be a child."""
    if member.birthday is None or now.year - member.birthday.year > ages.CHILD_UNTIL + 1:
        return False
    return guardians.is_missing(member, programme.day_of(now))
