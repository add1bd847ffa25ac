"""Trying a template out: how it reads to a real member, and one message to oneself.

What is tried goes to nobody's inbox and into no log. Values that only an event would bring are samples.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from loyalty.errors import LoyaltyError
from loyalty.messaging import addresses, channels, delivering, templates
from loyalty.messaging.delivering import Suppressed
from loyalty.messaging.rendering import Rendered
from loyalty.models import MessageTemplate, MessageText
from loyalty.registry import Address


class NowhereToSend(LoyaltyError):
    code = "nowhere_to_send"
    sentence = _("There is no such address of yours. Add an e-mail address to your login, or become a member.")


class NothingWritten(LoyaltyError):
    code = "nothing_written"
    sentence = _("Nothing is written for this channel yet.")


class NotTaken(LoyaltyError):
    code = "test_not_sent"
    sentence = _("The test was not taken: %(why)s.")


@dataclass(frozen=True, slots=True)
class Reading:
    """One text as that member would read it."""

    text: MessageText
    rendered: Rendered


def readings(template: MessageTemplate, account_id: int | None, *, now: datetime) -> Sequence[Reading]:
    """Every text of the template, to that member or to a sample one."""
    address = addresses.find([account_id]).get(account_id) if account_id else None
    known = _known(template, account_id, now) if account_id else {}
    reader = address or Address(name=_SAMPLE_NAME)
    return [Reading(text, templates.preview(template, text, reader, known)) for text in template.texts.all()]


def send(
    template: MessageTemplate, *, channel: str, language: str, to: Address, account_id: int | None, now: datetime
) -> None:
    """One message of that channel to oneself; raises ``NowhereToSend``, ``NothingWritten`` or ``NotTaken``."""
    carrier = channels.of(channel)
    reached = carrier.reach(to) if carrier else ""
    if carrier is None or not reached:
        raise NowhereToSend(param="channel")
    written = [each for each in readings(template, account_id, now=now) if each.text.channel == channel]
    found = next((each for each in written if each.text.language == language), None) or next(iter(written), None)
    if found is None:
        raise NothingWritten(param="channel")
    try:
        delivering.count(carrier, reached, now=now)
        carrier.deliver(reached, found.rendered)
    except (Suppressed, OSError, channels.Rejected) as trouble:
        raise NotTaken(why=str(trouble) or type(trouble).__name__) from trouble


_SAMPLE_NAME = "小满"


def _known(template: MessageTemplate, account_id: int, now: datetime) -> Mapping[str, Any]:
    """What can be said of the member without an event."""
    try:
        return templates.kind_of(template).fill(account_id, {}, now) or {}
    except KeyError:
        return {}
