"""Delivering one message: everything is looked at again, then it is rendered and handed to its channel.

Called by the outbox, outside any transaction and at least once; only a message still open is delivered.
Who left, withdrew consent, switched the channel off or has no address gets nothing, and the row says why.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import translation

from loyalty import limits, texts
from loyalty.limits import TooManyTries
from loyalty.messaging import addresses, channels, preferences, rendering, templates
from loyalty.messaging.channels import Channel, Rejected
from loyalty.messaging.rendering import Rendered, UnknownVariable
from loyalty.models import Account, Message
from loyalty.models.messages import Channel as Code
from loyalty.models.messages import Purpose
from loyalty.outbox import Undeliverable
from loyalty.registry import Address, Variable

DAY = 24 * 3600
EVERYBODY = "sms:*"
State, Reason = Message.State, Message.Reason
OPEN = (State.QUEUED, State.FAILED)


class Suppressed(Exception):
    """The message must not go; the reason is one of ``Message.Reason``."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Parcel:
    channel: Channel
    to: str
    rendered: Rendered


def deliver(key: str, *, now: datetime) -> None:
    """Delivers the message of that key, or notes why not. Raises what the channel raises, to be tried again."""
    message = Message.objects.select_related("account", "template").filter(key=key, state__in=OPEN).first()
    if message is None:
        return
    try:
        parcel = _prepare(message, now)
        count(parcel.channel, parcel.to, now=now)
    except Suppressed as decided:
        _close(message, state=State.SUPPRESSED, reason=decided.reason, error="")
    except UnknownVariable as fault:
        _close(message, state=State.FAILED, error=fault.message[:300])
        raise Undeliverable(fault.message) from fault
    else:
        _hand_over(message, parcel, now)


def count(channel: Channel, to: str, *, now: datetime) -> None:
    """Counts a paid message against its number's day and everybody's; raises :class:`Suppressed` over either."""
    if not channel.is_paid:
        return
    caps = (
        (f"sms:{to}", settings.SMS_DAILY_PER_NUMBER, Reason.NUMBER_CAP),
        (EVERYBODY, settings.SMS_DAILY_BUDGET, Reason.BUDGET),
    )
    for bucket, limit, reason in caps:
        try:
            limits.hit(bucket=bucket, limit=limit, per_seconds=DAY, now=now)
        except TooManyTries:
            raise Suppressed(reason) from None


def _hand_over(message: Message, parcel: Parcel, now: datetime) -> None:
    rendered = parcel.rendered
    told = {"subject": rendered.subject[:200], "body": rendered.body, "language": rendered.language}
    masked = "" if message.channel == Code.IN_APP else addresses.mask(parcel.to)
    try:
        ref = parcel.channel.deliver(parcel.to, rendered)
    except Rejected as refusal:
        _close(message, state=State.FAILED, reason=Reason.REFUSED, error=str(refusal)[:300], sent_to=masked)
        raise Undeliverable(str(refusal)) from refusal
    except Exception as error:
        _close(message, state=State.FAILED, error=f"{type(error).__name__}: {error}"[:300], sent_to=masked)
        raise
    _close(message, state=State.SENT, sent_at=now, sent_to=masked, provider_ref=ref[:100], error="", **told)


def _close(message: Message, **columns: Any) -> None:
    """Notes what came of it, unless another delivery was quicker."""
    Message.objects.filter(pk=message.pk, state__in=OPEN).update(**columns)


def _prepare(message: Message, now: datetime) -> Parcel:
    channel = channels.of(message.channel)
    if channel is None:
        raise Suppressed(Reason.NO_CHANNEL)
    address = _address(message)
    to = channel.reach(address)
    if not to:
        raise Suppressed(Reason.NO_ADDRESS)
    language = templates.spoken(address.language)
    with translation.override(language):
        return Parcel(channel, to, _render(message, address, language, now))


def _address(message: Message) -> Address:
    """The person, who may be told this, there; raises :class:`Suppressed`."""
    if message.account.status == Account.Status.CLOSED:
        raise Suppressed(Reason.LEFT)
    address = addresses.find([message.account_id]).get(message.account_id)
    if address is None:
        raise Suppressed(Reason.LEFT)
    if message.purpose == Purpose.MARKETING and Purpose.MARKETING not in address.consents:
        raise Suppressed(Reason.NO_CONSENT)
    if not preferences.is_on(message.account_id, message.purpose, message.channel):
        raise Suppressed(Reason.SWITCHED_OFF)
    return address


def _render(message: Message, address: Address, language: str, now: datetime) -> Rendered:
    words, variables, values = _words(message, language, now)
    filled = rendering.written(variables, {**values, **rendering.common(address)})
    wants_out = message.purpose == Purpose.MARKETING and message.channel == Code.EMAIL
    return Rendered(
        key=message.key,
        subject=rendering.put(words.subject, filled),
        body=rendering.put(words.body, filled),
        language=language,
        purpose=message.purpose,
        link=settings.SITE_URL + message.link if message.link and settings.SITE_URL else "",
        unsubscribe=preferences.address(message.account_id, message.purpose, message.channel) if wants_out else "",
        vendor_code=words.vendor_code,
        values=filled,
    )


def _words(
    message: Message, language: str, now: datetime
) -> tuple[templates.Words, tuple[Variable, ...], Mapping[str, Any]]:
    """The words, the variables they may name, and the values as they are now."""
    template, known = message.template, message.params
    if template is None:
        subject = texts.pick(known.get("subject_zh") or "", known.get("subject_en") or "")
        return templates.Words(subject, texts.pick(known.get("text_zh") or "", known.get("text_en") or "")), (), {}
    if not template.is_active:
        raise Suppressed(Reason.TEMPLATE_OFF)
    words = templates.words(template.texts.all(), message.channel, language)
    if words is None:
        raise Suppressed(Reason.TEMPLATE_OFF)
    kind = templates.kind_of(template)
    templates.check(kind, subject=words.subject, body=words.body)
    values = kind.fill(message.account_id, known, now)
    if values is None:
        raise Suppressed(Reason.MOOT)
    return words, kind.variables, values
