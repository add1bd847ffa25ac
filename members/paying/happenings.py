"""What happens to paid memberships, as rules may ask for it: started, renewed, ended."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from loyalty.registry import BuiltinMetric, EventField, EventKind, Text, ValueType
from members.models import Plan, PlanTerm

STARTED, RENEWED, ENDED = "plan.started", "plan.renewed", "plan.ended"
THROUGH, REFUND, STAFF = "through", "refund", "staff"
_WHY = ((THROUGH, _("it ran out")), (REFUND, _("it was paid back")), (STAFF, _("our team ended it")))


def plans() -> Sequence[tuple[str, Text]]:
    """Every plan as a choice, retired ones too, since members may still hold them."""
    return [(plan.code, plan.name) for plan in Plan.objects.all()]


def _named(name: str) -> Any:
    def read(payload: Mapping[str, Any]) -> Any:
        return payload.get(name)

    return read


_FIELDS = (
    EventField("plan", _("paid plan"), ValueType.CHOICE, _named("plan"), plans),
    EventField("source", _("came by"), ValueType.CHOICE, _named("source"), lambda: PlanTerm.Source.choices),
    EventField("is_first", _("first time with this plan"), ValueType.BOOLEAN, _named("is_first")),
    EventField("days", _("days"), ValueType.NUMBER, _named("days")),
)
_SOLD = (PlanTerm.Source.ORDER, PlanTerm.Source.POINTS)


def _is_sold(payload: Mapping[str, Any]) -> int:
    return int(payload.get("source") in _SOLD)


KINDS = (
    EventKind(STARTED, _("paid membership began"), dict, fields=_FIELDS, title=_("Welcome to the plan"), icon="gem"),
    EventKind(RENEWED, _("paid membership renewed"), dict, fields=_FIELDS, title=_("Plan renewed"), icon="gem"),
    EventKind(
        ENDED,
        _("paid membership ended"),
        dict,
        fields=(*_FIELDS, EventField("why", _("ended because"), ValueType.CHOICE, _named("why"), lambda: _WHY)),
        title=_("Plan ended"),
        icon="gem",
    ),
    BuiltinMetric("plans_begun", _("paid memberships bought anew"), STARTED, _is_sold),
    BuiltinMetric("plan_renewals", _("paid memberships renewed"), RENEWED, _is_sold),
)
