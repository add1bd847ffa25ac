"""The member's own messages: reading, marking as read, and forgetting all of them."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from loyalty.errors import NotFound
from loyalty.models import ChannelPreference, Message


def has_unread(account_id: int) -> bool:
    """Whether something new is there. One query, by an index of just these."""
    return Message.objects.inbox(account_id).filter(read_at=None).exists()


def opened(account_id: int, message_id: UUID, *, now: datetime) -> Message:
    """One of the account's own messages, read from now on; another's raises ``NotFound``."""
    found = Message.objects.inbox(account_id).filter(pk=message_id).first()
    if found is None:
        raise NotFound
    if found.read_at is None:
        Message.objects.filter(pk=found.pk, read_at=None).update(read_at=now)
    return found


def read_all(account_id: int, *, now: datetime) -> int:
    """Marks everything as read; returns how many were not."""
    return Message.objects.inbox(account_id).filter(read_at=None).order_by().update(read_at=now)


def forget(account_id: int) -> None:
    """Removes every message to the account and its choices, when the person is erased."""
    with transaction.atomic():
        Message.objects.filter(account_id=account_id).delete()
        ChannelPreference.objects.filter(account_id=account_id).delete()
