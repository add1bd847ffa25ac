"""Messages of two accounts that are one person: the inbox goes over, and choices where none was made."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from loyalty.bookkeeping import MergeStep
from loyalty.models import ChannelPreference, Message


def merge(survivor_id: int, duplicate_id: int, now: datetime) -> Mapping[str, Any]:
    """Messages that were sent or still wait are the survivor's; a choice of both stays the survivor's own."""
    del now
    messages = list(Message.objects.filter(account=duplicate_id).order_by("pk").values_list("pk", flat=True))
    Message.objects.filter(pk__in=messages).update(account=survivor_id)
    made = set(ChannelPreference.objects.filter(account=survivor_id).values_list("purpose", "channel"))
    theirs = ChannelPreference.objects.filter(account=duplicate_id).order_by("pk")
    choices = [row.pk for row in theirs if (row.purpose, row.channel) not in made]
    ChannelPreference.objects.filter(pk__in=choices).update(account=survivor_id)
    return {"messages": [key.hex for key in messages], "choices": choices}


def unmerge(survivor_id: int, duplicate_id: int, kept: Mapping[str, Any], now: datetime) -> None:
    del now
    messages = Message.objects.filter(pk__in=[UUID(key) for key in kept["messages"]], account=survivor_id)
    messages.update(account=duplicate_id)
    choices = ChannelPreference.objects.filter(pk__in=kept["choices"], account=survivor_id)
    choices.update(account=duplicate_id)


STEP = MergeStep("messages", merge, unmerge)
