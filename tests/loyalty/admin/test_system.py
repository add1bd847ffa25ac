"""Messages on their way: what was given up can be sent again by those who may, and by nobody else."""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import translation

from loyalty.models import AuditRecord, OutboxMessage, User
from tests import cast

PAGE = "admin:loyalty_outboxmessage_changelist"
ENGLISH = {"Accept-Language": "en"}


def left() -> list[OutboxMessage]:
    """One that was given up, one that waits."""
    common: dict[str, Any] = {"topic": "mail", "payload": {}, "created_at": cast.NOW, "due_at": cast.NOW}
    given_up = OutboxMessage.objects.create(key="1", dead_at=cast.NOW, attempts=10, **common)
    return [given_up, OutboxMessage.objects.create(key="2", attempts=3, **common)]


def press(client: Client, rows: list[OutboxMessage]) -> Any:
    chosen = {"action": "send_again", "_selected_action": [row.pk for row in rows]}
    return client.post(reverse(PAGE), chosen, headers=ENGLISH, follow=True)


def test_what_was_given_up_goes_out_again_and_what_waits_is_left_alone(staff: Client) -> None:
    rows = left()

    answer = press(staff, rows)

    kept = [(row.dead_at, row.attempts) for row in OutboxMessage.objects.order_by("key")]
    assert (kept, "1 message goes out again." in answer.content.decode()) == ([(None, 0), (None, 3)], True)
    record = AuditRecord.objects.get(deed="loyalty.outboxmessage.sent_again")
    assert (record.subject, record.after) == ("loyalty.outboxmessage", {"id": [str(rows[0].pk)]})


@pytest.mark.django_db
def test_who_may_only_look_is_offered_nothing_and_sends_nothing() -> None:
    reader = User.objects.create_user("reader", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_outboxmessage"))
    client = Client()
    client.force_login(reader)
    rows = left()

    answer = press(client, rows)

    assert OutboxMessage.objects.get(key="1").dead_at is not None
    assert "send_again" not in answer.content.decode()


def test_the_audit_trail_tells_of_it_in_words(staff: Client) -> None:
    press(staff, left())
    page: Any = admin.site.get_model_admin(AuditRecord)
    record = AuditRecord.objects.get()

    with translation.override("zh-hans"):
        told = (page.target(record), str(OutboxMessage._meta.verbose_name_plural))

    assert (told[0], "." in told[0]) == (told[1], False)
