"""The pages of the second factor, one step after the other."""

from datetime import datetime, timedelta
from urllib.parse import unquote

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.test import Client
from pytest_django import Settings

from loyalty import clock, outbox
from loyalty.models import AuditRecord, User
from loyalty.second_factor import codes, keeping
from tests import cast
from tests.loyalty.second_factor import phone

pytestmark = pytest.mark.django_db
ENTER, SET_UP, MANAGE = "/admin/second-factor/enter/", "/admin/second-factor/set-up/", "/admin/second-factor/"
CODES, OFF, LATER = "/admin/second-factor/codes/", "/admin/second-factor/off/", "/admin/second-factor/later/"


class Hands:
    """The house's clock, turned by hand."""

    def __init__(self) -> None:
        self.at: datetime = cast.NOW

    def later(self, **span: int) -> datetime:
        self.at += timedelta(**span)
        return self.at


@pytest.fixture(autouse=True)
def hands(monkeypatch: pytest.MonkeyPatch) -> Hands:
    found = Hands()
    monkeypatch.setattr(clock, "now", lambda: found.at)
    return found


@pytest.fixture(autouse=True)
def required(settings: Settings) -> None:
    settings.STAFF_SECOND_FACTOR = "required"


def came(user: User) -> Client:
    """They just signed in."""
    client = phone.desk(user)
    client.get("/admin/")
    return client


def proven(user: User, hands: Hands) -> tuple[Client, phone.Phone, list[str]]:
    app, written = phone.set_up(user, now=hands.at)
    client = came(user)
    client.post(ENTER, {"code": app.shows(hands.later(minutes=1))})
    return client, app, written


def test_setting_it_up_from_the_first_look_to_the_first_page(hands: Hands) -> None:
    user = phone.person(language="en")
    client = came(user)

    page = client.get(f"{SET_UP}?next=/admin/loyalty/order/")
    app = phone.Phone(page.context["secret"].replace(" ", ""))
    wrong = client.post(SET_UP, {"code": "000000", "next": "/admin/loyalty/order/"})
    right = client.post(SET_UP, {"code": app.shows(hands.at), "next": "/admin/loyalty/order/"})
    outbox.drain(now=hands.at)

    written = right.context["codes"].splitlines()
    assert (page.status_code, wrong.status_code, right.status_code) == (200, 422, 200)
    assert wrong.context["secret"] == page.context["secret"]
    assert len(written) == 10
    assert 'href="/admin/loyalty/order/"' in right.content.decode()
    assert unquote(right.context["file"]).splitlines()[2:] == written
    assert client.get("/admin/loyalty/order/").status_code == 200
    assert [letter.subject for letter in mail.outbox] == ["Your second factor is on"]
    assert AuditRecord.objects.latest("pk").address == "127.0.0.1"


def test_the_drawing_and_the_page_pass_the_content_policy() -> None:
    """Drawn into the page: no request, no script, no style."""
    page = came(phone.person()).get(SET_UP)

    drawing = page.content.decode().partition("<svg")[2].partition("</svg>")[0]
    assert ("style=" in drawing, "<script" in drawing, "<path" in drawing) == (False, False, True)
    assert "no-store" in page.headers["Cache-Control"]


def test_the_secret_waits_sealed_in_the_session() -> None:
    client = came(phone.person())

    shown = client.get(SET_UP).context["secret"].replace(" ", "")

    assert shown not in str(dict(client.session))


def test_codes_are_shown_once() -> None:
    user = phone.person()
    client = came(user)
    secret = client.get(SET_UP).context["secret"].replace(" ", "")
    first = client.post(SET_UP, {"code": phone.Phone(secret).shows(cast.NOW)}).context["codes"]

    again = client.post(SET_UP, {"code": phone.Phone(secret).shows(cast.NOW)})

    assert (again.status_code, again.headers["Location"]) == (302, MANAGE)
    assert first.splitlines()[0] not in client.get(MANAGE).content.decode()


def test_who_signed_in_long_ago_signs_in_again_first(hands: Hands) -> None:
    """7.5.1: an open session that was left alone cannot be armed by somebody else."""
    client = came(phone.person())
    hands.later(minutes=11)

    answer = client.get(SET_UP)

    assert answer.headers["Location"] == "/admin/login/?next=/admin/second-factor/set-up/"
    assert "_auth_user_id" not in client.session


