"""What every page knows of the signed-in member: whether something new is in the inbox."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from loyalty.models import Message
from loyalty.models.messages import Channel


def inbox(request: HttpRequest) -> dict[str, Any]:
    """``has_unread``, read on first use. One query, for members alone."""
    return {"has_unread": SimpleLazyObject(lambda: _has_unread(request))}


def _has_unread(request: HttpRequest) -> bool:
    if not request.user.is_authenticated:
        return False
    new = Message.objects.filter(account__member__user=request.user.pk, channel=Channel.IN_APP, read_at=None)
    return new.filter(state=Message.State.SENT).exists()
