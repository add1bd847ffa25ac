"""Letters that rules send: left in the deed's transaction, delivered later, only to who agreed.

The effect ``letter.send`` leaves one outbox message for each grant; delivery looks at the member as
they are then. Who has no e-mail address, has left, or has not agreed to offers and news gets none.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.mail import EmailMessage
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from loyalty import outbox, programme, texts
from loyalty.registry import Effect, EffectParam, Grant, Happening, Topic, ValueType
from members import consent
from members.models import Consent, Member

TOPIC = "letter"
NAME = "{name}"


def leave(grants: Sequence[Grant], now: datetime) -> list[Happening]:
    """One message for each grant, in the transaction of the event. One statement."""
    letters = [outbox.Letter(TOPIC, each.key, {"account": each.account_id, **each.params}) for each in grants]
    outbox.enqueue_many(letters=letters, now=now)
    return []


def deliver(payload: Mapping[str, Any]) -> None:
    """Sends one letter in the member's language; a failing mail server raises, and it is tried again."""
    member = Member.objects.select_related("user").filter(pk=payload["account"]).first()
    if member is None or not member.email or not consent.given(member).get(Consent.Purpose.MARKETING):
        return
    with override(_language(member)):
        subject = _filled(payload, "subject", member)
        text = _filled(payload, "text", member) + "\n\n" + _farewell()
    EmailMessage(subject=subject, body=text, to=[member.email]).send()


def _language(member: Member) -> str:
    spoken = member.user.language if member.user is not None else ""
    return spoken or member.language or "zh-hans"


def _filled(payload: Mapping[str, Any], stem: str, member: Member) -> str:
    """The text of the language with the one variable there is; other braces stay as written."""
    written = texts.pick(payload.get(f"{stem}_zh") or "", payload.get(f"{stem}_en") or "")
    return written.replace(NAME, member.name or _("friend"))


def _farewell() -> str:
    brand = programme.current().name
    return _("%(brand)s — you asked for offers and news. To stop them, sign in and open Me → Privacy.") % {
        "brand": brand
    }


def _sentence(params: Mapping[str, Any]) -> str:
    subject = texts.pick(params.get("subject_zh") or "", params.get("subject_en") or "")
    return _("e-mail “%(subject)s”") % {"subject": subject}


SEND = Effect(
    "letter.send",
    gettext_lazy("send an e-mail"),
    (
        EffectParam("subject_zh", gettext_lazy("subject (Chinese)"), ValueType.TEXT),
        EffectParam("text_zh", gettext_lazy("text (Chinese), {name} is the member"), ValueType.TEXT),
        EffectParam("subject_en", gettext_lazy("subject (English)"), ValueType.TEXT, required=False),
        EffectParam("text_en", gettext_lazy("text (English)"), ValueType.TEXT, required=False),
    ),
    leave,
    _sentence,
)
LETTER = Topic(TOPIC, deliver)
