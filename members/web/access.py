"""Who may see a member's pages: the member, signed in, while the membership lasts."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from loyalty.models import Account
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

    Staff who are no members are led to their own house.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        member = member_of(request)
        if member is None:
            if request.user.is_staff:
                return redirect("admin:index")
            raise PermissionDenied
        if member.account.status == Account.Status.CLOSED:
            return render(request, "members/closed.html", {"nav": []}, status=403)
        return view(request, member, *args, **kwargs)

    page: View = never_cache(login_required(guarded))
    return page
