"""How old somebody is, where the law asks: children under 14 need a guardian, minors are under 18.

In Python for one person at hand and as SQL for conditions, the two alike: born on 29 February, one is
a year older on 28 February.
"""

from datetime import date

from django.db.models import BooleanField, Case, Expression, F, IntegerField, Value, When
from django.db.models.functions import ExtractDay, ExtractMonth, ExtractYear, Now
from django.db.models.lookups import GreaterThan
from django.utils.translation import gettext_lazy as _

from loyalty import clock
from loyalty.registry import Fact, ValueType

CHILD_UNTIL = 14
ADULT_FROM = 18
_YEAR = 10_000


def is_under(years: int, birthday: date | None, today: date) -> bool:
    """Whether that birthday is still to come; unknown birthdays are nobody's child."""
    return birthday is not None and clock.add_months(birthday, 12 * years) > today


def is_child(birthday: date | None, today: date) -> bool:
    """Under 14: only with a guardian, and never asked for what is not needed."""
    return is_under(CHILD_UNTIL, birthday, today)


def under(years: int, column: str) -> Expression:
    """The same as an expression, today being the database's day in the site's zone."""
    born = _number(column)
    leap = When(**{f"{column}__month": 2, f"{column}__day": 29}, then=born - 1)
    kept = Case(leap, default=born, output_field=IntegerField())
    is_ahead = GreaterThan(kept + Value(years * _YEAR), _number(Now()))
    return Case(When(is_ahead, then=Value(True)), default=Value(False), output_field=BooleanField())


def _number(day: "str | Now") -> Expression:
    """A day as ``yyyymmdd``."""
    told = F(day) if isinstance(day, str) else day
    return ExtractYear(told) * Value(_YEAR) + ExtractMonth(told) * Value(100) + ExtractDay(told)


FACTS = (
    Fact(
        code="member.is_minor",
        label=_("under 18"),
        type=ValueType.BOOLEAN,
        expression=lambda: under(ADULT_FROM, "member__birthday"),
        group=_("Member"),
    ),
    Fact(
        code="member.is_child",
        label=_("under 14"),
        type=ValueType.BOOLEAN,
        expression=lambda: under(CHILD_UNTIL, "member__birthday"),
        group=_("Member"),
    ),
)
