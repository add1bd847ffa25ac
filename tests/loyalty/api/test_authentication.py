"""Keys: how they are told, what they may do, and how often."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from loyalty import clock
from loyalty.models import Partner, PartnerKey
from tests import cast
from tests.tills import Till, code, order, told

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("scheme", ["Api-Key", "api-key", "Bearer"])
def test_a_key_is_taken_under_either_scheme(scheme: str) -> None:
    till = Till()

    answer = till.client.get("/api/v1/members/x:C-1", headers={"Authorization": f"{scheme} {till.key}"})

    assert code(answer) == (404, "member_not_found")


@pytest.mark.parametrize("header", ["", "Basic dGlsbDprZXk=", "Api-Key", "nonsense"])
def test_without_a_key_the_answer_says_how_to_send_one(header: str) -> None:
    answer = Till().get("/members/x:C-1", Authorization=header)

    assert code(answer) == (401, "unknown_key" if header == "Api-Key" else "credentials_required")
    assert answer.headers["WWW-Authenticate"] == 'Api-Key realm="api"'


def test_a_session_cookie_opens_nothing() -> None:
    till = Till()
    till.client.force_login(cast.operator())

    answer = till.client.get("/api/v1/members/x:C-1")

    assert code(answer) == (401, "credentials_required")


def test_a_paused_partner_is_refused() -> None:
    till = Till()
    Partner.objects.update(is_active=False)

    assert code(till.get("/members/x:C-1")) == (403, "partner_paused")


@pytest.mark.parametrize(
    ("scope", "path"),
    [
        ("events:read", "/events/00000000-0000-0000-0000-000000000000"),
        ("members:read", "/members/x:C-1"),
        ("members:read", "/members/x:C-1/balance"),
        ("members:read", "/members/x:C-1/entries"),
    ],
)
def test_each_reading_needs_its_scope(scope: str, path: str) -> None:
    others = [one for one in PartnerKey.Scope.values if one != scope]

    answer = Till("till", *others).get(path)

    assert code(answer) == (403, "scope_missing")
    assert told(answer)["error"]["type"] == "permission"
    assert code(Till("till", scope).get(path))[0] == 404


@pytest.mark.parametrize(
    ("scope", "path"),
    [
        ("events:write", "/events"),
        ("events:write", "/events/batch"),
        ("events:write", "/events/simulate"),
        ("members:write", "/members"),
    ],
)
def test_each_writing_needs_its_scope(scope: str, path: str) -> None:
    others = [one for one in PartnerKey.Scope.values if one != scope]

    assert code(Till("till", *others).post(path, {})) == (403, "scope_missing")
    assert Till("till", scope).post(path, {}).status_code in {400, 422}


def test_last_use_is_noted_at_most_once_a_minute() -> None:
    till = Till()
    till.get("/members/x:C-1")
    first = PartnerKey.objects.get().last_used_at

    till.get("/members/x:C-1")

    assert first is not None
    assert PartnerKey.objects.get().last_used_at == first
    PartnerKey.objects.update(last_used_at=clock.now() - timedelta(minutes=2))
    till.get("/members/x:C-1")
    assert PartnerKey.objects.filter(last_used_at__gt=first - timedelta(seconds=1)).count() == 1


def test_calls_beyond_the_limit_wait() -> None:
    till = Till()
    Partner.objects.update(rate_per_minute=2)

    answers = [till.post("/events", order()) for _ in range(3)]

    assert code(answers[2]) == (429, "too_many_tries")
    assert 1 <= int(answers[2].headers["Retry-After"]) <= 60


def test_a_call_takes_few_queries_before_its_work() -> None:
    """Key, limit, reference (number and own id, directories, ids that were erased) and the line in the log."""
    till = Till()
    till.get("/members/x:C-1")

    with CaptureQueriesContext(connection) as queries:
        till.get("/members/x:C-1")

    assert len(queries) == 5
