"""Off to WeChat and back, and what of it a member may undo. Without keys none of it is there."""

from collections.abc import Callable
from functools import wraps

from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST, require_safe

from loyalty.errors import LoyaltyError
from loyalty.web import addresses
from members.entering import wechat
from members.models import Member
from members.web import arriving, oauth
from members.web.access import member_page

View = Callable[[HttpRequest], HttpResponse]


def is_on() -> bool:
    """Whether the brand has keys of WeChat's."""
    return all(settings.WEIXIN_APP)


def with_keys(view: View) -> View:
    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if not is_on():
            raise Http404
        return view(request)

    return guarded


@never_cache
@require_GET
@with_keys
def leave(request: HttpRequest) -> HttpResponse:
    """To WeChat; who is signed in ties it to their membership. What comes back must bear this session's state."""
    provider = oauth.Doorway(request).get_provider(request, wechat.PROVIDER)
    data = {"user": request.user.pk} if request.user.is_authenticated else None
    answer: HttpResponse = provider.redirect(
        request, process="login", next_url=addresses.asked(request) or None, data=data
    )
    return answer


@never_cache
@require_GET
@with_keys
def come_back(request: HttpRequest) -> HttpResponse:
    answer: HttpResponse = OAuth2CallbackView.adapter_view(oauth.Road)(request)
    return answer


@require_safe
@member_page
def ways_in(request: HttpRequest, member: Member) -> HttpResponse:
    """The ways in that this member has."""
    user = member.user
    context = {
        "has_password": user is not None and user.has_usable_password(),
        "has_wechat": user is not None and wechat.is_tied(user),
        "offers_wechat": is_on(),
    }
    return render(request, "members/entrances.html", context)


@require_POST
@member_page
def disconnect(request: HttpRequest, member: Member) -> HttpResponse:
    try:
        wechat.untie(member)
    except LoyaltyError as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("WeChat is disconnected."))
    return redirect("members:entrances")


@require_POST
def forget_arrival(request: HttpRequest) -> HttpResponse:
    """Who came from WeChat would rather join without it."""
    request.session.pop(arriving.KEPT, None)
    return redirect("members:join")
