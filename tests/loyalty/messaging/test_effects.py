"""What rules send: with the deed, once, only to who agreed, in their language."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from loyalty import outbox
from loyalty.admin import receipts
from loyalty.api import receipts as told
from loyalty.messaging import sending
from loyalty.models import GrantRecord, Message, MessageTemplate, MessageText, OutboxMessage
from members import consent
from members.entering import enrolment
from members.models import Member
from tests.loyalty.till import NOW, RATE, net, order, post, publish

pytestmark = pytest.mark.django_db
LETTER = {
    "effect": "letter.send",
    "subject_zh": "谢谢你，{name}",
    "text_zh": "下次见 {points}",
    "subject_en": "Thank you, {name}",
    "text_en": "See you",
}


def join(*, language: str = "zh-hans", marketing: bool = True) -> Member:
    publish("thanks", [LETTER])
    consents = {"terms": True, "marketing": marketing}
    return enrolment.enrol(
        source="api", now=NOW, name="小满", email="man@example.com", language=language, consents=consents
    )


def test_a_letter_is_left_with_the_deed_and_sent_once() -> None:
    member = join()

    post(order("A1", 10000, member.account))
    post(order("A1", 10000, member.account))
    waiting = OutboxMessage.objects.filter(topic=sending.TOPIC).count()
    drained = [outbox.drain(now=NOW).delivered for _ in range(2)]

    assert (waiting, drained, GrantRecord.objects.count()) == (1, [1, 0], 1)
    [sent] = mail.outbox
    assert (sent.to, sent.subject) == (["man@example.com"], "谢谢你，小满")
    assert sent.body.startswith("下次见 {points}\n\n")
    assert "不想再收到" in sent.body


@pytest.mark.parametrize(("language", "foot"), [("zh-hans", "不想再收到"), ("en", "You asked for offers and news")])
def test_the_whole_letter_is_in_the_members_language_whatever_the_process_speaks(language: str, foot: str) -> None:
    member = join(language=language)
    post(order("A1", 10000, member.account))

    with override("en" if language == "zh-hans" else "zh-hans"):
        outbox.drain(now=NOW)

    assert foot in mail.outbox[0].body


def test_a_letter_speaks_the_members_language() -> None:
    member = join(language="en")

    post(order("A1", 10000, member.account))
    outbox.drain(now=NOW)

    assert mail.outbox[0].subject == "Thank you, 小满"


def test_no_letter_goes_to_who_has_not_agreed_or_no_longer_does() -> None:
    member = join()
    post(order("A1", 10000, member.account))
    consent.answer(member, {"marketing": False}, now=NOW + timedelta(minutes=1))

    drained = outbox.drain(now=NOW + timedelta(minutes=2))

    assert (drained.delivered, mail.outbox) == (1, [])


def test_simulating_leaves_no_letter() -> None:
    from_rule = join()

    post(order("A1", 10000, from_rule.account), simulate=True)

    assert OutboxMessage.objects.count() == 0


def test_operators_read_in_the_receipt_that_a_letter_was_sent() -> None:
    member = join()

    receipt = post(order("A1", 10000, member.account))[0].receipt

    with override("zh-hans"):
        shown = [(step.name, step.how) for step in receipts.told(receipt).steps]
        said = told.steps([receipt])[0][0]["sentence"]

    assert (shown, said) == ([("thanks", "邮件“谢谢你，{name}”")], "邮件“谢谢你，{name}”")


def note(code: str = "thanks-note", **columns: str) -> None:
    """A template that any rule may send, by inbox and e-mail."""
    made = MessageTemplate.objects.create(code=code, kind="note", name_zh="感谢", name_en="Thanks", **columns)
    for channel in ("in_app", "email"):
        body = "{name}，你现在有 {points} 积分"
        MessageText.objects.create(template=made, channel=channel, language="zh-hans", subject="谢谢", body=body)


def member_told_by(effect: dict[str, str]) -> Member:
    publish("base", [RATE])
    publish("told", [{"effect": "message.send", "template": "thanks-note", **effect}])
    return enrolment.enrol(source="api", now=NOW, name="小满", email="man@example.com", consents={"terms": True})


def test_a_rule_sends_a_template_that_speaks_of_now() -> None:
    note()
    member = member_told_by({})

    post(order("A1", 10000, member.account))
    outbox.drain(now=NOW)

    [message] = Message.objects.filter(channel="in_app")
    assert (message.state, message.body) == ("sent", "小满，你现在有 100 积分")
    assert [sent.subject for sent in mail.outbox] == ["谢谢"]


def test_a_rule_may_choose_the_channel() -> None:
    note()
    member = member_told_by({"channels": "in_app"})

    post(order("A1", 10000, member.account))

    assert list(Message.objects.values_list("channel", flat=True)) == ["in_app"]


def test_who_hears_of_it_days_later_gets_points_and_no_message() -> None:
    note()
    member = member_told_by({})

    post(order("A1", 10000, member.account, at=NOW - timedelta(days=4)), now=NOW)

    assert (net(member.account), Message.objects.count()) == (100, 0)


def test_a_template_that_is_gone_stops_no_order() -> None:
    note()
    member = member_told_by({})
    MessageTemplate.objects.filter(code="thanks-note").delete()

    post(order("A1", 10000, member.account))

    assert (net(member.account), Message.objects.count()) == (100, 0)


def test_statements_do_not_grow_with_the_messages_of_a_batch() -> None:
    note()
    member_told_by({})
    people = [
        enrolment.enrol(source="api", now=NOW, name="x", email=f"p{number}@example.com", consents={"terms": True})
        for number in range(7)
    ]
    counts = []
    for start, batch in enumerate((people[:1], people[1:2], people[2:])):
        orders = [order(f"{start}-{person.pk}", 10000, person.account) for person in batch]
        with CaptureQueriesContext(connection) as seen:
            post(*orders)
        counts.append(len(seen))

    assert counts[2] == counts[1]
