"""How long one stays signed in."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from loyalty import clock
from tests import cast, visits

pytestmark = pytest.mark.django_db
ADMIN = "/admin/loyalty/order/"


class Clock:
    """The house's clock, turned by hand."""

    def __init__(self) -> None:
        self.at: datetime = cast.NOW

    def later(self, **span: int) -> None:
        self.at += timedelta(**span)


@pytest.fixture(autouse=True)
def hands(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(clock, "now", lambda: found.at)
    return found


def operator() -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(cast.operator())
    return client


def test_staff_are_signed_out_after_half_an_hour_of_nothing(hands: Clock) -> None:
    """ASVS 7.3.1."""
    client = operator()
    seen = []
    for minutes in (0, 29, 29, 31):
        hands.later(minutes=minutes)
        seen.append(client.get(ADMIN).status_code)

    assert seen == [200, 200, 200, 302]


def test_staff_sign_in_again_after_twelve_hours_however_busy(hands: Clock) -> None:
    """ASVS 7.3.2."""
    client = operator()
    seen = [client.get(ADMIN).status_code]
    for _turn in range(36):
        hands.later(minutes=20)
        seen.append(client.get(ADMIN).status_code)

    assert (set(seen[:36]), seen[36]) == ({200}, 302)


def test_members_stay_for_thirty_days_since_they_came_last(hands: Clock) -> None:
    client = visits.as_member(cast.new_member(password=cast.PASSWORD))
    seen = []
    for days in (0, 29, 29, 30):
        hands.later(days=days)
        seen.append(client.get("/me/").status_code)

    assert seen == [200, 200, 200, 302]


def test_members_sign_in_again_after_half_a_year(hands: Clock) -> None:
    client = visits.as_member(cast.new_member(password=cast.PASSWORD))
    seen = []
    for _turn in range(10):
        seen.append(client.get("/me/").status_code)
        hands.later(days=20)

    assert seen == [200] * 9 + [302]


def test_the_next_page_says_why(hands: Clock) -> None:
    client = visits.as_member(cast.new_member(password=cast.PASSWORD))
    client.get("/me/")
    hands.later(days=31)

    page = client.get("/me/", follow=True).content.decode()

    assert "To keep your account safe you were signed out" in page


def test_a_visit_is_noted_seldom(hands: Clock) -> None:
    client = visits.as_member(cast.new_member(password=cast.PASSWORD))
    client.get("/me/")
    hands.later(minutes=9)

    with CaptureQueriesContext(connection) as asked:
        client.get("/me/")

    assert [each["sql"] for each in asked if "UPDATE" in each["sql"]] == []


def test_another_login_in_the_same_browser_begins_anew(hands: Clock) -> None:
    client = visits.as_member(cast.new_member(password=cast.PASSWORD))
    client.get("/me/")
    hands.later(days=31)
    other = cast.gold_member(password=cast.PASSWORD)
    assert other.user is not None

    client.force_login(other.user, backend="members.backends.MemberBackend")

    assert client.get("/me/").status_code == 200
