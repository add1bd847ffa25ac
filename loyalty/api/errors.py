"""The one form in which the API says no: ``{"error": {...}}``, whatever went wrong and wherever.

``handle`` is the framework's exception handler; ``unknown_path`` answers every other address under
``/api/``. The sentence is the refusal's own, so a form and the API read alike. A fault of ours is
logged with its request id and told without a trace.
"""

import logging
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, JsonResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response

from loyalty.errors import InvalidInput, LoyaltyError, NotFound

logger = logging.getLogger(__name__)
RETRY_SECONDS = 5
CODES_PAGE = "/api/docs/errors/"
CHALLENGE = 'Api-Key realm="api"'


class UnknownPath(NotFound):
    code = "unknown_path"
    sentence = _("There is nothing at this address. Please check it against the reference.")


class MethodNotAllowed(InvalidInput):
    code = "method_not_allowed"
    sentence = _("This address does not take %(method)s.")
    status = 405


class UnsupportedMediaType(InvalidInput):
    code = "unsupported_media_type"
    sentence = _("Send JSON, with the header “Content-Type: application/json”.")
    status = 415


class NotAcceptable(InvalidInput):
    code = "not_acceptable"
    sentence = _("We answer in JSON. Please accept application/json.")
    status = 406


class BodyTooLarge(InvalidInput):
    code = "body_too_large"
    sentence = _("This is more than we take at once (%(maximum)s bytes). Please send less, or several batches.")
    status = 413


class NotAllowed(LoyaltyError):
    code = "not_allowed"
    sentence = _("This key may not do that.")
    status = 403
    kind = "permission"


class Unavailable(LoyaltyError):
    code = "unavailable"
    sentence = _("We cannot answer just now. Please try again in %(retry_after)s seconds, with the same key.")
    status = 503
    kind = "api_error"


class OurFault(LoyaltyError):
    code = "internal_error"
    sentence = _("Something went wrong on our side. Please try again, or tell us the request id.")
    status = 500
    kind = "api_error"


def describe(refusal: LoyaltyError, request_id: str) -> dict[str, Any]:
    """The body of a refusal; ``details`` names every fault where there are several."""
    found = getattr(refusal, "details", None) or [refusal]
    return {
        "error": {
            "type": refusal.kind,
            "code": refusal.code,
            "message": refusal.message,
            "param": refusal.param,
            "request_id": request_id,
            "doc_url": f"{CODES_PAGE}#{refusal.code}",
            "details": [{"param": one.param, "code": one.code, "message": one.message} for one in found],
        }
    }


def headers(refusal: LoyaltyError) -> dict[str, str]:
    """``Retry-After`` where the refusal knows when to come back."""
    wait = refusal.numbers.get("retry_after")
    return {} if wait is None else {"Retry-After": str(wait)}


KNOWN: tuple[tuple[tuple[type[BaseException], ...], type[LoyaltyError], dict[str, Any]], ...] = (
    ((Http404, exceptions.NotFound), NotFound, {}),
    ((exceptions.UnsupportedMediaType,), UnsupportedMediaType, {}),
    ((exceptions.NotAcceptable,), NotAcceptable, {}),
    ((PermissionDenied, exceptions.PermissionDenied), NotAllowed, {}),
    ((RequestDataTooBig,), BodyTooLarge, {"maximum": settings.DATA_UPLOAD_MAX_MEMORY_SIZE}),
    ((OperationalError, InterfaceError), Unavailable, {"retry_after": RETRY_SECONDS}),
)


def translate(exc: BaseException, method: str = "") -> LoyaltyError:
    """Any exception as a refusal of ours; what nobody foresaw is our fault."""
    if isinstance(exc, LoyaltyError):
        return exc
    if isinstance(exc, exceptions.MethodNotAllowed):
        return MethodNotAllowed(method=method)
    for types, refusal, numbers in KNOWN:
        if isinstance(exc, types):
            return refusal(**numbers)
    return OurFault()


def handle(exc: Exception, context: Mapping[str, Any]) -> Response:
    """The framework's exception handler: every exception has its answer, none shows a trace."""
    request: Request = context["request"]
    refusal = translate(exc, str(request.method))
    if refusal.status >= 500:
        logger.error("request %s failed", request_id(request), exc_info=exc)
    answer = Response(describe(refusal, request_id(request)), status=refusal.status, headers=headers(refusal))
    if refusal.status == 401:
        answer.headers["WWW-Authenticate"] = CHALLENGE
    return answer


def request_id(request: Request | HttpRequest) -> str:
    """The id this request goes by, as its answer's ``X-Request-ID`` says."""
    return str(request.META.get("REQUEST_ID", ""))


def plain(request: HttpRequest, refusal: LoyaltyError) -> JsonResponse:
    """The same answer outside the framework's views."""
    return JsonResponse(describe(refusal, request_id(request)), status=refusal.status, headers=headers(refusal))


@csrf_exempt
def unknown_path(request: HttpRequest) -> JsonResponse:
    """The answer at every address under ``/api/`` that has nothing else."""
    return plain(request, UnknownPath())
