"""What is known about the person, for conditions. Contributed in ``contributions``.

An account without a member (erased, or not yet joined) has none of it: everything is missing, and
the yes-or-no facts are no.
"""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db.models import (
    BigIntegerField,
    BooleanField,
    Case,
    DateField,
    DateTimeField,
    Expression,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, TruncDate
from django.utils.translation import gettext_lazy as _

from loyalty.models import Balance
from loyalty.models.accounts import NET
from loyalty.registry import Fact, Text, ValueType
from members.models import MAIN, Ladder, Member, Standing, Tier


def _tiers() -> Sequence[tuple[str, Text]]:
    return [(tier.code, tier.name) for tier in Tier.objects.all()]


def _filled(column: str) -> Expression:
    """Whether a text column holds anything; false, not unknown, where there is no member."""
    return Case(
        When(Q(**{f"member__{column}__gt": ""}), then=Value(True)),
        default=Value(False),
        output_field=BooleanField(),
    )


def _main(column: str, field: "DateField[Any, Any] | DateTimeField[Any, Any]") -> Expression:
    """A column of the standing on the main ladder; nothing where the member has not moved yet."""
    rows = Standing.objects.filter(member=OuterRef("pk"), ladder_id=MAIN)
    return ExpressionWrapper(Subquery(rows.values(column)[:1]), output_field=field)


def _missing() -> Expression:
    """To the next threshold of the main ladder, where that counts all growth ever; else nothing.

    A ladder that counts by periods has no such figure outside the judge.
    """
    counted = Balance.objects.filter(account=OuterRef(OuterRef("pk")), currency__code="growth")
    ahead = Tier.objects.filter(
        ladder_id=MAIN,
        ladder__window=Ladder.Window.EVER,
        ladder__basis=Ladder.Basis.EARNED,
        ladder__currency="growth",
        archived_at=None,
    )
    ahead = ahead.annotate(growth=Coalesce(Subquery(counted.values(net=NET)[:1]), 0)).filter(threshold__gt=F("growth"))
    missing = Subquery(ahead.order_by("threshold").values(missing=F("threshold") - F("growth"))[:1])
    return Case(When(member__isnull=False, then=missing), output_field=BigIntegerField())


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
        code="member.tier_rank",
        label=_("rank of the tier"),
        type=ValueType.NUMBER,
        expression=lambda: F("member__tier__rank"),
        group=_("Member"),
        moves=True,
    ),
    Fact(
        code="member.tier_since",
        label=_("on this tier since"),
        type=ValueType.DATE,
        expression=lambda: TruncDate(Coalesce(_main("effective_at", DateTimeField()), F("member__joined_at"))),
        group=_("Member"),
        moves=True,
    ),
    Fact(
        code="member.tier_review_on",
        label=_("next review of the tier"),
        type=ValueType.DATE,
        expression=lambda: _main("next_review_on", DateField()),
        group=_("Member"),
        moves=True,
    ),
    Fact(
        code="member.tier_missing",
        label=_("growth missing for the next tier"),
        type=ValueType.NUMBER,
        expression=_missing,
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
