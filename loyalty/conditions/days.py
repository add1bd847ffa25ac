"""Days and months in facts: the eve of a day, what lies between two, and how many follow each other without a gap.

A row of days or months counts while it still goes on: its last one is today's or the one before, so nobody
loses theirs before the day is over. Today is the calendar day of the site's zone.
"""

from typing import Any

from django.db.models import (
    Case,
    DateField,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    IntegerField,
    Max,
    OuterRef,
    Value,
    When,
)
from django.db.models.expressions import BaseExpression, Combinable
from django.db.models.functions import ExtractDay, ExtractMonth, ExtractYear, Now, TruncDate
from django.db.models.lookups import GreaterThanOrEqual

from loyalty.conditions import figures
from loyalty.conditions.figures import Rows


class Eve(Func):
    """The day before a date."""

    output_field = DateField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="(%(expressions)s - 1)", **context)

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="date(%(expressions)s, '-1 day')", **context)


class Days(Func):
    """Whole days from the second date to the first."""

    output_field = IntegerField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="(%(expressions)s)", arg_joiner=" - ", **context)

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "CAST(%(expressions)s AS INTEGER)"
        one, other = (compiler.compile(each) for each in self.source_expressions)
        return template % {"expressions": f"julianday({one[0]}) - julianday({other[0]})"}, [*one[1], *other[1]]


def today() -> TruncDate:
    return TruncDate(Now())


def month(day: Combinable) -> Combinable:
    """The number of a day's month, counted on from the year nought."""
    return ExpressionWrapper(ExtractYear(day) * 12 + ExtractMonth(day), output_field=IntegerField())


def months_since(column: str) -> Combinable:
    """Whole months from a column's day to today."""
    begun = Case(When(**{f"{column}__day__gt": ExtractDay(today())}, then=Value(1)), default=Value(0))
    return ExpressionWrapper(month(today()) - month(F(column)) - begun, output_field=IntegerField())


def days_in_a_row(own: Rows, day_before: Rows, column: str) -> BaseExpression:
    """How many days in a row the rows make. ``own`` are the account's; ``day_before`` those of a row's account on
    the eve of its day (``OuterRef`` to the row), so that the database can use its index.
    """
    last = figures.most(own, column)
    start = figures.most(own.filter(~Exists(day_before)), column)
    return Case(
        When(GreaterThanOrEqual(last, Eve(today())), then=Days(last, start) + 1), default=0, output_field=IntegerField()
    )


def months_in_a_row(own: Rows, same_account: Rows, column: str) -> BaseExpression:
    """The same by months: ``same_account`` are the rows of a row's account (``OuterRef`` to the row)."""
    counted = own.annotate(month=month(F(column)))
    before = same_account.annotate(month=month(F(column))).filter(month=OuterRef("month") - 1)
    last = Max("month")
    ends, begins = figures.measured(counted, last), figures.measured(counted.filter(~Exists(before)), last)
    return _while(GreaterThanOrEqual(ends, month(today()) - 1), ends - begins + 1)


def _while(goes_on: GreaterThanOrEqual, length: Combinable) -> BaseExpression:
    return Case(When(goes_on, then=length), default=0, output_field=IntegerField())
