"""Deeds that move value ask for the second factor again; a superuser takes a lost one off a colleague."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from loyalty import clock
from loyalty.admin.audit import VERBS, deed_in_words
from loyalty.models import Approval, AuditRecord, User
from loyalty.second_factor import keeping
from loyalty.second_factor.notices import Notice
from tests import cast
from tests.loyalty import desk
from tests.loyalty.second_factor import phone
from tests.loyalty.till import open_account

pytestmark = pytest.mark.django_db
ENTER = "/admin/second-factor/enter/"


class Hands:
    at = cast.NOW

    def later(self, **span: int) -> None:
        self.at += timedelta(**span)


@pytest.fixture(autouse=True)
def hands(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Hands:
    settings.STAFF_SECOND_FACTOR = "required"
    found = Hands()
    monkeypatch.setattr(clock, "now", lambda: found.at)
    return found


def proven(user: User, hands: Hands) -> tuple[Client, phone.Phone]:
    app, _written = phone.set_up(user, now=hands.at)
    client = phone.desk(user)
    client.get("/admin/")
    hands.later(minutes=1)
    client.post(ENTER, {"code": app.shows(hands.at)})
    return client, app


def wish(hands: Hands) -> tuple[Approval, str]:
    """A clerk's wish over their limit, and the address that approves it."""
    asked = desk.ask(desk.person("clerk", "clerk"), open_account(), 5000, now=hands.at)
    return asked, reverse("admin:loyalty_approval_approve", args=[asked.pk])


def test_a_code_of_the_last_ten_minutes_is_enough(hands: Hands) -> None:
    """7.5.3."""
    client, _app = proven(desk.person("boss", "supervisor"), hands)
    asked, address = wish(hands)
    hands.later(minutes=9, seconds=59)

    seen = client.get(address).status_code
    client.post(address, {"answer": "fine"})

    asked.refresh_from_db()
    assert (seen, asked.state) == (200, Approval.State.APPROVED)


def test_an_older_code_is_asked_for_again_and_leads_back_with_what_was_typed(hands: Hands) -> None:
    """7.5.3: approving value with a code older than ten minutes does nothing."""
    client, app = proven(desk.person("boss", "supervisor"), hands)
    asked, address = wish(hands)
    hands.later(minutes=10)

    led = client.post(address, {"answer": "I looked at the receipt"})
    asked.refresh_from_db()
    before = asked.state
    back = client.post(led.headers["Location"], {"code": app.shows(hands.at)}, follow=True)
    again = client.post(address, {"answer": "I looked at the receipt"})
    asked.refresh_from_db()

    assert led.headers["Location"].startswith(f"{ENTER}?next=")
    assert (before, back.redirect_chain) == (Approval.State.WAITING, [(address, 302)])
    assert 'value="I looked at the receipt"' in back.content.decode()
    assert (again.status_code, asked.state) == (302, Approval.State.APPROVED)


def test_looking_at_it_asks_as_well(hands: Hands) -> None:
    client, _app = proven(desk.person("boss", "supervisor"), hands)
    _asked, address = wish(hands)
    hands.later(minutes=10)

    assert client.get(address).headers["Location"].startswith(f"{ENTER}?next=")


def test_saying_no_moves_nothing_and_asks_nothing(hands: Hands) -> None:
    client, _app = proven(desk.person("boss", "supervisor"), hands)
    asked, address = wish(hands)
    hands.later(minutes=10)

    client.post(address.replace("approve", "reject"), {"answer": "not ours"})

    asked.refresh_from_db()
    assert asked.state == Approval.State.REJECTED


def test_where_it_is_offered_those_without_one_approve_as_before(hands: Hands, settings: Settings) -> None:
    settings.STAFF_SECOND_FACTOR = "offered"
    asked, address = wish(hands)

    phone.desk(desk.person("boss", "supervisor")).post(address, {"answer": ""})

    asked.refresh_from_db()
    assert asked.state == Approval.State.APPROVED


def test_a_superuser_resets_a_colleagues_with_a_reason(hands: Hands) -> None:
    client, _app = proven(phone.person("root"), hands)
    colleague = phone.person("colleague", is_superuser=False)
    phone.set_up(colleague, now=hands.at)
    address = reverse("admin:loyalty_user_reset_second_factor", args=[colleague.pk])

    asked = client.get(address)
    unreasoned = client.post(address, {"reason": ""})
    kept = keeping.factor_of(colleague.pk)
    done = client.post(address, {"reason": "lost phone, called back"})

    record = AuditRecord.objects.filter(deed="second_factor.reset").get()
    assert (asked.status_code, unreasoned.status_code, kept is None, done.status_code) == (200, 200, False, 302)
    assert keeping.factor_of(colleague.pk) is None
    assert (record.actor, record.reason) == (User.objects.get(username="root"), "lost phone, called back")


def test_the_button_is_for_superusers_and_others_logins_that_have_one(hands: Hands) -> None:
    client, _app = proven(phone.person("root"), hands)
    own, bare = User.objects.get(username="root"), phone.person("bare")
    colleague = phone.person("colleague")
    phone.set_up(colleague, now=hands.at)

    pages = [client.get(reverse("admin:loyalty_user_change", args=[each.pk])) for each in (own, bare, colleague)]

    assert ["reset_second_factor" in page.content.decode() for page in pages] == [False, False, True]


def test_ones_own_is_never_reset_by_hand(hands: Hands) -> None:
    user = phone.person("root")
    client, _app = proven(user, hands)

    client.post(reverse("admin:loyalty_user_reset_second_factor", args=[user.pk]), {"reason": "because"})

    assert keeping.factor_of(user.pk) is not None


def test_the_audit_trail_says_it_in_words(hands: Hands) -> None:
    client, _app = proven(phone.person("root"), hands)

    told = [deed_in_words(record) for record in AuditRecord.objects.all()]
    page = client.get(reverse("admin:loyalty_auditrecord_changelist"), headers={"Accept-Language": "en"})

    assert [each.partition(" · ")[2] for each in told] == [str(VERBS["second_factor.on"])]
    assert "login · second factor set up" in page.content.decode()
    assert {f"second_factor.{notice}" for notice in Notice} <= set(VERBS)


def test_the_list_of_logins_shows_who_has_one(hands: Hands) -> None:
    client, _app = proven(phone.person("root"), hands)
    phone.person("bare")

    rows = client.get(reverse("admin:loyalty_user_changelist")).context["cl"].result_list

    assert {row.username: row.has_second_factor for row in rows} == {"root": True, "bare": False}
