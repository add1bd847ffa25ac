"""One-time codes: six digits that only who reads what is sent to an address can know.

The code follows from the challenge's random id and the secret key, so no table and no queue holds it.
It is good for ten minutes, five tries and one use, for one purpose. Sending and trying are limited by
address and by network, text messages by range of numbers and by a daily budget too; unknown people are
counted like known ones, so neither an answer nor a limit tells who is a member. Call these outside a
transaction: what a refusal counts must stay counted.
"""

import secrets
import unicodedata
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import translation
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from loyalty import limits, outbox
from loyalty.errors import LoyaltyError
from loyalty.messaging import channels, delivering, rendering, templates
from loyalty.messaging.rendering import Rendered
from loyalty.models import OneTimeCode
from loyalty.models.messages import Channel
from loyalty.registry import Address, MessageKind, registry

TOPIC = "code"
DIGITS = 6
GOOD_FOR = timedelta(minutes=10)
TRIES = 5
HOUR, DAY = 3600, 24 * 3600
SENT_TO_ADDRESS = 5
SENT_TO_ADDRESS_A_DAY = 15
TRIED_FOR_ADDRESS = 20
SENT_FROM_NETWORK = 100
"""A shop's own network serves a queue of customers, so this is generous."""
SENT_TO_RANGE = 60
"""Numbers that differ in their last four digits only: who pumps messages counts upwards."""
RANGE_DIGITS = 4
KEPT = timedelta(days=1)


class WrongCode(LoyaltyError):
    """Wrong, used, too old or tried too often: who asks does not learn which."""

    code = "wrong_code"
    sentence = _("That code does not fit, or is no longer good. Please check it, or get a new one.")


class CodesSpent(LoyaltyError):
    """The day's budget for text messages is used up."""

    code = "codes_spent"
    sentence = _(
        "No more codes can be sent by text message today. Please use your e-mail address, or come by the shop."
    )
    status = 429
    kind = "rate_limit"


def send_code(
    *, to: str, channel: str, purpose: str, kind: str, language: str, network: str, now: datetime
) -> OneTimeCode:
    """Makes a challenge and queues its message; with an empty ``kind`` the same happens, but nothing is sent.

    ``to`` is an E.164 number or an e-mail address. Raises ``TooManyTries`` or ``CodesSpent``.
    """
    for bucket, limit, seconds in (
        (f"code-net:{network}", SENT_FROM_NETWORK, HOUR),
        (f"code:{to}", SENT_TO_ADDRESS, HOUR),
        (f"code:{to}", SENT_TO_ADDRESS_A_DAY, DAY),
    ):
        limits.hit(bucket=bucket, limit=limit, per_seconds=seconds, now=now)
    if channel == Channel.SMS:
        of_range = f"code-range:{to[:-RANGE_DIGITS]}"
        limits.hit(bucket=of_range, limit=SENT_TO_RANGE, per_seconds=HOUR, now=now)
        _spend(now)
    with transaction.atomic():
        challenge = OneTimeCode.objects.create(
            purpose=purpose,
            channel=channel,
            address=to,
            kind=kind,
            language=templates.spoken(language),
            created_at=now,
            expires_at=now + GOOD_FOR,
        )
        outbox.enqueue(topic=TOPIC, key=str(challenge.pk), payload={"id": str(challenge.pk)}, now=now)
    return challenge


def send_notice(*, to: str, channel: str, kind: str, language: str, now: datetime) -> None:
    """Queues one word to an address that may be nobody's from now on; call it in the transaction of the deed.

    Its row goes the way of a code's, so the address is forgotten after a day, but no code fits it.
    """
    notice = OneTimeCode.objects.create(
        purpose=OneTimeCode.Purpose.NOTICE,
        channel=channel,
        address=to,
        kind=kind,
        language=templates.spoken(language),
        created_at=now,
        expires_at=now + KEPT,
    )
    outbox.enqueue(topic=TOPIC, key=str(notice.pk), payload={"id": str(notice.pk)}, now=now)


def _spend(now: datetime) -> None:
    """One text message of everybody's budget, which other messages share."""
    try:
        limits.hit(bucket=delivering.EVERYBODY, limit=settings.SMS_DAILY_BUDGET, per_seconds=DAY, now=now)
    except limits.TooManyTries:
        raise CodesSpent from None


def check_code(*, challenge_id: UUID | str, purpose: str, typed: str, now: datetime) -> OneTimeCode:
    """The challenge, used up by the right code; raises ``WrongCode`` or ``TooManyTries``.

    Every try counts before it is looked at, so parallel guesses add up; of two right ones, one counts.
    """
    challenge = OneTimeCode.objects.filter(pk=challenge_id, purpose=purpose).first()
    if challenge is None:
        raise WrongCode(param="code")
    limits.hit(bucket=f"code-try:{challenge.address}", limit=TRIED_FOR_ADDRESS, per_seconds=HOUR, now=now)
    living = OneTimeCode.objects.filter(pk=challenge.pk, used_at=None, expires_at__gt=now)
    if not living.filter(tries__lt=TRIES).update(tries=F("tries") + 1):
        raise WrongCode(param="code")
    given = "".join(sign for sign in unicodedata.normalize("NFKC", typed) if not sign.isspace() and sign != "-")
    if not secrets.compare_digest(given.encode(), code_of(challenge).encode()):
        raise WrongCode(param="code")
    if not living.update(used_at=now):
        raise WrongCode(param="code")
    return challenge


def code_of(challenge: OneTimeCode) -> str:
    """The six digits: a keyed digest of what the challenge is for."""
    told = f"{challenge.pk}:{challenge.purpose}:{challenge.address}"
    digest = salted_hmac("loyalty.messaging.codes", told, algorithm="sha256").digest()
    return str(int.from_bytes(digest[:8]) % 10**DIGITS).zfill(DIGITS)


def can_reach(channel: str) -> bool:
    """Whether a code can be sent there at all."""
    return channels.is_set_up(channel)


def deliver(challenge_id: str, *, now: datetime) -> None:
    """Sends the code once, while it is good. Its words never depend on whether operators use the template."""
    challenge = OneTimeCode.objects.filter(pk=challenge_id, used_at=None, sent_at=None, expires_at__gt=now).first()
    channel = channels.of(challenge.channel) if challenge else None
    if challenge is None or channel is None or not challenge.kind:
        return
    channel.deliver(challenge.address, _render(challenge))
    OneTimeCode.objects.filter(pk=challenge.pk).update(sent_at=now)


def _render(challenge: OneTimeCode) -> Rendered:
    kind = registry.get(MessageKind, challenge.kind)
    written = next((each for each in templates.in_use(kind.code)), None)
    with translation.override(challenge.language):
        words = templates.words(written.texts.all(), challenge.channel, challenge.language) if written else None
        words = words or templates.shipped(kind, challenge.channel, challenge.language)
        if words is None:
            raise outbox.Undeliverable(f"{kind.code} has no words")
        values = {"code": code_of(challenge), "minutes": GOOD_FOR // timedelta(minutes=1)}
        filled = rendering.written(kind.variables, values | rendering.common(Address()))
    return Rendered(
        key=f"code:{challenge.pk}",
        subject=rendering.put(words.subject, filled),
        body=rendering.put(words.body, filled),
        language=challenge.language,
        purpose=TOPIC,
        vendor_code=words.vendor_code,
        values=filled,
    )


def prune(*, now: datetime) -> int:
    """Forgets challenges, and with them the addresses, after a day."""
    return OneTimeCode.objects.filter(created_at__lt=now - KEPT).delete()[0]
