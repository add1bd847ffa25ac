"""Generated calls over the whole schema: never a fault of ours, never an undocumented answer."""

from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from loyalty.models import Currency, Partner
from tests import cast
from tests.tills import Till, a_point_per_yuan, api_schema, order, told

CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)
OPERATIONS = (
    ("/api/v1/adjustments", "POST"),
    ("/api/v1/adjustments/{adjustment_id}", "GET"),
    ("/api/v1/benefits/use", "POST"),
    ("/api/v1/benefits/verify", "POST"),
    ("/api/v1/events", "POST"),
    ("/api/v1/events/batch", "POST"),
    ("/api/v1/events/simulate", "POST"),
    ("/api/v1/events/{event_id}", "GET"),
    ("/api/v1/holds", "POST"),
    ("/api/v1/holds/{hold_id}", "GET"),
    ("/api/v1/holds/{hold_id}/capture", "POST"),
    ("/api/v1/holds/{hold_id}/release", "POST"),
    ("/api/v1/members", "POST"),
    ("/api/v1/members/{ref}", "GET"),
    ("/api/v1/members/{ref}/balance", "GET"),
    ("/api/v1/members/{ref}/benefits", "GET"),
    ("/api/v1/members/{ref}/consents", "GET"),
    ("/api/v1/members/{ref}/consents", "PUT"),
    ("/api/v1/members/{ref}/entries", "GET"),
    ("/api/v1/members/{ref}/erasure", "POST"),
    ("/api/v1/members/{ref}/pets", "GET"),
    ("/api/v1/members/{ref}/pets", "POST"),
    ("/api/v1/members/{ref}/pets/{pet}", "POST"),
    ("/api/v1/members/{ref}/tiers", "GET"),
    ("/api/v1/members/{ref}/plans", "GET"),
    ("/api/v1/members/{ref}/plans", "POST"),
    ("/api/v1/members/{ref}/segments", "GET"),
    ("/api/v1/members/{ref}/tags", "GET"),
    ("/api/v1/members/{ref}/tags", "POST"),
    ("/api/v1/members/{ref}/tags/{tag}", "DELETE"),
    ("/api/v1/redemptions", "POST"),
    ("/api/v1/rewards", "GET"),
    ("/api/v1/segments", "GET"),
    ("/api/v1/segments/{segment}/members", "GET"),
    ("/api/v1/segments/{segment}/members/{ref}", "GET"),
    ("/api/v1/transfers", "POST"),
    ("/api/v1/transfers/{transfer_id}", "GET"),
)
CALLS = 40


def loaded() -> Any:
    return schemathesis.openapi.from_dict(api_schema())


def test_every_operation_is_called() -> None:
    found = {(operation.ok().path, operation.ok().method.upper()) for operation in loaded().get_all_operations()}

    assert found == set(OPERATIONS)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("path", "method"), OPERATIONS, ids=[path for path, _method in OPERATIONS])
def test_generated_calls_are_answered_as_documented(path: str, method: str, live: str) -> None:
    a_point_per_yuan()
    till = Till()
    Partner.objects.update(rate_per_minute=10**6)
    till.post("/members", {"external_id": "C-1"})
    known = told(till.post("/events", order(customer="x:C-1")))["id"]
    till.post("/holds", {"member": "x:C-1", "amount": 5, "token": "T-1"})
    till.post("/members", {"external_id": "C-2"})
    Currency.objects.filter(code="points").update(is_transferable=True)
    till.post("/transfers", {"giver": "x:C-1", "receiver": "x:C-2", "amount": 5, "token": "G-1"})
    headers = {"Authorization": f"Bearer {till.key}"}
    seen = 0

    @hypothesis.settings(
        max_examples=CALLS,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(case=loaded()[path][method].as_strategy())
    def call(case: Any) -> None:
        nonlocal seen
        seen += 1
        for name, value in (("ref", "x:C-1"), ("event_id", known), ("hold_id", "t:T-1"), ("transfer_id", "t:G-1")):
            if name in (case.path_parameters or {}) and seen % 2:
                case.path_parameters[name] = value
        case.call_and_validate(base_url=live, headers=headers, checks=CHECKS)

    call()

    assert seen >= CALLS
    assert cast.available(till.partner.references.get(external_id="C-1").account_id) >= 0
