"""The page where phone and e-mail address are changed."""

import pytest

from loyalty.models import OneTimeCode
from members.models import Member
from tests import cast, visits

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
NEW = {"contact": "136 0013 6000", "password": cast.PASSWORD}


def test_the_new_number_counts_once_its_code_is_typed() -> None:
    client = visits.as_member(cast.new_member(password=cast.PASSWORD))

    asked = client.post("/me/contact/", NEW)
    before = Member.objects.get().phone
    page = client.get("/me/contact/code/")
    answer = client.post("/me/contact/code/", {"code": page.context["hint"]})

    assert (asked.headers["Location"], answer.headers["Location"]) == ("/me/contact/code/", "/me/contact/")
    assert (before, Member.objects.get().phone) == ("+8613900139000", "+8613600136000")
    assert "136 0013 6000" in client.get("/me/contact/").content.decode()
    assert client.get("/me/contact/code/").status_code == 302


def test_a_refusal_stands_at_its_field() -> None:
    client = visits.as_member(cast.new_member(password=cast.PASSWORD))

    wrong = client.post("/me/contact/", {**NEW, "password": "guessed"})
    client.post("/me/contact/", NEW)
    mistyped = client.post("/me/contact/code/", {"code": "000000"})

    assert (wrong.status_code, list(wrong.context["form"].errors)) == (422, ["password"])
    assert (mistyped.status_code, list(mistyped.context["form"].errors)) == (422, ["code"])


def test_one_of_two_can_be_removed_and_the_last_one_cannot() -> None:
    member = cast.new_member(password=cast.PASSWORD)
    client = visits.as_member(member)
    alone = client.get("/me/contact/").content.decode()
    Member.objects.filter(pk=member.pk).update(email="nuo@example.com")

    client.post("/me/contact/", {"remove": "phone"})
    client.post("/me/contact/code/", {"code": client.get("/me/contact/code/").context["hint"]})
    refused = client.post("/me/contact/", {"remove": "email"})

    assert 'name="remove"' not in alone
    assert Member.objects.values_list("phone", "email").get() == (None, "nuo@example.com")
    assert (refused.headers["Location"], OneTimeCode.objects.filter(purpose="contact").count()) == ("/me/contact/", 1)


def test_the_pages_are_the_members_alone() -> None:
    client = visits.visitor()

    assert [client.get(path).status_code for path in ("/me/contact/", "/me/contact/code/")] == [302, 302]
