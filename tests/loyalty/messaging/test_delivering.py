"""What becomes of a queued message when its time comes."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import transaction

from loyalty import outbox
from loyalty.ledger import spending
from loyalty.messaging import delivering, preferences, sending
from loyalty.messaging.channels import ConsoleSms, Rejected
from loyalty.messaging.rendering import Rendered
from loyalty.models import Account, Lot, Message, MessageTemplate, MessageText, OutboxMessage
from members import consent
from members.models import Member
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
State, Reason = Message.State, Message.Reason


@pytest.fixture
def member() -> Member:
    person = cast.new_member()
    Member.objects.filter(pk=person.pk).update(email="nuo@example.com", language="zh-hans")
    return person


def template(*, purpose: str = "service", body: str = "{name}，你好", **columns: Any) -> MessageTemplate:
    """A note in Chinese by e-mail and text message."""
    made = MessageTemplate.objects.create(code="hello", kind="note", name_zh="问候", purpose=purpose, **columns)
    for channel in ("email", "sms"):
        MessageText.objects.create(template=made, channel=channel, language="zh-hans", subject="问候", body=body)
    return made


def send(member: Member, *, key: str = "k", template: str = "hello", **params: Any) -> None:
    sending.send(account_ids=[member.pk], template=template, params=params, key=key, now=cast.NOW)


def states() -> dict[str, tuple[str, str]]:
    return {row.channel: (row.state, row.reason) for row in Message.objects.all()}


def drain(later: timedelta = timedelta()) -> outbox.Drained:
    return outbox.drain(now=cast.NOW + later)


def test_a_message_goes_to_every_channel_it_is_written_for_and_always_to_the_inbox(member: Member) -> None:
    template()

    send(member)
    drained = drain()

    sent = (State.SENT, "")
    assert (drained.delivered, states()) == (3, {"in_app": sent, "email": sent, "sms": sent})
    assert (mail.outbox[0].to, mail.outbox[0].subject) == (["nuo@example.com"], "问候")
    to, rendered = ConsoleSms.printed[-1]
    assert (to, rendered.body) == ("+8613900139000", "周一诺，你好")
    assert set(Message.objects.values_list("channel", "sent_to")) == {
        ("in_app", ""),
        ("email", "n***@example.com"),
        ("sms", "139****9000"),
    }


def test_nothing_is_queued_where_the_deed_is_undone(member: Member) -> None:
    template()

    with transaction.atomic():
        send(member)
        transaction.set_rollback(True)

    assert (Message.objects.count(), OutboxMessage.objects.count()) == (0, 0)


def test_the_same_key_is_never_sent_twice_even_after_the_queue_was_swept(member: Member) -> None:
    template()
    send(member)
    drain()
    OutboxMessage.objects.all().delete()

    send(member)
    drain()

    assert (Message.objects.count(), len(mail.outbox)) == (3, 1)


@pytest.mark.parametrize(("spent", "told"), [(100, None), (60, "40"), (0, "100")])
def test_a_reminder_says_what_is_left_when_it_goes_or_is_not_sent(member: Member, spent: int, told: str | None) -> None:
    """E45: 100 points were about to expire; all of them spent: suppressed; 40 left: it says 40."""
    cast.give(member.pk, 100)
    last_at = Lot.objects.get(account_id=member.pk).last_at
    assert last_at is not None
    params = {"currency": "points", "on": last_at.astimezone().date().isoformat()}
    send(member, template="points-expiring", **params)
    if spent:
        spending.spend(account_id=member.pk, amount=spent, now=cast.NOW)

    drain()

    [message] = Message.objects.filter(channel="in_app")
    if told is None:
        assert (message.state, message.reason, mail.outbox) == (State.SUPPRESSED, Reason.MOOT, [])
    else:
        assert (message.state, message.subject[:6]) == (State.SENT, f"{told} 积分将在"[:6])


def test_offers_go_only_to_who_agrees_when_they_are_sent(member: Member) -> None:
    template(purpose="marketing")
    consent.answer(member, {"marketing": True}, now=cast.NOW)
    send(member)
    consent.answer(member, {"marketing": False}, now=cast.NOW + timedelta(minutes=1))

    drain(timedelta(minutes=2))

    held = (State.SUPPRESSED, Reason.NO_CONSENT)
    assert states() == {"email": held, "sms": held}


def test_a_channel_that_is_switched_off_stays_silent(member: Member) -> None:
    template()
    preferences.choose(member.pk, {("service", "email"): False}, now=cast.NOW)

    send(member)
    drain()

    assert states()["email"] == (State.SUPPRESSED, Reason.SWITCHED_OFF)
    assert (states()["in_app"], mail.outbox) == ((State.SENT, ""), [])


def test_who_has_left_hears_nothing(member: Member) -> None:
    template()
    send(member)
    Account.objects.filter(pk=member.pk).update(status=Account.Status.CLOSED)

    drain()

    assert set(states().values()) == {(State.SUPPRESSED, Reason.LEFT)}


def test_an_erased_person_hears_nothing(member: Member) -> None:
    template()
    send(member)
    Member.objects.filter(pk=member.pk).delete()

    drain()

    assert set(states().values()) == {(State.SUPPRESSED, Reason.LEFT)}


def test_without_an_address_the_others_are_still_reached(member: Member) -> None:
    template()
    Member.objects.filter(pk=member.pk).update(email=None)

    send(member)
    drain()

    assert states()["email"] == (State.SUPPRESSED, Reason.NO_ADDRESS)
    assert states()["sms"] == (State.SENT, "")


def test_a_template_taken_out_of_use_stops_what_is_queued(member: Member) -> None:
    made = template()
    send(member)
    MessageTemplate.objects.filter(pk=made.pk).update(is_active=False)

    drain()

    assert set(states().values()) == {(State.SUPPRESSED, Reason.TEMPLATE_OFF)}


def test_a_text_with_an_unknown_variable_is_not_sent_and_the_log_names_it(member: Member) -> None:
    """Bad input 105: it cannot be saved; where it got in all the same, nothing is sent."""
    template(body="{name}，你有 {unicorns}")

    send(member)
    drained = drain()

    assert (drained.dead, mail.outbox) == (3, [])
    assert {"unicorns" in row.error for row in Message.objects.all()} == {True}


def test_a_failing_mail_server_is_tried_again(member: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    template()
    send(member)
    with monkeypatch.context() as broken:
        broken.setattr("loyalty.messaging.channels.Email.deliver", _refused)
        first = drain()
    between = states()["email"]

    second = drain(timedelta(minutes=1))

    assert ((first.delivered, first.retried), between) == ((2, 1), (State.FAILED, ""))
    assert (second.delivered, states()["email"], len(mail.outbox)) == (1, (State.SENT, ""), 1)


def _refused(_channel: object, _to: str, _rendered: Rendered) -> str:
    raise ConnectionRefusedError


def test_what_a_provider_will_never_take_is_given_up_at_once(member: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    def reject(_channel: object, _to: str, _rendered: Rendered) -> str:
        raise Rejected("blacklisted")

    template()
    monkeypatch.setattr(ConsoleSms, "deliver", reject)

    send(member)
    drained = drain()

    assert (drained.dead, states()["sms"]) == (1, (State.FAILED, Reason.REFUSED))


def test_text_messages_stop_at_the_cap_of_a_number_and_at_everybodys_budget(member: Member, settings: Any) -> None:
    """Abuse 17: however much is queued, no more is paid for than the caps allow."""
    template()
    settings.SMS_DAILY_PER_NUMBER, settings.SMS_DAILY_BUDGET = 3, 5
    before = len(ConsoleSms.printed)
    for number in range(6):
        send(member, key=f"k{number}")
    other = cast.member(phone="13600136000")
    for number in range(3):
        send(other, key=f"k{number}")

    drain()

    reasons = list(Message.objects.filter(channel="sms").order_by("created_at", "pk").values_list("reason", flat=True))
    assert len(ConsoleSms.printed) - before == 5
    assert reasons == ["", "", "", *[Reason.NUMBER_CAP] * 3, "", "", Reason.BUDGET]


def test_offers_by_mail_end_with_one_request(member: Member, settings: Any) -> None:
    settings.SITE_URL = "https://club.example"
    template(purpose="marketing", link="/mall/")
    consent.answer(member, {"marketing": True}, now=cast.NOW)

    send(member)
    drain()

    [sent] = mail.outbox
    told = sent.extra_headers["List-Unsubscribe"]
    assert told.startswith("<https://club.example/unsubscribe/")
    assert sent.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert told.strip("<>") in sent.body
    assert "https://club.example/mall/" in sent.body


def test_a_repeat_of_one_delivery_bears_the_same_message_id(member: Member) -> None:
    template()
    send(member)
    drain()
    Message.objects.filter(channel="email").update(state=State.QUEUED)

    delivering.deliver(Message.objects.get(channel="email").key, now=cast.NOW)

    first, second = (sent.extra_headers["Message-ID"] for sent in mail.outbox)
    assert first == second


def test_queries_of_queuing_do_not_grow_with_the_accounts(member: Member, django_assert_num_queries: Any) -> None:
    template()
    others = [cast.member(phone=f"1360013600{number}").pk for number in range(5)]

    with django_assert_num_queries(6):
        sending.send(account_ids=[member.pk], template="hello", params={}, key="one", now=cast.NOW)
    with django_assert_num_queries(6):
        sending.send(account_ids=others, template="hello", params={}, key="many", now=cast.NOW)
