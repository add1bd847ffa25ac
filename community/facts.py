"""What the community knows of a member, for conditions. Contributed in ``contributions``.

How often somebody checked in within a period is the metric of check-ins. Days in a row as of now are a fact;
the event of a check-in tells those it makes, that day included.
"""

from collections.abc import Callable

from django.db.models import F, OuterRef, QuerySet
from django.db.models.expressions import BaseExpression
from django.utils.translation import gettext_lazy as _

from community.models import CheckinDay
from loyalty.conditions import days, figures
from loyalty.registry import Fact, Text, ValueType

GROUP = _("Community")


def _stamps() -> QuerySet[CheckinDay]:
    return CheckinDay.objects.filter(account=OuterRef("pk"))


def _streak() -> BaseExpression:
    """Today's stamp or yesterday's is its last, so nobody loses theirs before the day is over."""
    eve = CheckinDay.objects.filter(account=OuterRef("account"), day=days.Eve(OuterRef("day")))
    return days.days_in_a_row(_stamps(), eve, "day")


def _fact(code: str, label: Text, type_: ValueType, expression: Callable[[], BaseExpression | F]) -> Fact:
    return Fact(f"checkin.{code}", label, type_, expression, group=GROUP)


FACTS = (
    _fact("first_on", _("first check-in"), ValueType.DATE, lambda: figures.least(_stamps(), "day")),
    _fact("last_on", _("last check-in"), ValueType.DATE, lambda: figures.most(_stamps(), "day")),
    _fact("streak", _("days in a row checked in"), ValueType.NUMBER, _streak),
    _fact("count", _("check-ins ever"), ValueType.NUMBER, lambda: figures.count(_stamps())),
)
