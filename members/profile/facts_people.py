"""What is known of a member's profile, pets and household, for conditions. Contributed in ``companions``.

Of pets only those count that are alive and shown. An account without a member has none of it.
"""

from collections.abc import Sequence

from django.db.models import (
    BooleanField,
    Case,
    CharField,
    Count,
    DateField,
    Exists,
    Expression,
    ExpressionWrapper,
    IntegerField,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from loyalty.conditions import Codes
from loyalty.models import PoolMembership
from loyalty.registry import Fact, Text, ValueType
from members.models import Address, Interest, MemberInterest, Pet

_PROFILE, _PETS, _HOUSEHOLD = _("Profile"), _("Pets"), _("Household")


def _pets(**only: object) -> QuerySet[Pet]:
    return Pet.objects.filter(member=OuterRef("pk"), removed_at=None, passed_on=None, **only)


def _count(rows: QuerySet[Pet]) -> Expression:
    counted = rows.order_by().values("member").annotate(many=Count("pk")).values("many")
    return Coalesce(Subquery(counted), 0, output_field=IntegerField())


def _number(rows: QuerySet[Pet], of: Max | Min) -> Expression:
    found = rows.order_by().values("member").annotate(found=of).values("found")
    return ExpressionWrapper(Subquery(found), output_field=IntegerField())


def _yes(condition: Q) -> Expression:
    return Case(When(condition, then=Value(True)), default=Value(False), output_field=BooleanField())


def _pet_text(column: str) -> Expression:
    """Of the first pet that tells one."""
    rows = _pets(**{f"{column}__gt": ""}).order_by("pk").values(column)[:1]
    return ExpressionWrapper(Subquery(rows), output_field=CharField())


def _birthday() -> Expression:
    """The youngest pet's; a member's other pets have facts of their own in their birthday's event."""
    rows = _pets(birthday__isnull=False).order_by("-birthday", "pk").values("birthday")[:1]
    return ExpressionWrapper(Subquery(rows), output_field=DateField())


def _place(column: str) -> Expression:
    rows = Address.objects.filter(member=OuterRef("pk")).order_by("-is_usual", "pk").values(column)[:1]
    return ExpressionWrapper(Subquery(rows), output_field=CharField())


def _shares() -> QuerySet[PoolMembership]:
    return PoolMembership.objects.filter(account=OuterRef("pk"), left_at=None)


def _household_size() -> Expression:
    here = PoolMembership.objects.filter(pool=OuterRef("pool"), left_at=None).order_by()
    sizes = here.values("pool").annotate(many=Count("pk")).values("many")
    return Coalesce(
        Subquery(_shares().annotate(many=Subquery(sizes)).values("many")[:1]), 0, output_field=IntegerField()
    )


def _ticks() -> Codes:
    return Codes(MemberInterest.objects.filter(member=OuterRef("pk")), "interest__code")


def _interests() -> Sequence[tuple[str, Text]]:
    return [(each.code, each.name) for each in Interest.objects.all()]


def _remembers() -> Expression:
    return _yes(Q(Exists(Pet.objects.filter(member=OuterRef("pk"), removed_at=None, passed_on__isnull=False))))


def _interest_count() -> Expression:
    rows = MemberInterest.objects.filter(member=OuterRef("pk")).order_by().values("member")
    return Coalesce(Subquery(rows.annotate(many=Count("pk")).values("many")), 0, output_field=IntegerField())


def _species_count(code: str, label: Text, species: str) -> Fact:
    return Fact(code, label, ValueType.NUMBER, lambda: _count(_pets(species=species)), group=_PETS)


FACTS: tuple[Fact, ...] = (
    Fact(
        "member.has_avatar",
        _("portrait set"),
        ValueType.BOOLEAN,
        lambda: _yes(Q(member__avatar__isnull=False)),
        group=_PROFILE,
    ),
    Fact(
        "member.has_birthday",
        _("birthday told"),
        ValueType.BOOLEAN,
        lambda: _yes(Q(member__birthday__isnull=False)),
        group=_PROFILE,
    ),
    Fact(
        "member.profile_complete",
        _("profile complete"),
        ValueType.BOOLEAN,
        lambda: _yes(Q(member__completed_at__isnull=False)),
        group=_PROFILE,
        moves=True,
    ),
    Fact(
        "member.has_no_pet",
        _("told that there is no pet"),
        ValueType.BOOLEAN,
        lambda: _yes(Q(member__has_no_pet=True)),
        group=_PROFILE,
    ),
    Fact(
        "member.province",
        _("province of the usual address"),
        ValueType.TEXT,
        lambda: _place("province"),
        group=_PROFILE,
    ),
    Fact("member.city", _("city of the usual address"), ValueType.TEXT, lambda: _place("city"), group=_PROFILE),
    Fact("member.interests", _("interests"), ValueType.SET, _ticks, choices=_interests, group=_PROFILE),
    Fact("member.interest_count", _("interests ticked"), ValueType.NUMBER, _interest_count, group=_PROFILE),
    Fact("pet.count", _("pets"), ValueType.NUMBER, lambda: _count(_pets()), group=_PETS),
    Fact(
        "pet.species",
        _("species of the pets"),
        ValueType.SET,
        lambda: Codes(_pets(), "species"),
        choices=lambda: Pet.Species.choices,
        group=_PETS,
    ),
    _species_count("pet.cats", _("cats"), "cat"),
    _species_count("pet.dogs", _("dogs"), "dog"),
    Fact("pet.breed", _("breed of the first pet"), ValueType.TEXT, lambda: _pet_text("breed"), group=_PETS),
    Fact("pet.birthday", _("birthday of the youngest pet"), ValueType.MONTHDAY, _birthday, group=_PETS),
    Fact("pet.youngest_born", _("youngest pet born on"), ValueType.DATE, _birthday, group=_PETS),
    Fact(
        "pet.weight_grams",
        _("heaviest pet (grams)"),
        ValueType.NUMBER,
        lambda: _number(_pets(), Max("weight_grams")),
        group=_PETS,
    ),
    Fact(
        "pet.lightest_grams",
        _("lightest pet (grams)"),
        ValueType.NUMBER,
        lambda: _number(_pets(), Min("weight_grams")),
        group=_PETS,
    ),
    Fact(
        "pet.has_memory",
        _("a pet passed away"),
        ValueType.BOOLEAN,
        _remembers,
        group=_PETS,
    ),
    Fact("household.size", _("people in the household"), ValueType.NUMBER, _household_size, group=_HOUSEHOLD),
    Fact(
        "household.shares", _("shares a purse"), ValueType.BOOLEAN, lambda: _yes(Q(Exists(_shares()))), group=_HOUSEHOLD
    ),
)
