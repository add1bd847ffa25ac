"""What rules can send: a template by its code, or an e-mail whose words stand in the rule itself.

Messages are about now: an event that comes in days late (an import, a till that was offline) earns its
points, but nobody is told of it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from loyalty import texts
from loyalty.messaging import sending
from loyalty.models import MessageTemplate
from loyalty.models.messages import Channel, Purpose
from loyalty.registry import Effect, EffectParam, Grant, Happening, MessageKind, Text, ValueType, registry

TOLD_WITHIN = timedelta(days=3)
ALL = "all"


def _timely(grants: Sequence[Grant], now: datetime) -> list[Grant]:
    return [each for each in grants if now - each.occurred_at <= TOLD_WITHIN]


def send(grants: Sequence[Grant], now: datetime) -> list[Happening]:
    """Queues each grant's template. A template that is gone or out of use sends nothing."""
    timely = _timely(grants, now)
    wanted = {str(each.params["template"]) for each in timely}
    known = MessageTemplate.objects.prefetch_related("texts").in_bulk(wanted, field_name="code")
    notes: list[sending.Note] = []
    for grant in timely:
        template, chosen = known.get(str(grant.params["template"])), str(grant.params.get("channels") or ALL)
        if template is not None:
            params = {grant.account_id: {"event": str(grant.event_id)}}
            channels = None if chosen == ALL else {chosen}
            notes += sending.notes(template, params, key=grant.key, channels=channels)
    sending.queue(notes, now=now)
    return []


def send_letters(grants: Sequence[Grant], now: datetime) -> list[Happening]:
    """Queues one e-mail for each grant, to who agreed to offers and news."""
    notes = [
        sending.Note(each.key, each.account_id, Channel.EMAIL, Purpose.MARKETING, params=dict(each.params))
        for each in _timely(grants, now)
    ]
    sending.queue(notes, now=now)
    return []


def _templates() -> Sequence[tuple[str, Text]]:
    kinds = [kind.code for kind in registry.all(MessageKind) if kind.event is not None]
    return [(row.code, row.name) for row in MessageTemplate.objects.filter(kind__in=kinds)]


def _channels() -> Sequence[tuple[str, Text]]:
    return [(ALL, gettext_lazy("every channel it is written for")), *Channel.choices]


def _say_send(params: Mapping[str, Any]) -> str:
    code = str(params.get("template") or "")
    template = MessageTemplate.objects.filter(code=code).first()
    return _("message “%(name)s”") % {"name": template.name if template else code}


def _say_letter(params: Mapping[str, Any]) -> str:
    subject = texts.pick(params.get("subject_zh") or "", params.get("subject_en") or "")
    return _("e-mail “%(subject)s”") % {"subject": subject}


EFFECTS = (
    Effect(
        "message.send",
        gettext_lazy("send a message"),
        (
            EffectParam("template", gettext_lazy("template"), ValueType.CHOICE, choices=_templates),
            EffectParam(
                "channels", gettext_lazy("channel"), ValueType.CHOICE, required=False, choices=_channels, default=ALL
            ),
        ),
        send,
        _say_send,
    ),
    Effect(
        "letter.send",
        gettext_lazy("send an e-mail"),
        (
            EffectParam("subject_zh", gettext_lazy("subject (Chinese)"), ValueType.TEXT),
            EffectParam("text_zh", gettext_lazy("text (Chinese), {name} is the member"), ValueType.TEXT),
            EffectParam("subject_en", gettext_lazy("subject (English)"), ValueType.TEXT, required=False),
            EffectParam("text_en", gettext_lazy("text (English)"), ValueType.TEXT, required=False),
        ),
        send_letters,
        _say_letter,
    ),
)
