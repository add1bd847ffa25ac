"""Visiting the member pages without a browser: signed in as somebody, in a language."""

from collections.abc import Mapping
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from members.models import Member


def as_member(member: Member, *, language: str = "en") -> Client:
    """A browser in which the member is signed in; the cast's members need a password for that."""
    client = Client(headers={"Accept-Language": language})
    assert member.user is not None
    client.force_login(member.user, backend="members.backends.MemberBackend")
    return client


def visitor(*, language: str = "en") -> Client:
    return Client(headers={"Accept-Language": language})


def join(client: Client, form: Mapping[str, str]) -> Any:
    """Joins as a visitor does: the form, then the code that the demo shows on the page."""
    asked = client.post("/join/", form)
    assert asked.headers["Location"] == "/join/code/"
    return client.post("/join/code/", {"code": client.get("/join/code/").context["hint"]})


def queries(client: Client, path: str) -> int:
    """How many statements one more look at a page costs: the first notes when the stay began, and loads the setup."""
    client.get(path)
    with CaptureQueriesContext(connection) as seen:
        assert client.get(path).status_code == 200
    return len(seen)
