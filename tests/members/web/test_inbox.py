"""The member's messages: the list, one letter, and what one wants to hear of."""

from datetime import timedelta

import pytest

from loyalty.messaging import inbox, preferences
from loyalty.models import Message
from members import consent
from members.models import Member
from tests import cast, visits

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


def letter(member: Member, subject: str = "Hello", *, ago: timedelta = timedelta(), **columns: str) -> Message:
    """A message that arrived in the inbox so long ago."""
    at = cast.NOW - ago
    told = {"purpose": "service", "channel": "in_app", "state": "sent", "body": "A line.\n\nAnother.", **columns}
    key = f"{member.pk}:{subject}"
    return Message.objects.create(account=member.account, key=key, subject=subject, created_at=at, sent_at=at, **told)


@pytest.fixture
def member() -> Member:
    return cast.new_member(password=cast.PASSWORD)


def test_messages_stand_by_day_newest_first_and_new_ones_are_marked(member: Member) -> None:
    letter(member, "Now")
    letter(member, "Earlier today", ago=timedelta(hours=2))
    letter(member, "Yesterday's", ago=timedelta(days=1))
    letter(member, "Last week's", ago=timedelta(days=7))

    answer = visits.as_member(member).get("/messages/")

    days = [(day.name, [row.subject for row in day.rows]) for day in answer.context["days"]]
    assert days == [
        ("Today", ["Now", "Earlier today"]),
        ("Yesterday", ["Yesterday's"]),
        ("", ["Last week's"]),
    ]
    assert answer.content.decode().count('class="new"') == 4


def test_an_empty_inbox_is_kind() -> None:
    page = visits.as_member(cast.new_member(password=cast.PASSWORD)).get("/messages/").content.decode()

    assert "All quiet, and that is fine" in page
    assert "Mark all as read" not in page


def test_the_dot_is_on_every_page_until_the_message_is_opened(member: Member) -> None:
    client = visits.as_member(member)
    message = letter(member, link="/points/")
    seen = ["New messages" in client.get(path).content.decode() for path in ("/", "/points/", "/me/", "/mall/")]

    page = client.get(f"/messages/{message.pk}/").content.decode()

    assert seen == [True] * 4
    assert ('href="/points/"' in page, "<p>Another.</p>" in page) == (True, True)
    assert "New messages" not in client.get("/").content.decode()
    message.refresh_from_db()
    assert message.read_at == cast.NOW


def test_all_can_be_read_at_once(member: Member) -> None:
    for number in range(3):
        letter(member, str(number))
    client = visits.as_member(member)

    answer = client.post("/messages/read/")

    assert answer.headers["Location"] == "/messages/"
    assert inbox.has_unread(member.pk) is False
    assert client.get("/messages/read/").status_code == 405


def test_others_messages_and_those_that_never_arrived_are_not_there(member: Member) -> None:
    """Abuse 20: the address of another's message, and of one's own e-mail."""
    other = cast.member(phone="13600136000")
    hidden = [
        letter(other),
        letter(member, "queued", state="queued"),
        letter(member, "mail", channel="email"),
    ]
    client = visits.as_member(member)

    answers = [client.get(f"/messages/{message.pk}/").status_code for message in hidden]

    assert answers == [404, 404, 404]
    assert client.get("/messages/").context["days"] == []


def test_the_list_costs_the_same_however_long_it_is(member: Member) -> None:
    client = visits.as_member(member)
    letter(member, "first")
    one = visits.queries(client, "/messages/")
    for number in range(30):
        letter(member, str(number), ago=timedelta(hours=number))

    assert visits.queries(client, "/messages/") == one
    assert client.get("/messages/?page=2").content.decode().count("<time") == 11


def test_choices_are_kept_by_purpose_and_channel(member: Member) -> None:
    client = visits.as_member(member)
    before = client.get("/me/messages/").content.decode()

    client.post("/me/messages/", {"service-email": "on", "marketing-in_app": "on", "agreed": "on"})

    on = {choice for choice, is_on in preferences.of(member.pk).items() if is_on}
    assert before.count(" checked") == 6
    assert on == {("service", "in_app"), ("service", "email"), ("marketing", "in_app")}
    assert consent.given(member)["marketing"] is True


def test_saying_no_to_offers_takes_the_consent_back(member: Member) -> None:
    consent.answer(member, {"marketing": True}, now=cast.NOW - timedelta(days=1))
    client = visits.as_member(member)

    client.post("/me/messages/", {})

    assert consent.given(member)["marketing"] is False


def test_what_a_person_was_told_goes_with_the_person(member: Member) -> None:
    letter(member)
    preferences.choose(member.pk, {("service", "sms"): False}, now=cast.NOW)

    inbox.forget(member.pk)

    assert (Message.objects.count(), preferences.of(member.pk)["service", "sms"]) == (0, True)
