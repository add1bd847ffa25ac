"""What every endpoint of the partner API does: who, how often, once only, and a line in the log.

A view's body parses, makes one operation call and renders. Its ``scopes`` name the scope each
method needs; a POST goes through :meth:`PartnerView.once`.
"""

import time
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any, ClassVar, cast

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from loyalty import calls, clock, faults, idempotency, limits
from loyalty.api import errors
from loyalty.api.authentication import PartnerPrincipal
from loyalty.api.parsing import BodyRequired, canonical
from loyalty.errors import LoyaltyError
from loyalty.idempotency import Answer
from loyalty.models import Partner


class PartnerView(APIView):
    """Base of the endpoints; ``partner`` and ``now`` are set before the method runs."""

    http_method_names = ["get", "head", "post"]
    scopes: ClassVar[dict[str, str]] = {}
    partner: Partner
    now: datetime
    _started: float

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.now = clock.now()
        self._started = time.monotonic()
        super().initial(request, *args, **kwargs)
        self.partner = cast("PartnerPrincipal", request.user).partner
        bucket = f"api:{self.partner.pk}"
        limits.hit(bucket=bucket, limit=self.partner.rate_per_minute, per_seconds=60, now=self.now)

    def body(self, request: Request) -> dict[str, Any]:
        """The one JSON object of the body."""
        if str(request.META.get("CONTENT_LENGTH") or "0") == "0":
            raise BodyRequired
        return dict(request.data)

    def query(self, request: Request, known: Collection[str]) -> dict[str, str]:
        """The query string as a mapping; unknown and repeated names are refused."""
        for name, values in request.query_params.lists():
            if name not in known:
                raise faults.UnknownField(param=name[:80])
            if len(values) > 1:
                raise faults.OneOf(param=name, first=f"{name}={values[0]}", second=f"{name}={values[1]}")
        return request.query_params.dict()

    def once(self, request: Request, deed: Callable[[dict[str, Any]], Answer]) -> Response:
        """Answers a POST: the deed is done once for its ``Idempotency-Key``."""
        key = idempotency.read_key(request.headers.get("Idempotency-Key"))
        data = self.body(request)
        answer = idempotency.once(
            partner_id=self.partner.pk,
            key=key,
            print_=idempotency.fingerprint(str(request.method), request.get_full_path(), canonical(data)),
            now=self.now,
            deed=lambda: self._judged(request, data, deed),
        )
        replayed = {"Idempotency-Replayed": "true"} if answer.replayed else {}
        return Response(answer.body, status=answer.status, headers=replayed)

    def _judged(self, request: Request, data: dict[str, Any], deed: Callable[[dict[str, Any]], Answer]) -> Answer:
        try:
            return deed(data)
        except LoyaltyError as refusal:
            if refusal.status in idempotency.FORGOTTEN or refusal.status >= 500:
                raise
            return Answer(refusal.status, errors.describe(refusal, errors.request_id(request)))

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        answer = super().finalize_response(request, response, *args, **kwargs)
        answer.headers["Cache-Control"] = "no-store"
        if hasattr(self, "partner"):
            answer.add_post_render_callback(lambda rendered: self._note(request, rendered))
        return answer

    def _note(self, request: Request, rendered: HttpResponse) -> None:
        context = request.parser_context or {}
        calls.note(
            partner_id=self.partner.pk,
            request_id=errors.request_id(request),
            method=str(request.method),
            path=request.get_full_path(),
            status=rendered.status_code,
            body=context.get("told", b""),
            answer=rendered.content,
            took_ms=int((time.monotonic() - self._started) * 1000),
            now=self.now,
        )
