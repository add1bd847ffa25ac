"""Queuing messages: one row an account and channel, in the transaction of the deed, under a key used once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from loyalty import outbox
from loyalty.messaging import templates
from loyalty.models import Message, MessageTemplate

TOPIC = "message"


@dataclass(frozen=True, slots=True)
class Note:
    """A message to be queued. ``template`` is its id; without one ``params`` holds the words."""

    key: str
    account_id: int
    channel: str
    purpose: str
    template: int | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    link: str = ""


def send(
    *,
    account_ids: Sequence[int],
    template: str,
    params: Mapping[str, Any],
    key: str,
    now: datetime,
    channels: Collection[str] | None = None,
) -> int:
    """Queues a template for each account in each of its channels (of those named); how many messages.

    Called in the transaction of the deed, it leaves nothing behind where that is undone. The same
    ``key`` again queues nothing for an account that has it. A template out of use sends nothing.
    Raises ``TemplateNotFound``. ``params`` is handed to the kind's ``fill`` at delivery.
    """
    found = templates.by_code(template)
    return queue(notes(found, dict.fromkeys(account_ids, params), key=key, channels=channels), now=now)


def tell(*, account_ids: Sequence[int], kind: str, params: Mapping[str, Any], key: str, now: datetime) -> int:
    """The same for whatever templates of a kind are in use; without any, nothing is said."""
    told = dict.fromkeys(account_ids, params)
    return queue([note for each in templates.in_use(kind) for note in notes(each, told, key=key)], now=now)


def notes(
    template: MessageTemplate,
    params: Mapping[int, Mapping[str, Any]],
    *,
    key: str,
    channels: Collection[str] | None = None,
) -> list[Note]:
    """The messages of a template at hand, with each account's own params; none while it is out of use."""
    if not template.is_active:
        return []
    wanted = [code for code in templates.channels_of(template) if channels is None or code in channels]
    return [
        Note(f"{key}:{account}", account, code, template.purpose, template.pk, known, template.link)
        for account, known in params.items()
        for code in wanted
    ]


def queue(notes: Sequence[Note], *, now: datetime) -> int:
    """Leaves the rows and what wakes their delivery: two statements for each 500."""
    rows = [
        Message(
            key=f"{note.key}:{note.channel}",
            account_id=note.account_id,
            template_id=note.template,
            purpose=note.purpose,
            channel=note.channel,
            params=dict(note.params),
            link=note.link,
            created_at=now,
        )
        for note in notes
    ]
    if rows:
        with transaction.atomic():
            Message.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
            outbox.enqueue_many(letters=[outbox.Letter(TOPIC, row.key, {"key": row.key}) for row in rows], now=now)
    return len(rows)
