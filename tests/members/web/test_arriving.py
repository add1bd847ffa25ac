"""Joining with an invitation, with a guardian, with a purchase from before."""

from typing import Any

import pytest
from django.test import Client

from loyalty.models import Account, Order
from members import consent
from members.entering import referrals
from members.models import Member, Referral
from tests import cast, visits
from tests.members.entering.test_guest_orders import guest_order
from tests.tills import a_point_per_yuan

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
FORM = {"name": "周一诺", "contact": "139 0013 9000", "password": cast.PASSWORD, "terms": "on"}
CHILD = {
    **FORM,
    "birthday": "2016-05-01",
    "guardian_name": "周妈妈",
    "guardian_contact": "136 0013 6000",
    "guardian_agreed": "on",
}


def code_on(client: Client, path: str) -> str:
    found: str = client.get(path).context["hint"]
    return found


def test_the_code_of_a_link_is_kept_through_all_of_joining() -> None:
    cast.rule("gift", "member.joined", points=30, condition={"fact": "event.referred", "op": "is_true"})
    friend = cast.gold_member()
    client = visits.visitor()

    first = client.get(f"/join/?by={referrals.code_of(friend).lower()}").content.decode()
    later = client.get("/join/")
    answer = visits.join(client, {**FORM, "referral_code": later.context["form"]["referral_code"].value()})

    assert ("A friend invited you" in first, "30 points to start with" in first) == (True, True)
    assert answer.headers["Location"] == "/"
    assert Referral.objects.get().referrer == friend
    assert "invited" not in client.session


def test_a_code_that_nobody_has_is_told_kindly_and_stops_nobody() -> None:
    client = visits.visitor()

    page = client.get("/join/?by=NOBODY22").content.decode()
    visits.join(client, {**FORM, "referral_code": "NOBODY22"})

    assert "We do not know this invitation code" in page
    assert (Member.objects.count(), Referral.objects.count()) == (1, 0)
    assert "could not find that invitation code" in client.get("/").content.decode()


def test_looking_codes_up_is_counted_and_then_each_is_unknown() -> None:
    """Abuse 18: nobody tries out which codes there are."""
    code = referrals.code_of(cast.gold_member())
    client = visits.visitor()
    for number in range(60):
        client.get(f"/join/?by=NOBODY{number:02}")

    page = client.get(f"/join/?by={code}")

    assert (page.status_code, page.context["invitation"].is_unknown) == (200, True)


def test_a_member_finds_code_link_and_picture_to_pass_on() -> None:
    member = cast.gold_member(password=cast.PASSWORD)

    page = visits.as_member(member).get("/invite/")

    code = referrals.code_of(member)
    assert (page.context["code"], page.context["link"]) == (code, f"http://testserver/join/?by={code}")
    assert "<svg" in str(page.context["qr"])


def test_a_childs_birthday_opens_the_part_for_parents() -> None:
    """Item 87: under 14 goes the guardian's way."""
    answer = visits.visitor().post("/join/", {**FORM, "birthday": "2016-05-01"})

    page = answer.content.decode()
    assert (answer.status_code, Member.objects.count()) == (422, 0)
    assert ("For your parent or guardian" in page, "join together with a parent" in page) == (True, True)


def test_a_child_joins_by_two_codes_and_is_sent_nothing() -> None:
    """PIPL 31: the guardian agrees by a code of their own."""
    client = visits.visitor()

    first = client.post("/join/", {**CHILD, "marketing": "on", "profiling": "on"})
    early = client.get("/join/code/")
    second = client.post("/join/guardian/", {"code": code_on(client, "/join/guardian/")})
    nobody = Member.objects.count()
    third = client.post("/join/code/", {"code": code_on(client, "/join/code/")})

    assert [answer.headers["Location"] for answer in (first, early, second, third)] == [
        "/join/guardian/",
        "/join/",
        "/join/code/",
        "/",
    ]
    member = Member.objects.get()
    assert (nobody, member.guardian_name, member.guardian_agreed_at) == (0, "周妈妈", cast.NOW)
    assert consent.given(member) == {"terms": True, "marketing": False, "profiling": False, "guardian": True}


def test_a_wrong_code_of_the_guardian_makes_nobody_a_member() -> None:
    client = visits.visitor()
    client.post("/join/", CHILD)

    answer = client.post("/join/guardian/", {"code": "000000"})

    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["code"])
    assert client.get("/join/code/").headers["Location"] == "/join/"


def test_a_guardians_own_number_needs_one_code_alone() -> None:
    client = visits.visitor()

    answer = visits.join(client, {**CHILD, "guardian_contact": "+86 139 0013 9000"})

    assert (answer.headers["Location"], Member.objects.get().guardian_name) == ("/", "周妈妈")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"guardian_agreed": ""}, "guardian_agreed"),
        ({"guardian_name": ""}, "guardian_name"),
        ({"guardian_contact": ""}, "guardian_contact"),
        ({"guardian_contact": "no@where"}, "guardian_contact"),
    ],
)
def test_what_is_missing_of_the_guardian_is_said_at_its_field(change: dict[str, str], field: str) -> None:
    answer = visits.visitor().post("/join/", {**CHILD, **change})

    assert list(answer.context["form"].errors) == [field]
    assert answer.context["form"].shows_guardian is True


def test_where_no_code_can_reach_the_guardian_the_shop_helps(settings: Any) -> None:
    settings.MESSAGE_CHANNELS = {**settings.MESSAGE_CHANNELS, "sms": ""}

    answer = visits.visitor().post("/join/", {**CHILD, "contact": "nuo@example.com"})

    assert (answer.status_code, Member.objects.count()) == (422, 0)


def test_a_receipt_is_added_on_its_page_and_says_what_it_brought() -> None:
    a_point_per_yuan()
    guest_order()
    member = cast.new_member(password=cast.PASSWORD)
    client = visits.as_member(member)

    answer = client.post("/points/add/", {"number": "G-1", "amount": "128.00", "on": "2026-03-16"})
    page = client.get("/points/").content.decode()
    wrong = client.post("/points/add/", {"number": "G-2", "amount": "128.00", "on": "2026-03-16"})
    ahead = client.post("/points/add/", {"number": "G-1", "amount": "128.00", "on": "2031-03-16"})

    assert answer.headers["Location"] == "/points/"
    assert "It brought you 128 points" in page
    assert (Order.objects.get().account_id, wrong.status_code, ahead.status_code) == (member.pk, 422, 422)


def test_the_gift_is_shown_from_the_books_with_its_why() -> None:
    cast.rule("gift", "member.joined", points=50)
    client = visits.visitor()
    visits.join(client, FORM)

    page = client.get("/")

    entry = Account.objects.get().entries.get()
    assert (page.context["gift"].points, page.context["gift"].ref) == (50, entry.pk)
    assert f'href="/points/{entry.pk}/"' in page.content.decode()
