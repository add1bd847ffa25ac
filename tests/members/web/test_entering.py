"""Joining, signing in and out."""

from typing import Any

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import CaptureQueriesContext

from loyalty.models import Account, Event, OneTimeCode, RateCounter, User
from members import consent
from members.models import Member
from members.web import signing
from tests import cast, visits

pytestmark = pytest.mark.django_db
FORM = {"name": "周一诺", "contact": "139 0013 9000", "password": cast.PASSWORD, "terms": "on", "marketing": "on"}


def signed_in(client: Client) -> bool:
    return client.get("/me/").status_code == 200


def errors(answer: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = answer.context["form"].errors
    return found


def test_joining_makes_a_member_who_is_signed_in_with_the_gift_there() -> None:
    cast.rule("gift", "member.joined", points=100)
    client = visits.visitor()
    page = client.get("/join/").content.decode()

    answer = visits.join(client, FORM)

    member = Member.objects.get()
    assert "100 points to start with" in page
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert (member.name, member.phone, member.language, member.source) == ("周一诺", "+8613900139000", "en", "web")
    assert consent.given(member) == {"terms": True, "marketing": True, "profiling": False}
    assert "<strong>100</strong>" in client.get("/").content.decode()


def test_an_email_address_does_as_well_as_a_phone() -> None:
    visits.join(visits.visitor(), {**FORM, "contact": "Nuo@Example.com", "birthday": "1999-11-08"})

    assert Member.objects.values_list("email", "phone", "birthday__year").get() == ("nuo@example.com", None, 1999)


def test_the_form_sent_twice_makes_one_member_who_is_signed_in_both_times() -> None:
    """Two presses before the first answer came: two requests without a session."""
    first, second = visits.visitor(), visits.visitor()

    answers = [visits.join(client, FORM) for client in (first, second)]

    assert [answer.headers["Location"] for answer in answers] == ["/", "/"]
    assert (Member.objects.count(), Event.objects.filter(kind="member.joined").count()) == (1, 1)
    assert (signed_in(first), signed_in(second)) == (True, True)


def test_whether_a_phone_is_a_members_shows_in_no_answer() -> None:
    """ASVS 6.3.8: same status, same page, same number of statements."""
    cast.new_member(password="another-password-entirely")
    seen = []
    for contact in ("13900139000", "13600136000"):
        client = visits.visitor()
        with CaptureQueriesContext(connection) as captured:
            answer = client.post("/join/", {**FORM, "contact": contact})
        context = client.get("/join/code/").context
        page = render_to_string("members/join_code.html", {"form": context["form"], "to": "…", "hint": ""})
        seen.append((answer.status_code, answer.headers["Location"], answer.content, page, len(captured)))

    assert seen[0] == seen[1]


def test_somebody_elses_phone_signs_nobody_in_without_the_code() -> None:
    cast.new_member(password="another-password-entirely")
    client = visits.visitor()
    client.post("/join/", FORM)

    answer = client.post("/join/code/", {"code": "000000"})

    assert answer.status_code == 422
    assert list(errors(answer)) == ["code"]
    assert signed_in(client) is False


def test_the_owner_of_the_phone_is_welcomed_back() -> None:
    cast.new_member(password="another-password-entirely")
    client = visits.visitor()

    answer = visits.join(client, {**FORM, "next": "/points/"})

    assert answer.headers["Location"] == "/points/"
    assert "You were a member already" in client.get("/points/").content.decode()
    assert Member.objects.count() == 1


def test_a_new_code_replaces_the_first() -> None:
    client = visits.visitor()
    client.post("/join/", FORM)
    first = client.get("/join/code/").context["hint"]

    client.post("/join/code/", {"again": "1"})
    second = client.get("/join/code/").context["hint"]

    assert client.post("/join/code/", {"code": first}).status_code == 422
    assert client.post("/join/code/", {"code": second}).headers["Location"] == "/"


def test_a_hasty_second_press_sends_one_code() -> None:
    client = visits.visitor()

    for _turn in range(2):
        client.post("/join/", FORM)

    assert OneTimeCode.objects.count() == 1


def test_the_code_stands_on_the_page_in_a_demo_only(settings: Any) -> None:
    client = visits.visitor()
    client.post("/join/", FORM)
    shown = "This is a demo" in client.get("/join/code/").content.decode()

    settings.DEMO = False

    assert shown is True
    assert client.get("/join/code/").context["hint"] == ""


def test_nobody_types_a_code_who_has_not_asked_for_one() -> None:
    answers = [visits.visitor().get(path).headers["Location"] for path in ("/join/code/", "/forgot/code/")]

    assert answers == ["/join/", "/forgot/"]


def test_where_no_text_message_can_be_sent_one_joins_at_once(settings: Any) -> None:
    settings.MESSAGE_CHANNELS = {**settings.MESSAGE_CHANNELS, "sms": ""}
    client = visits.visitor()

    answer = client.post("/join/", FORM)

    assert (answer.headers["Location"], signed_in(client)) == ("/", True)
    other = visits.visitor().post("/join/", {**FORM, "password": "another-password-entirely"})
    assert (other.status_code, list(errors(other))) == (409, ["contact"])


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"contact": "1380013"}, "contact"),
        ({"contact": "nobody@"}, "contact"),
        ({"password": "12345678"}, "password"),
        ({"password": "short"}, "password"),
        ({"terms": ""}, "terms"),
        ({"birthday": "2999-01-01"}, "birthday"),
        ({"birthday": "yesterday"}, "birthday"),
        ({"name": ""}, "name"),
        ({"name": "x" * 61}, "name"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_the_rest_is_kept(told: dict[str, str], field: str) -> None:
    answer = visits.visitor().post("/join/", {**FORM, **told})

    page = answer.content.decode()
    assert answer.status_code in {400, 422}
    assert list(errors(answer)) == [field]
    assert f'id="id_{field}_error"' in page
    assert field == "name" or 'value="周一诺"' in page
    assert cast.PASSWORD not in page
    assert Member.objects.count() == 0


@pytest.mark.parametrize("login", ["13900139000", "+86 139 0013 9000", "nuo@example.com", "number"])
def test_one_signs_in_with_whatever_one_remembers(login: str) -> None:
    member = cast.new_member(password=cast.PASSWORD)
    Member.objects.filter(pk=member.pk).update(email="nuo@example.com")
    client = visits.visitor()

    typed = member.account.number if login == "number" else login
    answer = client.post("/sign-in/", {"login": typed, "password": cast.PASSWORD, "next": "/points/"})

    assert answer.headers["Location"] == "/points/"
    assert signed_in(client) is True


def test_unknown_and_wrong_read_the_same() -> None:
    cast.new_member(password=cast.PASSWORD)

    answers = [
        visits.visitor().post("/sign-in/", {"login": login, "password": "not-the-password"})
        for login in ("13900139000", "13700137000", "nobody@example.com")
    ]

    assert {answer.status_code for answer in answers} == {422}
    assert len({str(errors(answer)) for answer in answers}) == 1


def test_signing_in_changes_the_session_and_forgets_it_with_the_browser_unless_asked() -> None:
    cast.new_member(password=cast.PASSWORD)
    client = visits.visitor()
    session = client.session
    session.save()
    before = session.session_key

    answer = client.post("/sign-in/", {"login": "13900139000", "password": cast.PASSWORD})

    assert client.session.session_key != before
    assert answer.cookies["session"]["max-age"] == ""
    kept = visits.visitor().post("/sign-in/", {"login": "13900139000", "password": cast.PASSWORD, "remember": "on"})
    assert kept.cookies["session"]["max-age"] == 30 * 24 * 3600


@pytest.mark.usefixtures("noon")
def test_after_too_many_tries_even_the_right_password_waits() -> None:
    """The account is what is counted: by phone, by number, from anywhere."""
    member = cast.new_member(password=cast.PASSWORD)
    for turn in range(signing.TRIES_OF_AN_ACCOUNT):
        login = "13900139000" if turn % 2 else member.account.number
        visits.visitor().post("/sign-in/", {"login": login, "password": "wrong"}, REMOTE_ADDR=f"203.0.113.{turn}")

    client = visits.visitor()
    answer = client.post("/sign-in/", {"login": "13900139000", "password": cast.PASSWORD})

    assert answer.status_code == 429
    assert signed_in(client) is False


@pytest.mark.usefixtures("noon")
def test_a_network_that_tries_many_accounts_waits_too() -> None:
    for turn in range(signing.TRIES_OF_A_NETWORK):
        visits.visitor().post("/sign-in/", {"login": f"nobody{turn}@example.com", "password": "wrong"})

    answers = [
        visits.visitor().post("/sign-in/", {"login": "x@example.com", "password": "wrong"}, REMOTE_ADDR=address)
        for address in ("127.0.0.1", "203.0.113.9")
    ]

    assert [answer.status_code for answer in answers] == [429, 422]
    assert RateCounter.objects.filter(bucket__startswith="sign-in:network").count() == 2


@pytest.mark.parametrize("next_url", ["https://evil.example/", "//evil.example/", "/\\evil.example"])
def test_nobody_is_led_out_of_the_house(next_url: str) -> None:
    cast.new_member(password=cast.PASSWORD)

    answer = visits.visitor().post("/sign-in/", {"login": "13900139000", "password": cast.PASSWORD, "next": next_url})

    assert answer.headers["Location"] == "/"


def test_signing_out_asks_first_and_happens_on_the_button() -> None:
    client = visits.as_member(cast.new_member(password=cast.PASSWORD))

    asked = client.get("/sign-out/")

    assert (asked.status_code, signed_in(client)) == (200, True)
    assert client.post("/sign-out/").headers["Location"] == "/sign-in/"
    assert signed_in(client) is False


def test_who_is_signed_in_needs_no_door() -> None:
    client = visits.as_member(cast.new_member(password=cast.PASSWORD))

    assert [client.get(path).headers["Location"] for path in ("/join/", "/sign-in/")] == ["/", "/"]


def test_one_gets_back_in_with_a_code_and_a_new_password() -> None:
    cast.new_member(password=cast.PASSWORD)
    old, client = visits.as_member(Member.objects.get()), visits.visitor()

    asked = client.post("/forgot/", {"contact": "139 0013 9000"})
    hint = client.get(asked.headers["Location"]).context["hint"]
    answer = client.post("/forgot/code/", {"code": hint, "password": "seven-mossy-stones"})

    assert answer.headers["Location"] == "/"
    assert (signed_in(client), signed_in(old)) == (True, False)


def test_whether_a_contact_is_a_members_shows_in_no_answer_of_forgot() -> None:
    cast.new_member(password=cast.PASSWORD)
    seen = []
    for contact in ("13900139000", "13600136000"):
        client = visits.visitor()
        with CaptureQueriesContext(connection) as captured:
            answer = client.post("/forgot/", {"contact": contact})
        wrong = client.post("/forgot/code/", {"code": "000000", "password": "seven-mossy-stones"})
        seen.append((answer.status_code, answer.headers["Location"], answer.content, len(captured), errors(wrong)))

    assert seen[0] == seen[1]


PRIVATE = (
    "/",
    "/card/",
    "/points/",
    "/me/",
    "/me/profile/",
    "/me/messages/",
    "/messages/",
    "/mall/",
    "/tickets/",
    "/tasks/",
)


@pytest.mark.parametrize("path", PRIVATE)
def test_visitors_are_asked_to_sign_in_and_come_back(path: str) -> None:
    assert visits.visitor().get(path).headers["Location"] == f"/sign-in/?next={path}"


def test_staff_who_are_no_members_are_led_to_their_house() -> None:
    client = visits.visitor()
    client.force_login(cast.operator(), backend="django.contrib.auth.backends.ModelBackend")

    assert client.get("/").headers["Location"] == "/admin/"


def test_a_login_without_a_person_sees_nothing() -> None:
    client = visits.visitor()
    user = User.objects.create_user("ghost", password=cast.PASSWORD)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")

    assert client.get("/points/").status_code == 403


def test_a_closed_membership_says_so_and_shows_nothing_else() -> None:
    member = cast.gold_member(password=cast.PASSWORD)
    Account.objects.filter(pk=member.pk).update(status=Account.Status.CLOSED)
    client = visits.as_member(member)

    answers = [client.get(path) for path in ("/", "/points/", "/mall/", "/tasks/")]

    assert {answer.status_code for answer in answers} == {403}
    assert ["Your membership has ended" in answer.content.decode() for answer in answers] == [True] * 4
    assert client.post("/sign-out/").status_code == 302
