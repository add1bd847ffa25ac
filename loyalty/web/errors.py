"""Answers to requests that could not be served. Django's own handlers render 400, 403, 404 and 500."""

from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that waited too long: leads back to the page it stood on, where it can be sent again."""
    came_from = urlsplit(request.headers.get("Referer", ""))
    back = came_from.path if came_from.netloc == request.get_host() else ""
    return render(request, "403_csrf.html", {"back": back}, status=403)
