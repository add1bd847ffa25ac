"""A till for the tests: a partner's key and a client that speaks to the API as a till would."""

import json
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from loyalty import clock, rules
from loyalty.models import Rule
from tests import cast

_keys = count(1)


class Till:
    """Calls of one key. ``post`` sends a fresh Idempotency-Key unless one is given."""

    def __init__(self, code: str = "till", *scopes: str, key: str = "") -> None:
        self.partner = cast.partner(code)
        self.key = key or cast.key(*scopes, code=code)
        self.client = Client(raise_request_exception=False)

    def post(self, path: str, body: Any = None, *, key: str | None = "fresh", **extra: Any) -> Any:
        headers = {"Authorization": f"Api-Key {self.key}", "Accept-Language": "en", **extra.pop("headers", {})}
        if key is not None:
            headers["Idempotency-Key"] = f"key-{next(_keys)}" if key == "fresh" else key
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        kind = extra.pop("content_type", "application/json")
        return self.client.generic("POST", f"/api/v1{path}", data, kind, headers=headers, **extra)

    def get(self, path: str, query: dict[str, Any] | None = None, **headers: str) -> Any:
        told = {"Authorization": f"Api-Key {self.key}", "Accept-Language": "en", **headers}
        return self.client.get(f"/api/v1{path}", query or {}, headers=told)

    def delete(self, path: str) -> Any:
        headers = {"Authorization": f"Api-Key {self.key}", "Accept-Language": "en"}
        return self.client.delete(f"/api/v1{path}", headers=headers)


def told(answer: Any) -> Any:
    """The body as JSON."""
    return json.loads(answer.content)


def code(answer: Any) -> tuple[int, str]:
    """Status and error code."""
    return answer.status_code, told(answer)["error"]["code"]


def api_schema() -> dict[str, Any]:
    """The OpenAPI schema as it is served."""
    generator: Any = SchemaGenerator  # the library is half typed
    made: dict[str, Any] = generator().get_schema(request=None, public=True)
    return made


def moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def order(order_id: str = "A-1", amount: str = "100.00", *, at: datetime | None = None, **data: Any) -> dict[str, Any]:
    """A paid order of this very hour, unless ``at`` says otherwise."""
    when = at or clock.now() - timedelta(minutes=5)
    told_data = {"order_id": order_id, "currency": "CNY", "amount": amount, **data}
    return {"kind": "order.paid", "occurred_at": moment(when), "data": told_data}


def a_point_per_yuan() -> Rule:
    """The plainest rule, in force for years."""
    made = Rule.objects.create(
        code="per-yuan",
        name_zh="每元一分",
        name_en="1 point per yuan",
        kind="order.paid",
        effects=[{"effect": "points.rate", "currency": "points", "points": 1, "per_minor": 100}],
    )
    rules.publish(made, by=None, now=cast.NOW - timedelta(days=3650))
    return made
