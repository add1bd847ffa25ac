"""Ending a kind of message from a link in it, without signing in (RFC 8058)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from loyalty import clock
from loyalty.messaging import preferences
from loyalty.messaging.preferences import BadToken
from loyalty.models.messages import Channel, Purpose


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """A mailbox posts and is done; people, and programs that open every link, are asked first.

    The token is the permission, so no cookie counts and none is asked for.
    """
    try:
        _account, purpose, channel = preferences.read(token)
        if request.method == "POST":
            preferences.unsubscribe(token, now=clock.now())
    except BadToken as refusal:
        return render(request, "web/unsubscribe.html", {"refusal": refusal.message}, status=refusal.status)
    told = {"purpose": Purpose(purpose).label, "channel": Channel(channel).label, "done": request.method == "POST"}
    return render(request, "web/unsubscribe.html", told)
