"""The household's page, walked by two people."""

import pytest
from django.test import Client

from loyalty.models import Message, Pool, PoolMembership
from members.models import HouseholdInvite, Member
from tests import cast, visits

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


@pytest.fixture
def owner() -> Client:
    return visits.as_member(cast.gold_member(points=1000, password=cast.PASSWORD))


@pytest.fixture
def guest() -> Client:
    return visits.as_member(cast.member("陈晨", phone="13600136000", points=300, password=cast.PASSWORD))


def code(owner: Client, role: str = "adult") -> str:
    owner.post("/me/household/invite/", {"role": role})
    return str(owner.get("/me/household/").context["code"])


def text(client: Client, path: str = "/me/household/") -> str:
    return client.get(path).content.decode()


def test_two_people_collect_together_and_part_again(owner: Client, guest: Client) -> None:
    owner.post("/me/household/open/", {"name": "毛球之家", "percent": "0"})
    secret = code(owner)
    guest.post("/me/household/join/", {"code": secret, "percent": "20"})
    key = guest.get("/me/household/").context["contribute_form"]["key"].value()
    for _ in range(2):
        guest.post("/me/household/put-in/", {"points": "200", "key": key})
    page, asked = text(owner), text(guest, "/me/household/leave/")

    guest.post("/me/household/leave/")

    assert secret not in page
    assert [words for words in ("陈晨", "brought 200", "200 left", "20% of new points") if words not in page] == []
    assert "<b>200</b> of it is left and comes back to you" in asked
    assert cast.available(Member.objects.get(name="陈晨").pk) == 300
    assert PoolMembership.objects.filter(left_at=None).count() == 1
    owner.post("/me/household/leave/")
    assert Pool.objects.get().closed_at == cast.NOW
    assert "I have a code" in text(owner)


def test_what_is_refused_stands_at_its_field(owner: Client, guest: Client) -> None:
    wrong = guest.post("/me/household/join/", {"code": "AAAA-BBBB-CCCC", "percent": "0"})
    owner.post("/me/household/open/", {"name": "毛球之家", "percent": "0"})
    poor = owner.post("/me/household/put-in/", {"points": "5000", "key": "x"})
    odd = owner.post("/me/household/percent/", {"percent": "101"})

    assert (wrong.status_code, "This invitation is not known" in wrong.content.decode()) == (404, True)
    assert (poor.status_code, odd.status_code) == (422, 422)
    assert list(odd.context["percent_form"].errors) == ["percent"]


def test_only_the_owner_sees_and_makes_invitations(owner: Client, guest: Client) -> None:
    owner.post("/me/household/open/", {"name": "毛球之家", "percent": "0"})
    guest.post("/me/household/join/", {"code": code(owner, "contributor"), "percent": "0"})

    answer = guest.post("/me/household/invite/", {"role": "adult"})

    assert answer.status_code == 403
    assert ("Invite somebody" in text(owner), "Invite somebody" in text(guest)) == (True, False)
    assert HouseholdInvite.objects.count() == 1


def test_an_open_invitation_is_withdrawn(owner: Client) -> None:
    owner.post("/me/household/open/", {"name": "毛球之家", "percent": "0"})
    code(owner)

    owner.post(f"/me/household/invite/{HouseholdInvite.objects.get().pk}/withdraw/")

    assert HouseholdInvite.objects.get().withdrawn_at == cast.NOW
    assert "open until" not in text(owner)


def test_without_a_household_there_is_nothing_to_leave(owner: Client) -> None:
    answers = [owner.get("/me/household/leave/"), owner.post("/me/household/leave/")]

    assert [answer.headers["Location"] for answer in answers] == ["/me/household/"] * 2


def test_the_owner_says_who_may_spend_and_hands_over_so_that_they_can_leave(owner: Client, guest: Client) -> None:
    owner.post("/me/household/open/", {"name": "毛球之家", "percent": "0"})
    guest.post("/me/household/join/", {"code": code(owner), "percent": "0"})
    code(owner)
    share = PoolMembership.objects.get(role="adult")
    path = f"/me/household/people/{share.pk}"

    owner.post(f"{path}/spend/", {})
    first = PoolMembership.objects.get(pk=share.pk).role
    owner.post(f"{path}/spend/", {"spend": "1"})
    asked = text(owner, f"{path}/head/")
    done = owner.post(f"{path}/head/")
    left = owner.post("/me/household/leave/")

    assert (first, "Hand the household over to 陈晨?" in asked, done.status_code, left.status_code) == (
        "contributor",
        True,
        302,
        302,
    )
    assert (PoolMembership.objects.get(left_at=None).role, Pool.objects.get().closed_at) == ("owner", None)
    assert HouseholdInvite.objects.filter(taken_at=None, withdrawn_at=None).exists() is False
    assert Message.objects.filter(key__startswith="household.headed").exists() is True


def test_nobody_but_the_owner_reaches_these_pages(owner: Client, guest: Client) -> None:
    owner.post("/me/household/open/", {"name": "毛球之家", "percent": "0"})
    guest.post("/me/household/join/", {"code": code(owner), "percent": "0"})
    own, other = PoolMembership.objects.get(role="owner"), PoolMembership.objects.get(role="adult")

    answers = [
        client.post(f"/me/household/people/{share.pk}/{deed}/").status_code
        for client, share in ((guest, own), (guest, other), (owner, own))
        for deed in ("spend", "head")
    ]

    assert answers == [404] * 6
    assert "/head/" not in text(guest)
