"""What a visitor meets when a request cannot be served."""

import pytest
from django.test import Client

from tests import visits

pytestmark = pytest.mark.django_db


def test_a_path_that_leads_nowhere_says_so_and_how_to_mention_it() -> None:
    answer = visits.visitor().get("/nowhere/", headers={"X-Request-ID": "a-known-id-1"})

    page = answer.content.decode()
    assert answer.status_code == 404
    assert "No path leads here" in page
    assert "a-known-id-1" in page


@pytest.mark.parametrize(
    ("referer", "back"),
    [("http://testserver/sign-in/?next=/me/", "/sign-in/"), ("https://evil.example/trap/", ""), ("", "")],
)
def test_a_form_that_waited_too_long_can_be_opened_again(referer: str, back: str) -> None:
    client = Client(enforce_csrf_checks=True, headers={"Accept-Language": "en", "Referer": referer})

    answer = client.post("/sign-in/", {"login": "a", "password": "b"})

    page = answer.content.decode()
    assert answer.status_code == 403
    assert "This page waited too long" in page
    assert ("Open the form again" in page) is bool(back)
    assert f'href="{back}"' in page or not back
    assert "evil.example" not in page


def test_every_answer_carries_the_strict_policy() -> None:
    policies = {visits.visitor().get(path).headers["Content-Security-Policy"] for path in ("/join/", "/nowhere/", "/")}

    assert len(policies) == 1
    assert "unsafe" not in policies.pop()
