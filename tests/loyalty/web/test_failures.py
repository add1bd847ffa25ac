"""What nobody caught: a database that is away, and our own mistakes, for tills and for people."""

import json
from typing import NoReturn

import pytest
from django.db import InterfaceError, OperationalError
from django.http import HttpResponse
from django.test import RequestFactory

from loyalty.web import failures


def answer(path: str, failure: Exception) -> HttpResponse:
    request = RequestFactory().get(path)
    try:
        fail_with(failure)
    except (OperationalError, InterfaceError, ValueError):
        return failures.server_error(request)


def fail_with(failure: Exception) -> NoReturn:
    raise failure


@pytest.mark.parametrize("failure", [OperationalError("gone"), InterfaceError("closed")])
def test_a_database_that_is_away_is_a_matter_of_waiting(failure: Exception) -> None:
    """F10: 503 with Retry-After, as JSON for tills and as a page for people."""
    till, person = answer("/api/v1/events", failure), answer("/points/", failure)

    assert [till.status_code, person.status_code] == [503, 503]
    assert [each.headers["Retry-After"] for each in (till, person)] == ["5", "5"]
    assert json.loads(till.content)["error"]["code"] == "unavailable"
    assert "马上回来" in person.content.decode()


def test_our_own_mistake_is_said_to_be_ours() -> None:
    till, person = answer("/api/v1/events", ValueError("oops")), answer("/points/", ValueError("oops"))

    assert [till.status_code, person.status_code] == [500, 500]
    assert json.loads(till.content)["error"]["code"] == "internal_error"
    assert "oops" not in till.content.decode() + person.content.decode()
