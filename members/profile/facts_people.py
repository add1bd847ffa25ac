"""What is known of a member's profile, pets and household, for conditions. Contributed in ``companions``.

Of pets only those count that are alive and shown. An account without a member has none of it.
"""

from collections.abc import Callable, Sequence

from django.db.models import OuterRef, Q, QuerySet
from django.db.models.expressions import BaseExpression
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from loyalty.conditions import Codes, days, figures
from loyalty.models import PoolMembership
from loyalty.registry import Fact, Text, ValueType
from members.models import Address, Interest, MemberInterest, Pet

NUMBER, BOOLEAN, SET = ValueType.NUMBER, ValueType.BOOLEAN, ValueType.SET


def _pets(**only: object) -> QuerySet[Pet]:
    return Pet.objects.filter(member=OuterRef("pk"), removed_at=None, passed_on=None, **only)


def _told(column: str) -> Callable[[], BaseExpression]:
    """Whether the member has told it."""
    return lambda: figures.whether(Q(**{f"member__{column}__isnull": False}))


def _breed() -> BaseExpression:
    """Of the first pet that tells one."""
    return figures.top(_pets(breed__gt="").order_by("pk"), "breed")


def _birthday() -> BaseExpression:
    """The youngest pet's; a member's other pets have facts of their own in their birthday's event."""
    return figures.top(_pets(birthday__isnull=False).order_by("-birthday", "pk"), "birthday")


def _age() -> BaseExpression:
    """Whole months; of pets with a birthday that is only about, about."""
    rows = _pets(birthday__isnull=False).order_by("-birthday", "pk")
    return figures.top(rows.annotate(months=days.months_since("birthday")), "months")


def _count(**only: object) -> Callable[[], BaseExpression]:
    return lambda: figures.count(_pets(**only), owner="member")


def _place(column: str) -> Callable[[], BaseExpression]:
    """Of the usual address."""
    rows = Address.objects.filter(member=OuterRef("pk")).order_by("-is_usual", "pk")
    return lambda: figures.top(rows, column)


def _shares() -> QuerySet[PoolMembership]:
    return PoolMembership.objects.filter(account=OuterRef("pk"), left_at=None)


def _household_size() -> BaseExpression:
    here = PoolMembership.objects.filter(pool=OuterRef("pool"), left_at=None)
    return Coalesce(figures.top(_shares().annotate(many=figures.count(here, owner="pool")), "many"), 0)


def _ticked() -> QuerySet[MemberInterest]:
    return MemberInterest.objects.filter(member=OuterRef("pk"))


def _interests() -> Sequence[tuple[str, Text]]:
    return [(each.code, each.name) for each in Interest.objects.all()]


def _remembers() -> BaseExpression:
    return figures.some(Pet.objects.filter(member=OuterRef("pk"), removed_at=None, passed_on__isnull=False))


_profile = figures.Family("member", _("Profile")).fact
_progress = figures.Family("member", _("Profile"), moves=True).fact
_pet = figures.Family("pet", _("Pets")).fact
_household = figures.Family("household", _("Household")).fact
FACTS: tuple[Fact, ...] = (
    _profile("has_avatar", _("portrait set"), BOOLEAN, _told("avatar")),
    _profile("has_birthday", _("birthday told"), BOOLEAN, _told("birthday")),
    _progress("profile_complete", _("profile complete"), BOOLEAN, _told("completed_at")),
    _profile(
        "has_no_pet", _("told that there is no pet"), BOOLEAN, lambda: figures.whether(Q(member__has_no_pet=True))
    ),
    _profile("province", _("province of the usual address"), ValueType.TEXT, _place("province")),
    _profile("city", _("city of the usual address"), ValueType.TEXT, _place("city")),
    _profile("interests", _("interests"), SET, lambda: Codes(_ticked(), "interest__code"), _interests),
    _profile("interest_count", _("interests ticked"), NUMBER, lambda: figures.count(_ticked(), owner="member")),
    _pet("count", _("pets"), NUMBER, _count()),
    _pet("species", _("species of the pets"), SET, lambda: Codes(_pets(), "species"), lambda: Pet.Species.choices),
    _pet("cats", _("cats"), NUMBER, _count(species=Pet.Species.CAT)),
    _pet("dogs", _("dogs"), NUMBER, _count(species=Pet.Species.DOG)),
    _pet("breed", _("breed of the first pet"), ValueType.TEXT, _breed),
    _pet("birthday", _("birthday of the youngest pet"), ValueType.MONTHDAY, _birthday),
    _pet("age_months", _("age of the youngest pet (months)"), NUMBER, _age),
    _pet("youngest_born", _("youngest pet born on"), ValueType.DATE, _birthday),
    _pet(
        "weight_grams",
        _("heaviest pet (grams)"),
        NUMBER,
        lambda: figures.most(_pets(), "weight_grams", owner="member"),
    ),
    _pet(
        "lightest_grams",
        _("lightest pet (grams)"),
        NUMBER,
        lambda: figures.least(_pets(), "weight_grams", owner="member"),
    ),
    _pet("has_memory", _("a pet passed away"), BOOLEAN, _remembers),
    _household("size", _("people in the household"), NUMBER, _household_size),
    _household("shares", _("shares a purse"), BOOLEAN, lambda: figures.some(_shares())),
)
