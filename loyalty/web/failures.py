"""The last answer: what nobody caught. A database that is away is "try again shortly", all else our fault.

Callers of the API get it as JSON like every other refusal, people as a page that stands alone. Errors
of middleware end here too, such as a session that cannot be read.
"""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template import loader

from loyalty.api import errors

ALONE, AWAY = "500.html", "web/maintenance.html"


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's ``handler500``; it is called while the exception is being handled."""
    failure = sys.exception()
    if request.path.startswith("/api/"):
        return errors.plain(request, errors.translate(failure or RuntimeError()))
    if isinstance(failure, OperationalError | InterfaceError):
        wait = {"Retry-After": str(errors.RETRY_SECONDS)}
        return HttpResponse(loader.get_template(AWAY).render(), status=503, headers=wait)
    return HttpResponse(loader.get_template(ALONE).render(), status=500)
