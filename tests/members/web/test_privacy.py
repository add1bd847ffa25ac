"""My data: what is kept, a copy of it, leaving and staying."""

import io
from zipfile import ZipFile

import pytest

from members.models import Erasure, Member
from members.privacy import wishes
from tests import cast, visits

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
DATA, LEAVE = "/me/privacy/data/", "/me/privacy/leave/"


def test_the_page_says_what_is_kept_in_words_and_numbers() -> None:
    client = visits.as_member(cast.gold_member(password=cast.PASSWORD))

    page = client.get(DATA).content.decode()
    privacy = client.get("/me/privacy/").content.decode()

    words = ("My data", "points, orders and messages", "consents", "entries")
    assert [word for word in words if word not in page] == []
    assert [path for path in (DATA, LEAVE) if f'href="{path}"' not in privacy] == []


def test_a_copy_is_handed_out_after_the_password_and_never_stored_on_the_way() -> None:
    """14.2.7, 14.3.2: asked again who it is; no cache keeps it."""
    client = visits.as_member(cast.gold_member(password=cast.PASSWORD))

    refused = client.post(DATA, {"password": "not this one"})
    answer = client.post(DATA, {"password": cast.PASSWORD})

    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["password"])
    assert answer.headers["Content-Type"] == "application/zip"
    assert "no-store" in answer.headers["Cache-Control"]
    assert "data.json" in ZipFile(io.BytesIO(answer.getvalue())).namelist()
    answer.close()


def test_leaving_is_asked_twice_and_can_be_taken_back() -> None:
    """E86: shown what is lost, the tick and the password; then a way back until the day."""
    member = cast.gold_member(password=cast.PASSWORD)
    client = visits.as_member(member)
    shown = client.get(LEAVE).content.decode()

    unsure = client.post(LEAVE, {"password": cast.PASSWORD})
    wrong = client.post(LEAVE, {"sure": "on", "password": "no"})
    asked = client.post(LEAVE, {"sure": "on", "password": cast.PASSWORD})

    assert ("3,280" in shown, "3,400" in shown) == (True, True)
    assert (unsure.status_code, wrong.status_code, asked.headers["Location"]) == (422, 422, LEAVE)
    assert "March 25, 2026" in client.get(LEAVE).content.decode()
    assert client.post(LEAVE, {"stay": "1"}).headers["Location"] == "/me/privacy/"
    assert list(Erasure.objects.values_list("state", flat=True)) == ["taken_back"]


def test_a_second_press_while_it_waits_changes_nothing() -> None:
    member = cast.gold_member(password=cast.PASSWORD)
    wishes.ask(account_id=member.pk, now=cast.NOW)

    answer = visits.as_member(member).post(LEAVE, {"sure": "on", "password": cast.PASSWORD})

    assert (answer.status_code, Erasure.objects.count()) == (200, 1)


def test_staff_are_told_to_ask_a_colleague() -> None:
    member = cast.gold_member(password=cast.PASSWORD)
    client = visits.as_member(member)
    assert member.user is not None
    member.user.is_staff = True
    member.user.save()

    answer = client.post(LEAVE, {"sure": "on", "password": cast.PASSWORD})

    assert (answer.status_code, Erasure.objects.exists()) == (403, False)


@pytest.mark.parametrize("path", [DATA, LEAVE])
def test_visitors_sign_in_first(path: str) -> None:
    answer = visits.visitor().get(path)

    assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (302, "/sign-in/")
    assert Member.objects.count() == 0
