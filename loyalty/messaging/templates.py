"""The words of messages: finding them by channel and language, checking and previewing them.

Every kind's shipped template is laid with the tables (:func:`lay`) and is the operators' from then on.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import translation
from simple_history.utils import bulk_create_with_history

from loyalty.errors import NotFound
from loyalty.messaging import channels, rendering
from loyalty.models import MessageTemplate, MessageText
from loyalty.models.messages import Channel, Language, Purpose
from loyalty.registry import Address, MessageKind, registry

LANGUAGES = (Language.CHINESE, Language.ENGLISH)
LAID = (Channel.IN_APP, Channel.EMAIL, Channel.SMS)


class TemplateNotFound(NotFound):
    """No template of that code."""

    code = "template_not_found"


@dataclass(frozen=True, slots=True)
class Words:
    """A subject and a body before anything is filled in."""

    subject: str
    body: str
    vendor_code: str = ""


def code_of(kind: str) -> str:
    """The code of the template a kind ships with."""
    return kind.replace(".", "-").replace("_", "-")


def by_code(code: str) -> MessageTemplate:
    """The template of that code, texts at hand; raises ``TemplateNotFound``."""
    found = MessageTemplate.objects.prefetch_related("texts").filter(code=code).first()
    if found is None:
        raise TemplateNotFound(param="template")
    return found


def in_use(kind: str) -> list[MessageTemplate]:
    """The templates of a kind that are in use, texts at hand. Two queries."""
    return list(MessageTemplate.objects.prefetch_related("texts").filter(kind=kind, is_active=True))


def kind_of(template: MessageTemplate) -> MessageKind:
    """What the template tells of; a kind no app contributes any more raises ``KeyError``."""
    return registry.get(MessageKind, template.kind)


def spoken(language: str) -> str:
    """The language a person is written to; the programme's own where theirs is none of ours."""
    known = {str(each) for each in LANGUAGES}
    return language if language in known else str(LANGUAGES[0])


def words(texts: Iterable[MessageText], channel: str, language: str) -> Words | None:
    """The text for a channel in that language, else in the other one; ``None`` where there is none."""
    found = {(each.channel, each.language): each for each in texts}
    for code in channels.fallbacks(channel):
        for spoke in (language, *LANGUAGES):
            if (text := found.get((code, spoke))) is not None:
                return Words(text.subject, text.body, text.vendor_code)
    return None


def channels_of(template: MessageTemplate) -> list[str]:
    """The channels its texts are for, the inbox first; a service message always goes there."""
    written = {each.channel for each in template.texts.all()}
    kind = registry.find(MessageKind, template.kind)
    if kind is not None and kind.is_secret:
        written.discard(Channel.IN_APP)
    elif written and template.purpose == Purpose.SERVICE:
        written.add(Channel.IN_APP)
    return [str(code) for code in Channel if code in written]


def shipped(kind: MessageKind, channel: str, language: str) -> Words | None:
    """The words a kind comes with, for what must be said whatever became of its template."""
    if kind.shipped is None or (kind.is_secret and channel == Channel.IN_APP):
        return None
    place = 0 if language == Language.CHINESE else 1
    is_short = channel == Channel.SMS
    body = kind.shipped.short[place] if is_short else kind.shipped.body[place]
    return Words("" if is_short else kind.shipped.subject[place], body) if body else None


def check(kind: MessageKind, *, subject: str, body: str) -> None:
    """Raises ``UnknownVariable``, naming it, where a text says what its kind does not know."""
    rendering.check(subject, kind.variables, param="subject")
    rendering.check(body, kind.variables, param="body")


def preview(
    template: MessageTemplate, text: MessageText, address: Address, known: Mapping[str, Any] | None
) -> rendering.Rendered:
    """How the text would read to that person; what is not ``known`` is shown by its sample."""
    kind = kind_of(template)
    with translation.override(text.language):
        values = rendering.samples(kind.variables) | dict(known or {}) | rendering.common(address)
        filled = rendering.written(kind.variables, values)
        subject, body = rendering.put(text.subject, filled), rendering.put(text.body, filled)
    return rendering.Rendered(key="preview", subject=subject, body=body, language=text.language)


def lay() -> None:
    """Makes the shipped template of every kind that has none yet; what operators have edited stays."""
    kinds = {code_of(kind.code): kind for kind in registry.all(MessageKind) if kind.shipped is not None}
    known = set(MessageTemplate.objects.filter(code__in=kinds).values_list("code", flat=True))
    fresh = [_template(code, kind) for code, kind in kinds.items() if code not in known]
    if fresh:
        made = bulk_create_with_history(fresh, MessageTemplate)
        texts = [text for template in made for text in _texts(template)]
        bulk_create_with_history(texts, MessageText, batch_size=100)


def _template(code: str, kind: MessageKind) -> MessageTemplate:
    assert kind.shipped is not None  # noqa: S101  # only such kinds are laid
    name_zh, name_en = kind.shipped.name
    days = list(kind.shipped.reminder_days)
    return MessageTemplate(
        code=code, kind=kind.code, name_zh=name_zh, name_en=name_en, link=kind.shipped.link, reminder_days=days
    )


def _texts(template: MessageTemplate) -> list[MessageText]:
    kind = kind_of(template)
    return [
        MessageText(template=template, channel=channel, language=language, subject=said.subject, body=said.body)
        for channel in LAID
        for language in LANGUAGES
        if (said := shipped(kind, channel, language)) is not None
    ]
