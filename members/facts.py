"""What is known about the person, for conditions. Contributed in ``contributions``.

An account without a member (erased, or not yet joined) has none of it: everything is missing, and
the yes-or-no facts are no.
"""

from collections.abc import Sequence

from django.conf import settings
from django.db.models import BooleanField, Case, Expression, F, Q, Value, When
from django.utils.translation import gettext_lazy as _

from loyalty.registry import Fact, Text, ValueType
from members.models import Member, Tier


def _tiers() -> Sequence[tuple[str, Text]]:
    return [(tier.code, tier.name) for tier in Tier.objects.all()]


def _filled(column: str) -> Expression:
    """Whether a text column holds anything; false, not unknown, where there is no member."""
    return Case(
        When(Q(**{f"member__{column}__gt": ""}), then=Value(True)),
        default=Value(False),
        output_field=BooleanField(),
    )


FACTS: tuple[Fact, ...] = (
    Fact(
        code="member.tier",
        label=_("tier"),
        type=ValueType.CHOICE,
        expression=lambda: F("member__tier__code"),
        choices=_tiers,
        group=_("Member"),
        moves=True,
    ),
    Fact(
        code="member.joined_on",
        label=_("joining day"),
        type=ValueType.DATE,
        expression=lambda: F("member__joined_on"),
        group=_("Member"),
    ),
    Fact(
        code="member.birthday",
        label=_("birthday"),
        type=ValueType.MONTHDAY,
        expression=lambda: F("member__birthday"),
        group=_("Member"),
    ),
    Fact(
        code="member.language",
        label=_("language"),
        type=ValueType.CHOICE,
        expression=lambda: F("member__language"),
        choices=lambda: settings.LANGUAGES,
        group=_("Member"),
    ),
    Fact(
        code="member.source",
        label=_("joined through"),
        type=ValueType.CHOICE,
        expression=lambda: F("member__source"),
        choices=lambda: Member.Source.choices,
        group=_("Member"),
    ),
    Fact(
        code="member.has_phone",
        label=_("phone on file"),
        type=ValueType.BOOLEAN,
        expression=lambda: _filled("phone"),
        group=_("Member"),
    ),
    Fact(
        code="member.has_email",
        label=_("e-mail on file"),
        type=ValueType.BOOLEAN,
        expression=lambda: _filled("email"),
        group=_("Member"),
    ),
)
