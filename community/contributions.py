"""What ``community`` brings to the house."""

from django.utils.translation import gettext_lazy as _

from community import demo, dossier, facts, merging, strands
from community.web import calendar
from loyalty.registry import BuiltinMetric, EventField, EventKind, FirstStep, Panel, Tab, ValueType

CONTRIBUTES = (
    EventKind(
        "checkin.done",
        _("checked in"),
        dict,
        title=_("Daily check-in"),
        icon="check",
        fields=(EventField("streak", _("days in a row"), ValueType.NUMBER, lambda payload: payload["streak"]),),
    ),
    BuiltinMetric("checkins", _("check-ins"), "checkin.done", lambda _payload: 1),
    *facts.FACTS,
    FirstStep(
        "check-in",
        20,
        _("Check in for the first time"),
        _("A few points each day; days in a row bring more."),
        "community:tasks",
        "tasks",
        lambda member: member.account.checkin_days.exists(),
    ),
    Panel("check-in", 20, "community/_check_in.html", calendar.panel),
    Tab("tasks", 20, _("Tasks"), "community:tasks", "tasks"),
    dossier.DOSSIER,
    *strands.STRANDS,
    merging.STEP,
    *demo.DEMO,
)
