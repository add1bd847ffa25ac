"""The words of messages: what they may name, how values are written, what comes with the tables."""

import pytest
from django.utils import translation

from loyalty.messaging import rendering, templates
from loyalty.messaging.rendering import UnknownVariable
from loyalty.models import MessageTemplate, MessageText
from loyalty.registry import Address, MessageKind, registry

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Hello {nmae}", "nmae"),
        ("{name} {points.real}", "points.real"),
        ("{{7*7}}", "7*7"),
        ("{name.__class__}", "name.__class__"),
        ("{}", ""),
        ("{0}", "0"),
        ("{NAME}", "NAME"),
    ],
)
def test_a_text_names_only_what_its_kind_knows(text: str, name: str) -> None:
    """Bad input 105: the name is shown; a text is no template language."""
    kind = registry.get(MessageKind, "note")

    with pytest.raises(UnknownVariable) as refusal:
        templates.check(kind, subject="", body=text)

    assert (refusal.value.name, refusal.value.param) == (name, "body")
    assert f"{{{name}}}" in refusal.value.message
    assert "{points}" in refusal.value.message


def test_what_a_value_holds_is_never_filled_in_turn() -> None:
    assert rendering.put("{name} {points}", {"name": "{points}", "points": "7"}) == "{points} 7"


@pytest.mark.parametrize(
    ("language", "said"),
    [("zh-hans", "1,200 积分将在 2026年12月31日到期"), ("en", "1,200 points to use by Dec. 31, 2026")],
)
def test_values_are_written_as_people_of_the_language_write_them(language: str, said: str) -> None:
    template = templates.by_code("points-expiring")
    text = template.texts.get(channel="email", language=language)

    shown = templates.preview(template, text, Address(name="小满"), {"points": 1200})

    assert shown.subject == said


def test_every_kind_comes_with_texts_that_name_only_what_it_knows() -> None:
    for template in MessageTemplate.objects.prefetch_related("texts"):
        kind = templates.kind_of(template)
        for text in template.texts.all():
            templates.check(kind, subject=text.subject, body=text.body)

    laid = {kind.code for kind in registry.all(MessageKind) if kind.shipped}
    assert set(MessageTemplate.objects.values_list("kind", flat=True)) == laid
    assert set(MessageText.objects.values_list("language", flat=True)) == {"zh-hans", "en"}


def test_laying_again_changes_nothing_that_operators_wrote() -> None:
    MessageText.objects.filter(template__code="points-expiring", channel="sms").delete()
    before = MessageText.objects.count()

    templates.lay()

    assert MessageText.objects.count() == before


def test_a_language_that_was_not_written_is_helped_out_by_the_other() -> None:
    template = MessageTemplate.objects.create(code="x", kind="note", name_zh="x")
    MessageText.objects.create(template=template, channel="email", language="zh-hans", subject="你好", body="你好")

    found = templates.words(template.texts.all(), "in_app", "en")

    assert found == templates.Words("你好", "你好")
    assert templates.words(template.texts.all(), "sms", "en") is None


def test_the_words_for_somebody_without_a_name_are_still_kind() -> None:
    with translation.override("en"):
        assert rendering.common(Address())["name"] == "friend"


def test_codes_never_stand_in_an_inbox() -> None:
    found = {row.code: templates.channels_of(row) for row in MessageTemplate.objects.filter(kind__startswith="code.")}

    codes = ("code-contact", "code-guardian", "code-guarding", "code-join", "code-known", "code-reset")
    assert found == {code: ["email", "sms"] for code in codes}
