"""What carries messages. A channel is a class named in ``settings.MESSAGE_CHANNELS``; providers add theirs.

A channel gets an address and a rendered message and answers with the provider's own number for it. It
raises :class:`Rejected` where no later attempt can do better, and anything else to be tried again.
"""

import logging
from abc import ABC, abstractmethod
from collections import deque
from email.utils import make_msgid
from typing import ClassVar

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.module_loading import import_string

from loyalty import programme
from loyalty.messaging import addresses
from loyalty.messaging.rendering import Rendered
from loyalty.models.messages import Channel as Code
from loyalty.registry import Address

logger = logging.getLogger(__name__)


class Rejected(Exception):
    """The provider will never take this message."""


class Channel(ABC):
    """Base of every channel. ``is_paid`` ones count against the daily caps and the budget."""

    is_paid = False

    @abstractmethod
    def reach(self, address: Address) -> str:
        """Where this channel finds the person, or empty."""

    @abstractmethod
    def deliver(self, to: str, rendered: Rendered) -> str:
        """Hands the message over; returns the provider's number for it, or empty."""


class Inbox(Channel):
    """The member's pages: the row itself is the message."""

    def reach(self, address: Address) -> str:
        return "inbox"

    def deliver(self, to: str, rendered: Rendered) -> str:
        return ""


class Email(Channel):
    """Django's mail. A repeat bears the same Message-ID, so mailboxes show it once."""

    def reach(self, address: Address) -> str:
        return address.email

    def deliver(self, to: str, rendered: Rendered) -> str:
        headers = {"Message-ID": _message_id(rendered.key)}
        if rendered.unsubscribe:
            headers["List-Unsubscribe"] = f"<{rendered.unsubscribe}>"
            headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        with translation.override(rendered.language):
            shown = {"rendered": rendered, "brand": programme.current().name}
            text, page = (render_to_string(f"loyalty/mail/message.{form}", shown) for form in ("txt", "html"))
        mail = EmailMultiAlternatives(" ".join(rendered.subject.split()), text, to=[to], headers=headers)
        mail.attach_alternative(page, "text/html")
        mail.send()
        return headers["Message-ID"]


def _message_id(key: str) -> str:
    host = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("> ") or "localhost"
    tail = make_msgid(domain=host).rpartition("@")[2]
    return f"<{''.join(sign if sign.isalnum() else '.' for sign in key)}@{tail}"


class ConsoleSms(Channel):
    """Prints text messages instead of sending them, and keeps the last ones, for trying out."""

    is_paid = True
    printed: ClassVar[deque[tuple[str, Rendered]]] = deque(maxlen=50)

    def reach(self, address: Address) -> str:
        return address.phone

    def deliver(self, to: str, rendered: Rendered) -> str:
        self.printed.append((to, rendered))
        logger.info("SMS to %s: %s", addresses.mask(to), rendered.body)
        return ""


def of(code: str) -> Channel | None:
    """The channel of that code; ``None`` where none is set up."""
    path = settings.MESSAGE_CHANNELS.get(code, "")
    if not path:
        return None
    made: Channel = import_string(path)()
    return made


def is_set_up(code: str) -> bool:
    """Whether messages of that channel go anywhere."""
    return bool(settings.MESSAGE_CHANNELS.get(code))


def is_pretend(code: str) -> bool:
    """Whether that channel only pretends to send, as in a demo."""
    if code == Code.EMAIL:
        return settings.EMAIL_BACKEND.endswith((".console.EmailBackend", ".locmem.EmailBackend"))
    return isinstance(of(code), ConsoleSms)


def fallbacks(code: str) -> tuple[str, ...]:
    """Whose texts serve a channel that has none of its own: the inbox takes any."""
    return (code, Code.EMAIL, Code.SMS) if code == Code.IN_APP else (code,)
