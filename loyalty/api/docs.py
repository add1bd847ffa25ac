"""The reference as pages: the OpenAPI schema, an interactive reader of it, and every error code.

All of it is served from here: no foreign script, font or request.
"""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from loyalty.errors import LoyaltyError

schema = SpectacularAPIView.as_view()
interactive = SpectacularSwaggerSplitView.as_view(url_name="api-schema")


def _family(cls: type[LoyaltyError]) -> Iterator[type[LoyaltyError]]:
    for child in cls.__subclasses__():
        yield child
        yield from _family(child)


def known() -> list[dict[str, Any]]:
    """Every refusal the portal knows, by code: status, type and sentence."""
    by_code = {cls.code: cls for cls in _family(LoyaltyError)}
    return [
        {"code": code, "status": cls.status, "type": cls.kind, "sentence": _plain(str(cls.sentence))}
        for code, cls in sorted(by_code.items())
    ]


def _plain(sentence: str) -> str:
    """The sentence with its figures as dots, since there are none here."""
    parts = sentence.split("%(")
    return parts[0] + "".join("…" + part.partition(")s")[2] for part in parts[1:])


def error_codes(request: HttpRequest) -> HttpResponse:
    """The page that ``doc_url`` points at, one anchor a code."""
    return render(request, "loyalty/api_errors.html", {"refusals": known()})
