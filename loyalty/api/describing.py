"""Words to describe endpoints with: answer schemas, shared headers, and every way to be refused."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from django.utils.translation import override
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.fields import empty

from loyalty.api.authentication import (
    AmbiguousCredentials,
    KeyExpired,
    KeyRevoked,
    PartnerPaused,
    ScopeMissing,
    Unauthenticated,
    UnknownKey,
)
from loyalty.api.errors import (
    BodyTooLarge,
    MethodNotAllowed,
    NotAcceptable,
    OurFault,
    Unavailable,
    UnsupportedMediaType,
    describe,
)
from loyalty.errors import LoyaltyError
from loyalty.faults import UnknownField

Schema = dict[str, Any]
F = TypeVar("F", bound=Callable[..., Any])

TEXT: Schema = {"type": "string"}
INTEGER: Schema = {"type": "integer", "format": "int64"}
BOOLEAN: Schema = {"type": "boolean"}
MOMENT: Schema = {"type": "string", "format": "date-time"}
DAY: Schema = {"type": "string", "format": "date"}
IDENTIFIER: Schema = {"type": "string", "format": "uuid"}
ANYTHING: Schema = {"type": "object", "additionalProperties": True}
COMPONENTS: dict[str, Schema] = {}
EXAMPLE_REQUEST = "019a7c3e5b5a7c3e9d1f4a6b8c0d2e4f"


class PartnerKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # the library is half typed
    """How the reference names our authentication."""

    target_class = "loyalty.api.authentication.PartnerKeyAuthentication"
    name = "partnerKey"

    def get_security_definition(self, auto_schema: Any) -> Schema:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "Your key. `Authorization: Api-Key …` works as well.",
        }


def record(**fields: Schema) -> Schema:
    """An object that always has exactly these fields."""
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


def maybe(schema: Schema) -> Schema:
    """The same, or ``null``."""
    return schema | {"nullable": True}


def listed(schema: Schema) -> Schema:
    return {"type": "array", "items": schema}


def word(*choices: str) -> Schema:
    return {"type": "string", "enum": list(choices)}


FAULT = record(param=maybe(TEXT), code=TEXT, message=TEXT)
ERROR = record(
    type=word(
        "invalid_request",
        "authentication",
        "permission",
        "not_found",
        "conflict",
        "idempotency",
        "rate_limit",
        "business_rule",
        "api_error",
    ),
    code=TEXT,
    message=TEXT,
    param=maybe(TEXT),
    request_id=TEXT,
    doc_url=TEXT,
    details=listed(FAULT),
)
PROBLEM = record(error=ERROR)

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    OpenApiParameter.HEADER,
    required=True,
    description="A fresh value for each deed, such as a UUID. The same key and body get the first answer again.",
    examples=[OpenApiExample("UUID", "5a0f2d3e-7c1b-4f57-9a55-0c2f9c1f2a10")],
)
REPLAYED = OpenApiParameter(
    "Idempotency-Replayed",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    response=[200, 201, 202],
    description="`true` where the answer was given before.",
)


class _Limited(LoyaltyError):
    code = "too_many_tries"
    sentence = "That was a little too often. Please try again in %(retry_after)s seconds."
    status = 429
    kind = "rate_limit"


ALWAYS: tuple[LoyaltyError, ...] = (
    AmbiguousCredentials(),
    Unauthenticated(),
    UnknownKey(),
    KeyExpired(),
    KeyRevoked(),
    ScopeMissing(scope="events:write"),
    PartnerPaused(),
    MethodNotAllowed(method="PUT"),
    NotAcceptable(),
    _Limited(retry_after=12),
    OurFault(),
    Unavailable(retry_after=5),
)
WITH_BODY: tuple[LoyaltyError, ...] = (BodyTooLarge(maximum=2097152), UnsupportedMediaType())
_TITLES = {
    400: "The request cannot be read",
    401: "No valid key",
    403: "The key may not do this",
    404: "Not found",
    405: "Method not allowed",
    406: "We answer in JSON",
    409: "It conflicts with what was done before",
    410: "Gone",
    413: "Too large",
    415: "Not JSON",
    422: "A rule of the programme says no",
    423: "The membership is suspended, or its points are being checked",
    429: "Too many calls",
    500: "Our fault",
    503: "Try again shortly",
}


def problems(*refusals: LoyaltyError, body: bool = False) -> dict[int, OpenApiResponse]:
    """Every refusal an endpoint may answer with, by status, each with its example."""
    found: dict[int, list[LoyaltyError]] = {}
    for refusal in (*refusals, *ALWAYS, *(WITH_BODY if body else ())):
        found.setdefault(refusal.status, []).append(refusal)
    return {status: _problem(status, found[status]) for status in sorted(found)}


def _problem(status: int, refusals: Sequence[LoyaltyError]) -> OpenApiResponse:
    with override("en"):
        examples = [example(refusal.code, describe(refusal, EXAMPLE_REQUEST), status) for refusal in refusals]
    codes = ", ".join(f"`{refusal.code}`" for refusal in refusals)
    return OpenApiResponse(PROBLEM, f"{_TITLES[status]}: {codes}", examples)


def example(name: str, value: Mapping[str, Any] | str, status: int | None = None) -> OpenApiExample:
    """An example of a body, or of the answer with ``status``."""
    if status is None:
        return OpenApiExample(name, value, request_only=True)
    return OpenApiExample(name, value, response_only=True, status_codes=[str(status)])


def answer(schema: Schema, text: str, name: str, value: Any, status: int = 200) -> tuple[int, OpenApiResponse]:
    """One way to be answered, with its example."""
    return status, OpenApiResponse(schema, text, [example(name, value, status)])


def endpoint(
    operation_id: str,
    *,
    tag: str,
    summary: str,
    text: str,
    answers: Iterable[tuple[int, OpenApiResponse]],
    refusals: Iterable[LoyaltyError] = (),
    parameters: Iterable[OpenApiParameter] = (),
    body: Schema | None = None,
    samples: Iterable[OpenApiExample] = (),
    once: bool = True,
    stray: str = "verbose",
) -> Callable[[F], F]:
    """All the reference says of an endpoint. What takes a ``body`` takes an idempotency key too, unless not ``once``.

    What takes none refuses a word in its query that it does not know; ``stray`` is the one its example has.
    """
    known: list[OpenApiParameter] = [*parameters]
    if body is None:
        refused = problems(UnknownField(param=stray), *refusals)
    else:
        refused = problems(*refusals, body=True)
        known += [IDEMPOTENCY_KEY, REPLAYED] if once else []
    return extend_schema(
        operation_id=operation_id,
        tags=[tag],
        summary=summary,
        description=text,
        parameters=known,
        request={"application/json": body} if body is not None else empty,
        responses={**dict(answers), **refused},
        examples=list(samples),
    )


def named(**schemas: Schema) -> None:
    """Schemas that the reference shows once, by name, and points to wherever they are used."""
    COMPONENTS.update(schemas)


def point_to_components(result: Schema, **_kwargs: Any) -> Schema:
    """Post-processing of the schema: a part that equals a named one becomes a pointer to it."""
    names = {_text(schema): name for name, schema in COMPONENTS.items()}
    result["paths"] = _pointed(result["paths"], names)
    shelf = result.setdefault("components", {}).setdefault("schemas", {})
    for name, schema in COMPONENTS.items():
        shelf[name] = {key: _pointed(part, names) for key, part in schema.items()}
    result["components"]["schemas"] = dict(sorted(shelf.items()))
    return result


def _text(part: Any) -> str:
    return json.dumps(part, sort_keys=True, default=str)


def _pointed(part: Any, names: Mapping[str, str]) -> Any:
    if isinstance(part, list):
        return [_pointed(one, names) for one in part]
    if not isinstance(part, dict):
        return part
    name = names.get(_text(part)) if "type" in part or "oneOf" in part else None
    if name is not None:
        return {"$ref": f"#/components/schemas/{name}"}
    return {key: _pointed(one, names) for key, one in part.items()}


named(Problem=PROBLEM, Error=ERROR, Fault=FAULT)
