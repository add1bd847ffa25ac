"""Joining, signing in and out."""

from typing import Any

import pytest
from django.test import Client

from loyalty.models import Account, Event, RateCounter, User
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

    answer = client.post("/join/", FORM)

    member = Member.objects.get()
    assert "100 points to start with" in page
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert (member.name, member.phone, member.language, member.source) == ("周一诺", "+8613900139000", "en", "web")
    assert consent.given(member) == {"terms": True, "marketing": True, "profiling": False}
    assert "<strong>100</strong>" in client.get("/").content.decode()


def test_an_email_address_does_as_well_as_a_phone() -> None:
    visits.visitor().post("/join/", {**FORM, "contact": "Nuo@Example.com", "birthday": "1999-11-08"})

    assert Member.objects.values_list("email", "phone", "birthday__year").get() == ("nuo@example.com", None, 1999)


def test_the_form_sent_twice_makes_one_member_who_is_signed_in_both_times() -> None:
    """Two presses before the first answer came: two requests without a session."""
    first, second = visits.visitor(), visits.visitor()

    answers = [client.post("/join/", FORM) for client in (first, second)]

    assert [answer.headers["Location"] for answer in answers] == ["/", "/"]
    assert (Member.objects.count(), Event.objects.filter(kind="member.joined").count()) == (1, 1)
    assert (signed_in(first), signed_in(second)) == (True, True)


def test_somebody_elses_phone_is_refused_without_the_password() -> None:
    cast.new_member(password="another-password-entirely")
    client = visits.visitor()

    answer = client.post("/join/", FORM)

    assert answer.status_code == 409
    assert list(errors(answer)) == ["contact"]
    assert signed_in(client) is False


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


def test_how_to_get_back_in_is_told_without_a_form() -> None:
    page = visits.visitor().get("/forgot/").content.decode()

    assert "we set a new password with you on the spot" in page
    assert 'method="post"' not in page.partition("<main")[2]


@pytest.mark.parametrize("path", ["/", "/card/", "/points/", "/me/", "/me/profile/", "/mall/", "/tickets/", "/tasks/"])
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
