"""A password alone opens nothing behind the gate."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import get_resolver, reverse
from pytest_django import Settings

from loyalty import clock
from loyalty.models import User
from loyalty.second_factor import keeping
from tests import cast, visits
from tests.cast import PASSWORD
from tests.loyalty.second_factor import phone

pytestmark = pytest.mark.django_db
ENTER, SET_UP, MANAGE = "/admin/second-factor/enter/", "/admin/second-factor/set-up/", "/admin/second-factor/"
OPEN = {"/admin/login/", "/admin/logout/"}
FILLED = re.compile(r"%\((\w+)\)s")


@pytest.fixture(autouse=True)
def required(settings: Settings) -> None:
    settings.STAFF_SECOND_FACTOR = "required"


def addresses() -> Iterator[str]:
    """Every address of the admin site, whatever its views are, with something in every blank."""
    [(_prefix, (base, resolver))] = [
        item for item in get_resolver().namespace_dict.items() if item[0] == admin.site.name
    ]
    for name in resolver.reverse_dict:
        for ways, *_rest in resolver.reverse_dict.getlist(name):
            for template, blanks in ways:
                yield "/" + base + template % dict.fromkeys(blanks, "1")


def typed(client: Client, app: phone.Phone) -> Any:
    """Types the code of the next step, as that of this one may be used."""
    return client.post(ENTER, {"code": app.shows(clock.now(), 1)})


def armed(name: str = "lin") -> tuple[User, phone.Phone, list[str]]:
    user = phone.person(name)
    return user, *phone.set_up(user, now=clock.now() - timedelta(minutes=5))


def test_every_admin_address_is_closed_to_a_password_alone() -> None:
    """6.3.3, 6.3.4, 8.4.2: all of them, read and written, registered or not."""
    user, _app, _written = armed()
    client = phone.desk(user)
    known = set(addresses()) - OPEN
    tried = sorted(known | {"/admin/nothing/", "/admin/loyalty/", "/admin/search/?s=lin"})

    passed = {
        f"{method} {address}"
        for address in tried
        for method in ("GET", "POST")
        if not client.generic(method, address).headers.get("Location", "").startswith(ENTER)
    }

    assert len(known) > 300
    assert passed == set()


def test_without_a_factor_it_leads_to_setting_one_up() -> None:
    client = phone.desk(phone.person())
    some = sorted(set(addresses()) - OPEN)[::9]

    led = {client.get(address).headers.get("Location", "").split("?")[0] for address in some}

    assert led == {SET_UP}


def test_scripts_and_frames_are_refused_instead_of_led_astray() -> None:
    user, _app, _written = armed()

    answer = phone.desk(user).get("/admin/search/?s=lin", headers={"Sec-Fetch-Mode": "cors"})

    assert answer.status_code == 403


def test_a_code_opens_it_and_leads_on() -> None:
    user, app, _written = armed()
    client = phone.desk(user)
    wanted = "/admin/loyalty/order/?q=1"

    led = client.get(wanted)
    entered = client.post(led.headers["Location"], {"code": app.shows(clock.now())})

    assert entered.headers["Location"] == wanted
    assert client.get(wanted).status_code == 200


@pytest.mark.parametrize("where", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_it_never_leads_elsewhere(where: str) -> None:
    user, app, _written = armed()

    answer = phone.desk(user).post(f"{ENTER}?next={where}", {"code": app.shows(clock.now())})

    assert answer.headers["Location"] == reverse("admin:index")


def test_a_wrong_code_opens_nothing() -> None:
    user, _app, _written = armed()
    client = phone.desk(user)

    said = client.post(ENTER, {"code": "000000"})

    assert (said.status_code, client.get("/admin/").status_code) == (422, 302)


def test_the_sixth_try_is_refused_with_a_page() -> None:
    user, app, _written = armed()
    client = phone.desk(user)

    statuses = [client.post(ENTER, {"code": "000000"}).status_code for _turn in range(5)]

    assert statuses == [422] * 5
    assert typed(client, app).status_code == 429


def test_what_one_browser_proved_counts_in_no_other() -> None:
    user, app, _written = armed()
    first, second = phone.desk(user), phone.desk(user)

    typed(first, app)

    assert [client.get("/admin/").status_code for client in (first, second)] == [200, 302]


def test_the_session_key_changes_with_the_proof() -> None:
    """7.2.4."""
    user, app, _written = armed()
    client = phone.desk(user)
    before = client.session.session_key

    typed(client, app)

    assert client.session.session_key != before


def test_another_login_in_the_same_browser_proves_it_anew() -> None:
    user, app, _written = armed()
    other, _other_app, _other_written = armed("other")
    client = phone.desk(user)
    typed(client, app)

    client.force_login(other, backend="django.contrib.auth.backends.ModelBackend")

    assert client.get("/admin/").headers["Location"].startswith(ENTER)


def test_a_new_password_brings_no_proof() -> None:
    """6.4.3: whoever got a password reset still has to type a code."""
    user, app, _written = armed()
    client = phone.desk(user)
    typed(client, app)
    user.set_password("another-quiet-cat")
    user.save()

    fresh = Client()
    signed_in = fresh.post("/admin/login/?next=/admin/", {"username": "lin", "password": "another-quiet-cat"})

    assert client.get("/admin/").headers["Location"].startswith("/admin/login/")
    assert signed_in.headers["Location"] == "/admin/"
    assert fresh.get("/admin/").headers["Location"].startswith(ENTER)


def test_signing_in_on_the_members_page_opens_nothing_more() -> None:
    """6.4.3: the other door of the house leads to the same gate."""
    armed()
    client = Client()

    client.post("/sign-in/", {"login": "lin", "password": PASSWORD})

    assert "_auth_user_id" in client.session
    assert client.get("/admin/").headers["Location"].startswith(ENTER)


def test_reset_by_a_superuser_it_closes_every_open_session() -> None:
    user, app, _written = armed()
    client = phone.desk(user)
    typed(client, app)
    before = client.get("/admin/").status_code

    keeping.reset(user=user, reason="lost", now=clock.now())

    assert (before, client.get("/admin/").headers["Location"].split("?")[0]) == (200, SET_UP)


def test_members_and_visitors_never_meet_it(settings: Settings) -> None:
    member = visits.as_member(cast.gold_member(password=PASSWORD))

    assert [member.get("/").status_code, Client().get("/sign-in/").status_code] == [200, 200]
    assert member.get(MANAGE).headers["Location"].startswith("/admin/login/")
    assert Client().get(ENTER).headers["Location"].startswith("/admin/login/")


def test_where_it_is_offered_only_those_who_have_one_are_asked(settings: Settings) -> None:
    settings.STAFF_SECOND_FACTOR = "offered"
    user, _app, _written = armed()

    seen = [phone.desk(each).get("/admin/").status_code for each in (phone.person("none"), user)]

    assert seen == [200, 302]
