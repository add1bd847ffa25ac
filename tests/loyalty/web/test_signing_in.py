"""The back office's sign-in is tried a few times only."""

from typing import Any

import pytest
from django.test import Client

from tests.cast import PASSWORD
from tests.loyalty.second_factor import phone

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
DOOR = "/admin/login/"


def attempt(password: str, *, login: str = "lin", address: str = "203.0.113.7") -> Any:
    return Client(REMOTE_ADDR=address, headers={"Accept-Language": "en"}).post(
        DOOR, {"username": login, "password": password}
    )


def test_a_right_password_opens_it() -> None:
    phone.person()

    assert attempt(PASSWORD).status_code == 302


def test_the_eleventh_try_on_a_login_is_refused_even_if_right_and_from_elsewhere() -> None:
    """6.3.1."""
    phone.person()
    phone.person("other")

    wrong = [attempt("wrong", login=login).status_code for login in ("lin", "LIN", "ｌｉｎ", *["lin"] * 7)]
    late = attempt(PASSWORD, address="198.51.100.9")

    assert set(wrong) == {200}
    assert (late.status_code, "too often" in late.content.decode()) == (200, True)
    assert attempt(PASSWORD, login="other").status_code == 302


def test_the_members_door_counts_the_same_tries() -> None:
    phone.person()

    for _turn in range(10):
        Client(REMOTE_ADDR="203.0.113.7").post("/sign-in/", {"login": "lin", "password": "wrong"})

    assert attempt(PASSWORD).status_code == 200


def test_a_network_has_a_hundred_tries() -> None:
    phone.person()

    for turn in range(100):
        attempt("wrong", login=f"nobody-{turn}")

    assert attempt(PASSWORD).status_code == 200
    assert attempt(PASSWORD, address="198.51.100.9").status_code == 302
