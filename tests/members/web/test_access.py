"""Where a visitor goes on who has to sign in first."""

import pytest
from django.urls import reverse

from tests import visits

pytestmark = pytest.mark.django_db
HERE = "http://testserver"


@pytest.mark.parametrize(
    ("sent_from", "expected"),
    [
        (f"{HERE}/me/profile/", "/me/profile/"),
        (f"{HERE}/messages/?page=2", "/messages/%3Fpage%3D2"),
        ("https://elsewhere.example/me/profile/", "/"),
        ("", "/"),
    ],
)
def test_who_was_sending_comes_back_to_the_page_it_was_sent_from(sent_from: str, expected: str) -> None:
    """An address that only takes sending would answer a look with nothing."""
    answer = visits.visitor().post(reverse("members:avatar"), headers={"Referer": sent_from} if sent_from else {})

    assert answer.headers["Location"] == f"/sign-in/?next={expected}"


def test_the_page_without_a_connection_names_no_request() -> None:
    """It is kept by the browser, so a number on it would belong to an old request."""
    page = visits.visitor()

    offline, lost = page.get(reverse("offline")), page.get("/no-such-page/")

    assert ("If you write to us" in offline.content.decode(), "If you write to us" in lost.content.decode()) == (
        False,
        True,
    )
