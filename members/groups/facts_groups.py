"""Tags, segments, consents and moves between tiers, for conditions. Contributed in ``contributions``."""

from collections.abc import Callable, Sequence

from django.db.models import BooleanField, OuterRef, QuerySet, Subquery, Value
from django.db.models.expressions import BaseExpression
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from loyalty.conditions import figures
from loyalty.conditions.codes import Codes
from loyalty.crowds import Crowd
from loyalty.registry import Fact, Text, ValueType
from members.groups import segments, tagging
from members.models import MAIN, Consent, Ladder, Segment, SegmentMember, Standing, Tagging, Tier, TierChange

NUMBER, DATE, BOOLEAN, SET = ValueType.NUMBER, ValueType.DATE, ValueType.BOOLEAN, ValueType.SET
MEMBER = _("Member")


def _taggings() -> QuerySet[Tagging]:
    return Tagging.objects.filter(member=OuterRef("pk"))


def _segments() -> Sequence[tuple[str, Text]]:
    return [(row.code, row.name) for row in Segment.objects.filter(archived_at=None)]


def _listed() -> Codes:
    lists = SegmentMember.objects.filter(member=OuterRef("pk"), segment__kind=Segment.Kind.STATIC)
    return Codes(lists, "segment__code")


_group = figures.Family("member", MEMBER, moves=True).fact
GROUPS = (
    _group("tags", _("tags"), SET, lambda: Codes(_taggings(), "tag__code"), tagging.choices),
    _group("tag_count", _("number of tags"), NUMBER, lambda: figures.count(_taggings(), owner="member")),
    _group(
        "tagged_on",
        _("last tagged on"),
        DATE,
        lambda: figures.day(figures.most(_taggings(), "given_at", owner="member")),
    ),
    Fact(segments.FACT, _("segments"), SET, _listed, _segments, MEMBER),
    Crowd(segments.FACT, segments.trees),
)


def _side_tiers() -> Sequence[tuple[str, Text]]:
    rows = Tier.objects.filter(ladder__is_main=False).select_related("ladder").order_by("ladder", "rank")
    return [(row.code, f"{row.ladder.name} · {row.name}") for row in rows]


def _tiers() -> Sequence[tuple[str, Text]]:
    return [(row.code, row.name) for row in Tier.objects.all()]


def _ladders() -> Sequence[tuple[str, Text]]:
    return [(row.code, row.name) for row in Ladder.objects.order_by("pk")]


def _standings() -> QuerySet[Standing]:
    return Standing.objects.filter(member=OuterRef("pk"))


def _changes() -> QuerySet[TierChange]:
    return TierChange.objects.filter(member=OuterRef("pk"), ladder=MAIN)


def _rises() -> QuerySet[TierChange]:
    return _changes().filter(tier__rank__gt=Coalesce("previous__rank", -1))


def _falls() -> QuerySet[TierChange]:
    return _changes().filter(previous__rank__gt=Coalesce("tier__rank", -1))


_tier = figures.Family("member", _("Tiers"), moves=True).fact


def _main(column: str) -> Callable[[], BaseExpression]:
    return lambda: figures.top(_standings().filter(ladder=MAIN), column)


TIER_FACTS = (
    _tier(
        "other_tiers",
        _("tiers on other ladders"),
        SET,
        lambda: Codes(_standings().filter(ladder__is_main=False), "effective__code"),
        _side_tiers,
    ),
    _tier(
        "ladders",
        _("ladders with a tier"),
        SET,
        lambda: Codes(_standings().filter(effective__isnull=False), "ladder__code"),
        _ladders,
    ),
    _tier(
        "tiers_held",
        _("tiers held ever"),
        SET,
        lambda: Codes(_changes(), "tier__code"),
        _tiers,
    ),
    _tier("tier_earned", _("tier that was earned"), ValueType.CHOICE, _main("earned__code"), _tiers),
    _tier("tier_granted", _("tier that was granted"), ValueType.CHOICE, _main("granted__code"), _tiers),
    _tier("tier_granted_through", _("tier granted through"), DATE, _main("granted_through")),
    _tier("tier_bought", _("tier that was bought"), ValueType.CHOICE, _main("paid__code"), _tiers),
    _tier("tier_bought_through", _("tier bought through"), DATE, _main("paid_through")),
    _tier("tier_valid_through", _("tier valid through"), DATE, _main("valid_through")),
    _tier("tier_locked_through", _("tier locked through"), DATE, _main("locked_through")),
    _tier(
        "tier_rise_count",
        _("rises on the main ladder"),
        NUMBER,
        lambda: figures.count(_rises(), owner="member"),
    ),
    _tier("tier_fall_count", _("falls on the main ladder"), NUMBER, lambda: figures.count(_falls(), owner="member")),
    _tier(
        "tier_rose_on",
        _("last rise"),
        DATE,
        lambda: figures.day(figures.most(_rises(), "changed_at", owner="member")),
    ),
    _tier(
        "tier_fell_on",
        _("last fall"),
        DATE,
        lambda: figures.day(figures.most(_falls(), "changed_at", owner="member")),
    ),
)


def _answers(purpose: str) -> QuerySet[Consent]:
    """The answers to one purpose, the latest first: it counts."""
    return Consent.objects.filter(member=OuterRef("pk"), purpose=purpose).order_by("-answered_at", "-pk")


def _given(purpose: str) -> Callable[[], BaseExpression]:
    return lambda: Coalesce(
        Subquery(_answers(purpose).values("is_given")[:1]), Value(False), output_field=BooleanField()
    )


def _answered(purpose: str) -> Callable[[], BaseExpression]:
    return lambda: figures.day(figures.top(_answers(purpose), "answered_at"))


_consent = figures.Family("consent", _("Consent")).fact
CONSENTS = (
    _consent("marketing", _("agreed to offers and news"), BOOLEAN, _given("marketing")),
    _consent("marketing_on", _("answered on offers and news"), DATE, _answered("marketing")),
    _consent("profiling", _("agreed to recommendations"), BOOLEAN, _given("profiling")),
    _consent("profiling_on", _("answered on recommendations"), DATE, _answered("profiling")),
    _consent("terms_on", _("answered on the terms"), DATE, _answered("terms")),
    _consent(
        "terms_version",
        _("version of the terms agreed to"),
        ValueType.TEXT,
        lambda: figures.top(_answers("terms").filter(is_given=True), "version"),
    ),
)
FACTS = (*TIER_FACTS, *CONSENTS)
