"""What benefits bring to the house: events for rules, metrics, facts, messages, the effect and the nightly work."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Case, OuterRef, When
from django.db.models.expressions import BaseExpression
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from loyalty.conditions import figures
from loyalty.registry import BuiltinMetric, Configuration, EventField, EventKind, Text, ValueType
from members.benefits import giving, granting, issuing, lapsing, reminding
from members.models import Benefit, BenefitClaim, BenefitSet, Tier

_SOURCES = (
    (issuing.BY_MEMBER, _("claimed by the member")),
    (issuing.BY_ITSELF, _("came by itself")),
    (issuing.BY_RULE, _("given by a rule")),
    (issuing.BY_STAFF, _("given by staff")),
)


def _benefits() -> Sequence[tuple[str, Text]]:
    return [(row.code, row.name) for row in Benefit.objects.all()]


def _sets() -> Sequence[tuple[str, Text]]:
    return [(row.code, row.name) for row in BenefitSet.objects.all()]


def _tiers() -> Sequence[tuple[str, Text]]:
    return [(row.code, row.name) for row in Tier.objects.all()]


def _text(payload: Mapping[str, Any], name: str) -> str | None:
    return payload.get(name) or None


_FIELDS = (
    EventField("benefit", _("benefit"), ValueType.CHOICE, lambda payload: _text(payload, "benefit"), _benefits),
    EventField(
        "kind",
        _("kind of benefit"),
        ValueType.CHOICE,
        lambda payload: _text(payload, "kind"),
        lambda: Benefit.Kind.choices,
    ),
    EventField("tier", _("as a member of"), ValueType.CHOICE, lambda payload: _text(payload, "tier"), _tiers),
)
KINDS = (
    EventKind(
        issuing.CLAIMED,
        _("benefit received"),
        dict,
        title=_("Member benefit"),
        icon="gift",
        fields=(
            *_FIELDS,
            EventField("set", _("benefit set"), ValueType.CHOICE, lambda payload: _text(payload, "set"), _sets),
            EventField(
                "source",
                _("how it came"),
                ValueType.CHOICE,
                lambda payload: _text(payload, "source"),
                lambda: _SOURCES,
            ),
        ),
    ),
    EventKind(
        issuing.USED,
        _("benefit used"),
        dict,
        title=_("Member benefit"),
        icon="gift",
        is_activity=True,
        fields=(
            *_FIELDS,
            EventField(
                "place",
                pgettext_lazy("benefit", "used at"),
                ValueType.CHOICE,
                lambda payload: _text(payload, "place"),
                lambda: Benefit.Place.choices,
            ),
        ),
    ),
)


def _open() -> Any:
    return BenefitClaim.objects.filter(member=OuterRef("pk"), state=BenefitClaim.State.OPEN)


def _open_count() -> BaseExpression:
    """0 for a member without any; nothing for who is no member."""
    return Case(When(member__isnull=False, then=figures.count(_open(), owner="member")))


def _next_end() -> BaseExpression:
    return figures.least(_open(), "usable_through", owner="member")


_fact = figures.Family("member", _("Member"), moves=True).fact
FACTS = (
    _fact("open_benefits", _("benefits still to be used"), ValueType.NUMBER, _open_count),
    _fact("benefit_ends_on", _("last day of the first benefit to lapse"), ValueType.DATE, _next_end),
)

CONTRIBUTED = (
    Configuration(
        "benefits", ("members_benefit", "members_benefitset", "members_benefitoffer", "members_benefitseason")
    ),
    *KINDS,
    BuiltinMetric("benefits_claimed", _("benefits received"), issuing.CLAIMED, lambda _payload: 1),
    BuiltinMetric("benefits_used", _("benefits used"), issuing.USED, lambda _payload: 1),
    *FACTS,
    giving.GIVE,
    granting.FOLLOWER,
    granting.JOB,
    lapsing.JOB,
    *reminding.KINDS,
    *reminding.JOBS,
)
