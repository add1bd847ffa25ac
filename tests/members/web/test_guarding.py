"""Children and guardians on the pages."""

from datetime import date
from typing import Any

import pytest
from django.test import Client

from loyalty.models import Account
from members.entering import enrolment, guardians
from members.entering.guardians import Guardian
from members.models import Member
from members.profile import profiles
from tests import cast, visits

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
CHILD = date(2015, 6, 1)
MOTHER = Guardian("周妈妈", "+8613500135000")
SAID = {"guardian_name": "周妈妈", "guardian_contact": "135 0013 5000", "guardian_agreed": "on"}


def child(phone: str = "13600136000", guardian: Guardian = MOTHER) -> Member:
    return enrolment.enrol(
        source="web",
        phone=phone,
        name="周小满",
        birthday=CHILD,
        guardian=guardian,
        consents={"terms": True},
        password=cast.PASSWORD,
        now=cast.NOW,
    )


def proven(contact: str = "135 0013 5000") -> Client:
    """A guardian who typed the code."""
    client = visits.visitor()
    client.post("/guardian/", {"contact": contact})
    client.post("/guardian/code/", {"code": client.get("/guardian/code/").context["hint"]})
    return client


def statuses(client: Client, *paths: str) -> list[int]:
    return [client.get(path).status_code for path in paths]


def children(client: Client) -> list[Any]:
    return list(client.get("/guardian/children/").context["children"])


def test_a_childs_birthday_on_the_profile_leads_to_the_guardian_and_counts_with_their_code() -> None:
    """Item 87, PIPL 31."""
    member = cast.new_member(password=cast.PASSWORD)
    client = visits.as_member(member)

    led = client.post("/me/profile/", {"name": "周一诺", "birthday": "2015-06-01"})
    page = client.get("/me/guardian/").content.decode()
    refused = client.post("/me/guardian/", {**SAID, "guardian_agreed": ""})
    asked = client.post("/me/guardian/", SAID)
    before = Member.objects.get().birthday
    done = client.post("/me/guardian/code/", {"code": client.get("/me/guardian/code/").context["hint"]})

    assert (led.headers["Location"], "Your new birthday counts once they agree" in page) == ("/me/guardian/", True)
    assert (refused.status_code, asked.headers["Location"]) == (422, "/me/guardian/code/")
    assert (before, done.headers["Location"]) == (date(1994, 5, 21), "/me/")
    found = Member.objects.get()
    assert (found.birthday, found.guardian_name, found.guardian_contact) == (CHILD, *MOTHER)
    assert "135****5000" in client.get("/me/guardian/").content.decode()


def test_a_child_without_a_guardian_sees_only_how_to_ask_one_and_their_rights() -> None:
    member = cast.new_member(password=cast.PASSWORD)
    profiles.correct_birthday(member.pk, birthday=CHILD, reason="id card", by=None, now=cast.NOW)
    client = visits.as_member(member)

    closed = statuses(client, "/", "/card/", "/points/", "/me/", "/me/profile/", "/tickets/")
    open_ones = statuses(
        client, "/me/guardian/", "/me/privacy/data/", "/me/privacy/leave/", "/me/privacy/", "/sign-out/"
    )
    client.post("/me/guardian/", SAID)
    client.post("/me/guardian/code/", {"code": client.get("/me/guardian/code/").context["hint"]})

    assert (set(closed), set(open_ones)) == ({302}, {200})
    assert statuses(client, "/", "/me/") == [200, 200]


def test_a_guardian_sees_their_children_without_a_login_and_ends_it() -> None:
    member = child()
    child("13700137000", Guardian("吴爸爸", "+8613400134000"))
    guardian, own = proven(), visits.as_member(member)
    seen = children(guardian)
    address = f"/guardian/children/{member.pk}/withdraw/"

    unsure = guardian.post(address, {})
    done = guardian.post(address, {"sure": "on"})

    assert ([each["name"] for each in seen], unsure.status_code, done.status_code) == (["周小满"], 422, 302)
    assert (Account.objects.get(pk=member.pk).status, statuses(own, "/")) == (Account.Status.FROZEN, [302])
    stay = own.post("/me/privacy/leave/", {"stay": "1"}, follow=True).content.decode()
    assert "together with a parent or guardian" in stay
    guardian.post(f"/guardian/children/{member.pk}/agree/")
    assert (Account.objects.get(pk=member.pk).status, statuses(own, "/")) == (Account.Status.ACTIVE, [200])


def test_nobody_reaches_a_child_that_is_not_theirs() -> None:
    member = child()
    other = child("13700137000", Guardian("吴爸爸", "+8613400134000"))
    guardian, stranger = proven(), visits.visitor()
    paths = [f"/guardian/children/{other.pk}/withdraw/", f"/guardian/children/{member.pk + 999}/withdraw/"]

    assert [guardian.post(path, {"sure": "on"}).status_code for path in paths] == [404, 404]
    assert guardian.post(f"/guardian/children/{other.pk}/agree/").status_code == 404
    assert (
        stranger.post(f"/guardian/children/{member.pk}/withdraw/", {"sure": "on"}).headers["Location"] == "/guardian/"
    )
    assert statuses(stranger, "/guardian/children/", "/guardian/code/") == [302, 302]


def test_a_contact_nobody_kept_gets_the_same_page_and_no_children() -> None:
    child()
    known, unknown = visits.visitor(), visits.visitor()

    answers = [
        client.post("/guardian/", {"contact": contact}).headers["Location"]
        for client, contact in ((known, "135 0013 5000"), (unknown, "139 9999 9999"))
    ]

    assert answers == ["/guardian/code/", "/guardian/code/"]
    assert children(proven("139 9999 9999")) == []


def test_a_changed_text_is_shown_to_both_and_agreed_to_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    member = child()
    own, guardian = visits.as_member(member), proven()
    monkeypatch.setattr(guardians, "TEXT_VERSION", "2027-01")
    told = own.get("/me/guardian/").content.decode()
    before = children(guardian)[0]["is_outdated"]

    guardian.post(f"/guardian/children/{member.pk}/agree/")

    assert ("has changed" in told, before, children(guardian)[0]["is_outdated"]) == (True, True, False)


def test_grown_ups_have_no_such_page() -> None:
    client = visits.as_member(cast.new_member(password=cast.PASSWORD))

    assert client.get("/me/guardian/").headers["Location"] == "/me/"
    assert "Parent or guardian" not in client.get("/me/").content.decode()
