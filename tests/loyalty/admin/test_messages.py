"""Templates and the log of messages, as staff meet them in the back office."""

from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from loyalty import outbox
from loyalty.messaging import sending
from loyalty.messaging.channels import ConsoleSms
from loyalty.models import Message, MessageTemplate, MessageText, User
from members.models import Member
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


@pytest.fixture
def staff() -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(cast.operator(), backend="django.contrib.auth.backends.ModelBackend")
    return client


def filled(body: str, **columns: str) -> dict[str, str]:
    head = {"name_zh": "问候", "name_en": "Hello", "code": "hello", "kind": "note", "purpose": "service"}
    text = {"channel": "email", "language": "zh-hans", "subject": "你好 {name}", "body": body, "vendor_code": ""}
    counts = {"TOTAL_FORMS": "1", "INITIAL_FORMS": "0", "MIN_NUM_FORMS": "0", "MAX_NUM_FORMS": "1000"}
    rest = {"link": "", "reminder_days": "[]", "is_active": "on"}
    formset = {f"texts-{name}": value for name, value in counts.items()}
    return head | rest | formset | {f"texts-0-{name}": value for name, value in text.items()} | columns


def add(staff: Client, body: str, **columns: str) -> Any:
    return staff.post(reverse("admin:loyalty_messagetemplate_add"), filled(body, **columns))


def test_a_template_is_written_with_its_texts(staff: Client) -> None:
    answer = add(staff, "{name}，你有 {points} 积分")

    assert answer.status_code == 302
    text = MessageText.objects.get(template__code="hello")
    assert (text.channel, text.language, text.body) == ("email", "zh-hans", "{name}，你有 {points} 积分")
    assert MessageTemplate.history.filter(code="hello").count() == 1


def test_an_unknown_variable_is_named_beside_its_text_and_nothing_is_saved(staff: Client) -> None:
    """Bad input 105: the name is shown, what was typed is kept."""
    answer = add(staff, "Hello {frist_name}")

    page = answer.content.decode()
    assert answer.status_code == 200
    assert "“{frist_name}” means nothing in this message" in page
    assert "Hello {frist_name}" in page
    assert MessageTemplate.objects.filter(code="hello").exists() is False


@pytest.mark.parametrize(
    "columns",
    [
        {"link": "https://evil.example/"},
        {"link": "//evil.example/"},
        {"reminder_days": "[0]"},
        {"reminder_days": '["7"]'},
        {"reminder_days": "{}[]"},
    ],
)
def test_links_stay_in_the_house_and_days_are_days(staff: Client, columns: dict[str, str]) -> None:
    add(staff, "Hello", **columns)

    assert MessageTemplate.objects.filter(code="hello").exists() is False


def preview(staff: Client, query: str = "") -> str:
    template = MessageTemplate.objects.get(code="member-joined")
    address = reverse("admin:loyalty_messagetemplate_try_out", args=[template.pk])
    return staff.get(address + query).content.decode()


def test_a_preview_speaks_to_a_real_member_in_both_languages(staff: Client) -> None:
    member = cast.new_member()

    page = preview(staff, f"?number={member.account.number}")

    assert "周一诺，欢迎来到" in page
    assert ", 周一诺" in page
    assert member.account.number[-4:] in page


def test_a_number_nobody_has_shows_a_sample(staff: Client) -> None:
    page = preview(staff, "?number=000")

    assert "There is no member of this number" in page
    assert "小满，欢迎来到" in page


def test_a_test_goes_to_whoever_presses_the_button_and_into_no_log(staff: Client) -> None:
    User.objects.filter(username="operator").update(email="boss@example.com")
    template = MessageTemplate.objects.get(code="member-joined")
    address = reverse("admin:loyalty_messagetemplate_try_out", args=[template.pk])

    answer = staff.post(address, {"channel": "email", "language": "en", "number": ""})

    assert answer.status_code == 302
    [sent] = mail.outbox
    assert (sent.to, "Your member number is 8866" in sent.body) == (["boss@example.com"], True)
    assert Message.objects.count() == 0


def test_without_an_address_of_ones_own_no_test_is_sent(staff: Client) -> None:
    template = MessageTemplate.objects.get(code="member-joined")
    before = len(ConsoleSms.printed)

    answer = staff.post(
        reverse("admin:loyalty_messagetemplate_try_out", args=[template.pk]), {"channel": "sms", "language": "en"}
    )

    assert "There is no such address of yours" in answer.content.decode()
    assert len(ConsoleSms.printed) == before


def sent_to(member: Member) -> None:
    sending.tell(account_ids=[member.pk], kind="password.changed", params={}, key="t", now=cast.NOW)
    outbox.drain(now=cast.NOW)


def test_the_log_masks_addresses_and_says_why_something_was_not_sent(staff: Client) -> None:
    sent_to(cast.new_member())

    page = staff.get(reverse("admin:loyalty_message_changelist")).content.decode()

    assert "139****9000" in page
    assert "3900139000" not in page
    assert "no address" in page
    shown = staff.get(reverse("admin:loyalty_message_changelist") + "?state__exact=suppressed").content.decode()
    assert ("139****9000" in shown, "no address" in shown) == (False, True)


def test_nobody_rewrites_what_was_said(staff: Client) -> None:
    sent_to(cast.new_member())
    message = Message.objects.filter(channel="in_app").get()

    answer = staff.post(reverse("admin:loyalty_message_change", args=[message.pk]), {"body": "x"})

    assert answer.status_code == 403
