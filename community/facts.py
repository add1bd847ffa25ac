"""What the community knows of a member, for conditions. Contributed in ``contributions``.

How often somebody checked in within a period is the metric of check-ins; days in a row are told by the
event itself, since they end with the day.
"""

from collections.abc import Callable

from django.db.models import F, OuterRef, QuerySet
from django.db.models.expressions import BaseExpression
from django.utils.translation import gettext_lazy as _

from community.models import CheckinDay
from loyalty.conditions import figures
from loyalty.registry import Fact, Text, ValueType

GROUP = _("Community")


def _stamps() -> QuerySet[CheckinDay]:
    return CheckinDay.objects.filter(account=OuterRef("pk"))


def _fact(code: str, label: Text, type_: ValueType, expression: Callable[[], BaseExpression | F]) -> Fact:
    return Fact(f"checkin.{code}", label, type_, expression, group=GROUP)


FACTS = (
    _fact("first_on", _("first check-in"), ValueType.DATE, lambda: figures.least(_stamps(), "day")),
    _fact("last_on", _("last check-in"), ValueType.DATE, lambda: figures.most(_stamps(), "day")),
    _fact("count", _("check-ins ever"), ValueType.NUMBER, lambda: figures.count(_stamps())),
)