def test_with_the_password_alone_nobody_replaces_an_app(hands: Hands) -> None:
    user = phone.person()
    phone.set_up(user, now=hands.at)
    client = came(user)

    seen = [client.get(page).headers["Location"].split("?")[0] for page in (SET_UP, MANAGE, CODES, OFF)]
    posted = [client.post(page, {"code": "000000"}).headers["Location"].split("?")[0] for page in (SET_UP, CODES, OFF)]

    assert (seen, posted) == ([ENTER] * 4, [ENTER] * 3)
    assert AuditRecord.objects.count() == 1


def test_the_page_about_it_says_how_many_codes_are_left(hands: Hands) -> None:
    user = phone.person()
    client, _app, written = proven(user, hands)
    keeping.prove(user=user, code=written[0], now=hands.at)

    page = client.get(MANAGE)

    assert (page.status_code, page.context["standing"].left) == (200, 9)


def test_a_recovery_code_lets_in_and_says_what_is_left(hands: Hands) -> None:
    user = phone.person()
    _app, written = phone.set_up(user, now=hands.at)
    client = came(user)

    asked = client.get(f"{ENTER}?with=recovery&next=/admin/")
    first = client.post(f"{ENTER}?with=recovery&next=/admin/", {"code": written[0]}, follow=True)

    assert "Recovery code" in asked.content.decode()
    assert first.redirect_chain == [("/admin/", 302)]
    assert "you have 9 more" in first.content.decode()


def test_new_recovery_codes_for_a_fresh_code(hands: Hands) -> None:
    user = phone.person()
    client, app, old = proven(user, hands)

    replayed = client.post(CODES, {"code": app.shows(hands.at)})
    fresh = client.post(CODES, {"code": app.shows(hands.later(minutes=1))})

    new = fresh.context["codes"].splitlines()
    assert (replayed.status_code, fresh.status_code, len(new), set(new) & set(old)) == (422, 200, 10, set())


def test_moving_to_another_app(hands: Hands) -> None:
    user = phone.person()
    client, app, _written = proven(user, hands)
    hands.later(minutes=20)

    off = client.post(OFF, {"code": app.shows(hands.at)})
    other = phone.Phone(client.get(SET_UP).context["secret"].replace(" ", ""))
    on = client.post(SET_UP, {"code": other.shows(hands.at)})

    assert (off.headers["Location"], on.status_code, other.secret != app.secret) == (SET_UP, 200, True)
    assert client.get("/admin/").status_code == 200


def test_switched_off_where_it_is_offered(hands: Hands, settings: Settings) -> None:
    settings.STAFF_SECOND_FACTOR = "offered"
    user = phone.person()
    client, app, _written = proven(user, hands)

    off = client.post(OFF, {"code": app.shows(hands.later(minutes=1))}, follow=True)

    assert off.redirect_chain == [("/admin/", 302)]
    assert Authenticator.objects.count() == 0


def test_the_first_page_offers_it_until_later_is_pressed(settings: Settings) -> None:
    settings.STAFF_SECOND_FACTOR = "offered"
    client = came(phone.person())
    before = client.get("/admin/").context["second_factor_hint"]

    refused = client.get(LATER).status_code
    client.post(LATER)

    assert (before, refused, client.get("/admin/").context["second_factor_hint"]) == (True, 405, False)
    assert phone.desk(User.objects.get()).get("/admin/").context["second_factor_hint"] is True


def test_changes_need_the_token_of_the_form(hands: Hands) -> None:
    user = phone.person()
    app, _written = phone.set_up(user, now=hands.at)
    client = Client(enforce_csrf_checks=True)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")

    answer = client.post(ENTER, {"code": app.shows(hands.later(minutes=1))})

    assert answer.status_code == 403


def test_codes_come_from_the_apps_clock_within_one_step(hands: Hands) -> None:
    user = phone.person()
    app, _written = phone.set_up(user, now=hands.at)
    client = came(user)
    hands.later(minutes=5)

    slow = client.post(ENTER, {"code": app.shows(hands.at, -2)}).status_code
    near = client.post(ENTER, {"code": app.shows(hands.at, -1)}).status_code

    assert (slow, near, codes.TOLERANCE) == (422, 302, 1)
