"""Letters that rules send: with the deed, once, only to who agreed, in their language."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils.translation import override

from loyalty import outbox
from loyalty.admin import receipts
from loyalty.api import receipts as told
from loyalty.models import GrantRecord, OutboxMessage
from members import consent, enrolment, letters
from members.models import Member
from tests.loyalty.till import NOW, order, post, publish

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
    waiting = OutboxMessage.objects.filter(topic=letters.TOPIC).count()
    drained = [outbox.drain(now=NOW).delivered for _ in range(2)]

    assert (waiting, drained, GrantRecord.objects.count()) == (1, [1, 0], 1)
    [sent] = mail.outbox
    assert (sent.to, sent.subject) == (["man@example.com"], "谢谢你，小满")
    assert sent.body.startswith("下次见 {points}\n\n")
    assert "退订" in sent.body


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
