"""What is known about the person, for conditions. Contributed in ``contributions``.

An account without a member (erased, or not yet joined) has none of it: everything is missing, and
the yes-or-no facts are no.
"""

from collections.abc import Sequence

from django.conf import settings
from django.db.models import (
    BigIntegerField,
    Case,
    Expression,
    F,
    OuterRef,
    Q,
    Subquery,
    When,
)
from django.db.models.expressions import BaseExpression
from django.db.models.functions import Coalesce, TruncDate
from django.utils.translation import gettext_lazy as _

from loyalty.conditions import figures
from loyalty.models import Balance
from loyalty.models.accounts import NET
from loyalty.registry import Fact, Text, ValueType
from members.models import MAIN, Ladder, Member, Standing, Tier


def _tiers() -> Sequence[tuple[str, Text]]:
    return [(tier.code, tier.name) for tier in Tier.objects.all()]


def _filled(column: str) -> BaseExpression:
    """Whether a text column holds anything; false, not unknown, where there is no member."""
    return figures.whether(Q(**{f"member__{column}__gt": ""}))


def _main(column: str) -> BaseExpression:
    """A column of the standing on the main ladder; nothing where the member has not moved yet."""
    return figures.top(Standing.objects.filter(member=OuterRef("pk"), ladder_id=MAIN), column)


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


_moving = figures.Family("member", _("Member"), moves=True).fact
_fixed = figures.Family("member", _("Member")).fact
FACTS: tuple[Fact, ...] = (
    _moving("tier", _("tier"), ValueType.CHOICE, lambda: F("member__tier__code"), _tiers),
    _moving("tier_rank", _("rank of the tier"), ValueType.NUMBER, lambda: F("member__tier__rank")),
    _moving(
        "tier_since",
        _("on this tier since"),
        ValueType.DATE,
        lambda: TruncDate(Coalesce(_main("effective_at"), F("member__joined_at"))),
    ),
    _moving("tier_review_on", _("next review of the tier"), ValueType.DATE, lambda: _main("next_review_on")),
    _moving("tier_missing", _("growth missing for the next tier"), ValueType.NUMBER, _missing),
    _fixed("joined_on", _("joining day"), ValueType.DATE, lambda: F("member__joined_on")),
    _fixed("birthday", _("birthday"), ValueType.MONTHDAY, lambda: F("member__birthday")),
    _fixed("language", _("language"), ValueType.CHOICE, lambda: F("member__language"), lambda: settings.LANGUAGES),
    _fixed("source", _("joined through"), ValueType.CHOICE, lambda: F("member__source"), lambda: Member.Source.choices),
    _fixed("has_phone", _("phone on file"), ValueType.BOOLEAN, lambda: _filled("phone")),
    _fixed("has_email", _("e-mail on file"), ValueType.BOOLEAN, lambda: _filled("email")),
)
