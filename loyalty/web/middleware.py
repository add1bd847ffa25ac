"""What every answer carries (a request id, a content security policy), and how a page reads the configuration."""

import re
from collections.abc import Callable, Mapping

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from loyalty import configuration, ids

_GIVEN = re.compile(r"^[A-Za-z0-9._-]{8,40}$")
Handler = Callable[[HttpRequest], HttpResponse]


def request_id(get_response: Handler) -> Handler:
    """Takes the caller's ``X-Request-ID`` where it is sane, else makes one; answers with it."""

    def handle(request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request.META["REQUEST_ID"] = given if _GIVEN.match(given) else ids.uuid7().hex
        response = get_response(request)
        response.headers["X-Request-ID"] = request.META["REQUEST_ID"]
        return response

    return handle


def _policy(path: str, policies: Mapping[str, Mapping[str, str]]) -> str:
    prefix = max((prefix for prefix in policies if path.startswith(prefix)), key=len)
    return "; ".join(f"{directive} {sources}" for directive, sources in policies[prefix].items())


def content_security_policy(get_response: Handler) -> Handler:
    """Adds the policy of ``SECURE_CSP`` whose path prefix is the longest that fits.

    No other site embeds what is served here, but for the brand's pictures, which letters show.
    """

    def handle(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", _policy(request.path, settings.SECURE_CSP))
        sharing = "cross-origin" if request.path.startswith("/media/") else "same-origin"
        response.headers.setdefault("Cross-Origin-Resource-Policy", sharing)
        return response

    return handle


def one_configuration(get_response: Handler) -> Handler:
    """A page that is only looked at reads rules, policies and the programme once, and not at all while they stand."""

    def handle(request: HttpRequest) -> HttpResponse:
        if request.method not in {"GET", "HEAD"}:
            return get_response(request)
        with configuration.browsing():
            return get_response(request)

    return handle
