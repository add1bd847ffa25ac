"""What is known of a member's paid membership, for conditions. Days follow the programme's calendar at midnight."""

from django.db.models import (
    F,
    OuterRef,
    Q,
    QuerySet,
)
from django.db.models.expressions import BaseExpression
from django.db.models.functions import Coalesce, Now, TruncDate
from django.utils.translation import gettext_lazy as _

from loyalty.conditions import figures
from loyalty.conditions.days import Days, Eve
from loyalty.registry import ValueType
from members.models import PlanTerm
from members.paying import happenings


def _running() -> "QuerySet[PlanTerm]":
    """The account's terms that run today, the one with the highest tier and the longest first."""
    today = TruncDate(Now())
    runs = Q(starts_on__lte=today, through_on__gte=today) & (Q(ended_on=None) | Q(ended_on__gt=today))
    rows = PlanTerm.objects.filter(runs, member=OuterRef("pk"))
    return rows.order_by(F("plan__tier__rank").desc(nulls_last=True), "-through_on", "pk")


def _plan() -> BaseExpression:
    return figures.top(_running(), "plan__code")


def _last_day() -> BaseExpression:
    """The last day of all the member holds or will hold; nothing where that is over."""
    today = TruncDate(Now())
    rows = PlanTerm.objects.filter(member=OuterRef("pk"))
    rows = rows.annotate(last=Coalesce(Eve(F("ended_on")), F("through_on")))
    rows = rows.filter(last__gte=today).filter(last__gte=F("starts_on"))
    return figures.top(rows.order_by("-last"), "last")


def _days_left() -> BaseExpression:
    return Days(_last_day(), TruncDate(Now()))


_fact = figures.Family("member", _("Member"), moves=True).fact
FACTS = (
    _fact("plan", _("paid plan"), ValueType.CHOICE, _plan, happenings.plans),
    _fact("plan_ends_on", _("last day of the paid plan"), ValueType.DATE, _last_day),
    _fact("plan_days_left", _("days left of the paid plan"), ValueType.NUMBER, _days_left),
)
