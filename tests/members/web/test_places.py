"""Where a member is signed in: seen, ended, and told of when it is new."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from loyalty import clock
from loyalty.models import Message, User
from members.entering import place_words, places
from members.models import Member, SignIn
from members.privacy import persons
from tests import cast, visits

pytestmark = pytest.mark.django_db
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 MicroMessenger/8.0.53"
COMPUTER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0"


class Clock:
    """The house's clock, turned by hand. It starts now, since sessions end by the machine's."""

    def __init__(self) -> None:
        self.at: datetime = clock.now()

    def later(self, **span: int) -> None:
        self.at += timedelta(**span)


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(clock, "now", lambda: found.at)
    return found


@pytest.fixture
def member() -> Member:
    return cast.new_member(password=cast.PASSWORD)


def come(member: Member, agent: str = PHONE, address: str = "203.0.113.77", client: Client | None = None) -> Client:
    """Signs in on the page as a browser does."""
    client = client or Client(headers={"Accept-Language": "en"})
    said = {"login": member.account.number, "password": cast.PASSWORD, "remember": "on"}
    answer = client.post("/sign-in/", said, headers={"User-Agent": agent}, REMOTE_ADDR=address)
    assert answer.status_code == 302
    return client


def listed(client: Client) -> list[Any]:
    return list(client.get("/me/devices/").context["places"])


def shown(client: Client) -> list[tuple[str, str, bool]]:
    return [(place.device, place.network, place.is_here) for place in listed(client)]


def notices() -> list[str]:
    return sorted(Message.objects.filter(key__startswith="sign_in.new").values_list("channel", flat=True))


def test_each_device_is_shown_in_words_with_this_one_first(member: Member) -> None:
    """7.5.2: sessions are listed; 14.2.4: addresses only without their last part."""
    here = come(member)
    come(member, COMPUTER, "2001:db8:1234:5678::9")

    assert shown(here) == [
        ("iPhone, WeChat", "203.0.113.*", True),
        ("Windows computer, Edge", "2001:0db8:1234:*", False),
    ]


def test_ending_one_takes_the_password_and_works_at_once(member: Member) -> None:
    """7.4.5, 7.5.2: who ends a session says the password again; the others go on."""
    here, there, third = come(member), come(member, COMPUTER), come(member, COMPUTER)
    ref = next(place.ref for place in listed(here) if place.ref == SignIn.objects.order_by("pk")[1].pk)

    asked = here.get(f"/me/devices/{ref}/end/")
    wrong = here.post(f"/me/devices/{ref}/end/", {"password": "guessed"})
    done = here.post(f"/me/devices/{ref}/end/", {"password": cast.PASSWORD})

    assert (asked.status_code, wrong.status_code, done.status_code) == (200, 422, 302)
    assert [each.get("/me/").status_code for each in (here, there, third)] == [200, 302, 200]
    assert len(listed(here)) == 2


def test_nobody_ends_what_is_not_theirs_nor_this_device_by_slip(member: Member) -> None:
    other = cast.member("陈默", phone="13700137000", password=cast.PASSWORD)
    here, theirs = come(member), come(other)
    refs = [place.ref for place in (*listed(here), *listed(theirs))]

    answers = [
        here.post(f"/me/devices/{ref}/end/", {"password": cast.PASSWORD}).status_code for ref in (*refs, 999_999)
    ]

    assert (answers, theirs.get("/me/").status_code) == ([404, 404, 404], 200)


def test_signing_out_everywhere_else_leaves_this_device_in(member: Member) -> None:
    """ASVS 7.4.3, 7.5.2: other sessions end."""
    here, there = visits.as_member(member), visits.as_member(member)
    there.get("/me/")

    wrong = here.post("/me/devices/", {"password": "guessed"})
    answer = here.post("/me/devices/", {"password": cast.PASSWORD})

    assert (wrong.status_code, answer.status_code) == (422, 302)
    assert (here.get("/me/").status_code, there.get("/me/").status_code) == (200, 302)
    assert [place.is_here for place in listed(here)] == [True]


def test_a_device_that_is_not_known_is_told_to_the_member_and_a_known_one_is_not(member: Member) -> None:
    """6.3.5: word of a sign-in from a new device. The first one ever tells nobody."""
    browser = come(member)
    first = notices()
    browser.post("/sign-out/")
    come(member, client=browser)
    known = notices()
    come(member)

    assert (first, known) == ([], [])
    assert notices() == ["email", "in_app", "sms"]


def test_the_word_names_device_and_time_in_both_languages(member: Member) -> None:
    come(member)
    come(member, COMPUTER)
    row = SignIn.objects.order_by("pk").last()
    assert row is not None

    (told,) = place_words.KINDS
    filled = told.fill(member.pk, {"sign_in": row.pk}, clock.now())

    assert filled is not None
    assert filled["device"] == {"zh": "Windows 电脑，Edge", "en": "Windows computer, Edge"}
    assert told.fill(member.pk, {"sign_in": 0}, clock.now()) is None


def test_looking_at_pages_writes_nothing_within_ten_minutes(member: Member, hands: Clock) -> None:
    """Last used is coarse, so that a page view costs no write."""
    client = come(member)
    client.get("/me/")
    began = SignIn.objects.get().seen_at
    hands.later(minutes=9)
    with CaptureQueriesContext(connection) as seen:
        client.get("/me/")
    early = SignIn.objects.get().seen_at
    hands.later(minutes=2)
    client.get("/me/")

    writes = [each["sql"] for each in seen if not each["sql"].startswith("SELECT")]
    assert (writes, early, SignIn.objects.get().seen_at) == ([], began, hands.at)


def test_what_ended_in_any_way_is_not_listed(member: Member) -> None:
    here, there, away = come(member), come(member, COMPUTER), come(member, COMPUTER)
    there.post("/sign-out/")
    Session.objects.filter(session_key=away.session.session_key).update(expire_date=clock.now() - timedelta(days=1))

    assert [place.is_here for place in listed(here)] == [True]


def test_neither_visitors_nor_staff_leave_a_row() -> None:
    visitor, staff = Client(), Client()
    staff.force_login(cast.operator())

    visitor.get("/sign-in/")
    staff.get("/admin/")

    assert (SignIn.objects.count(), "device" in visitor.cookies, "device" in staff.cookies) == (0, False, False)


def test_the_cookie_is_closed_to_scripts_and_only_its_hash_is_kept(member: Member) -> None:
    cookie = come(member).cookies["device"]

    assert (cookie["httponly"], cookie["samesite"], len(cookie.value)) == (True, "Lax", places.MARK_LENGTH)
    assert SignIn.objects.get().browser != cookie.value


@pytest.mark.parametrize("who", ["member", "staff"])
def test_a_login_that_is_disabled_is_out_at_the_next_request(member: Member, who: str) -> None:
    """7.4.2: disabling a login ends its sessions."""
    client = Client()
    user = member.user if who == "member" else cast.operator()
    assert user is not None
    client.force_login(user)
    page = "/me/" if who == "member" else "/admin/loyalty/order/"
    before = client.get(page).status_code

    User.objects.filter(pk=user.pk).update(is_active=False)

    assert (before, client.get(page).status_code) == (200, 302)


def test_sign_ins_are_told_in_the_copy_and_forgotten(member: Member) -> None:
    """14.2.7."""
    come(member)
    tables = {table.code: table for _dossier, kept in persons.tell([member.pk]) for table in kept}
    told = list(tables["signin"].rows())

    persons.forget(persons.gather(member.pk), clock.now())

    assert ([row[2:] for row in told], SignIn.objects.count()) == ([("iphone/wechat", "203.0.113.*")], 0)


def test_a_browser_unseen_for_longer_than_its_cookie_is_forgotten_but_not_the_latest(member: Member) -> None:
    come(member)
    come(member)
    SignIn.objects.update(seen_at=clock.now() - timedelta(days=401))

    assert places.sweep(clock.now(), "2026-11-22") == {"swept": 1}


@pytest.mark.parametrize(
    ("address", "kept"),
    [("203.0.113.77", "203.0.113.*"), ("2001:db8:1:2::/64", "2001:0db8:0001:*"), ("unknown", "")],
)
def test_an_address_is_kept_without_its_last_part(address: str, kept: str) -> None:
    assert places.masked(address) == kept
