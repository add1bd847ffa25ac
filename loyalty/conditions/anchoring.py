"""Windows that hang on a date of the member, in SQL: which rows of day-by-day numbers they cover.

Dates are compared as numbers (20261122) where the year is made up: neither database can be asked for the
last anniversary of a column in words the other knows. ``windows`` answers the same in Python.
"""

import calendar
from datetime import date

from django.db.models import Case, Expression, F, IntegerField, OuterRef, Q, Subquery, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, ExtractDay, ExtractMonth, ExtractYear
from django.db.models.lookups import Exact, GreaterThanOrEqual, LessThanOrEqual

from loyalty.conditions import windows
from loyalty.conditions.windows import Window
from loyalty.models import Account


def covered(window: Window, anchor: Combinable, as_of: date) -> Q:
    """A filter over rows with ``account`` and ``day`` for those from the window's first day on.

    ``anchor`` is an expression over ``Account``. Nothing is covered where it gives no date, or one to come.
    """
    owner = Account.objects.filter(pk=OuterRef("account_id")).filter(LessThanOrEqual(anchor, as_of))
    if window.unit == "since":
        return Q(day__gte=Subquery(owner.values(start=anchor)[:1]))
    start = Subquery(owner.values(start=_last_anniversary(anchor, as_of))[:1], output_field=IntegerField())
    near = Q(day__gte=windows.earliest(window, as_of))
    return near & Q(GreaterThanOrEqual(_number(F("day")), start))


def _number(day: Combinable) -> Expression:
    """A date column as one number: 22 November 2026 is 20261122."""
    return Cast(ExtractYear(day) * 10000 + ExtractMonth(day) * 100 + ExtractDay(day), IntegerField())


def _last_anniversary(anchor: Combinable, as_of: date) -> Expression:
    """The latest anniversary of ``anchor`` that has come by ``as_of``, as a number."""
    this_year, last_year = (_anniversary(anchor, year) for year in (as_of.year, as_of.year - 1))
    today = as_of.year * 10000 + as_of.month * 100 + as_of.day
    return Case(When(LessThanOrEqual(this_year, today), then=this_year), default=last_year, output_field=IntegerField())


def _anniversary(anchor: Combinable, year: int) -> Expression:
    mark = ExtractMonth(anchor) * 100 + ExtractDay(anchor)
    if calendar.isleap(year):
        return year * 10000 + mark
    kept = Case(When(Exact(mark, 229), then=Value(228)), default=mark, output_field=IntegerField())
    return year * 10000 + kept
