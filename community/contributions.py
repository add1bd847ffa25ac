"""What ``community`` brings to the house."""

from django.utils.translation import gettext_lazy as _

from community import demo
from loyalty.registry import BuiltinMetric, EventField, EventKind, Tab, ValueType

CONTRIBUTES = (
    EventKind(
        "checkin.done",
        _("checked in"),
        dict,
        fields=(EventField("streak", _("days in a row"), ValueType.NUMBER, lambda payload: payload["streak"]),),
    ),
    BuiltinMetric("checkins", _("check-ins"), "checkin.done", lambda _payload: 1),
    Tab("tasks", 20, _("Tasks"), "community:tasks", "tasks"),
    *demo.DEMO,
)
