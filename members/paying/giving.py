"""What a rule can do: give a paid plan, for as long as it lasts or so many days."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from loyalty import programme
from loyalty.registry import Effect, EffectParam, Grant, Happening, Text, ValueType
from members.climbing.telling import DOWNGRADED, REACHED, UPGRADED
from members.models import Member, Plan, PlanTerm
from members.paying import happenings, opening
from members.paying.opening import Wish

LONGEST_DAYS = 3660


def _plans() -> Sequence[tuple[str, Text]]:
    return [(plan.code, plan.name) for plan in Plan.objects.filter(archived_at=None)]


def give(grants: Sequence[Grant], now: datetime) -> list[Happening]:
    """Opens a term for each grant, behind what the member holds of the plan already."""
    plans = {plan.code: plan for plan in Plan.objects.select_related("tier")}
    members = set(Member.objects.filter(pk__in={each.account_id for each in grants}).values_list("pk", flat=True))
    told: list[Happening] = []
    for each in grants:
        plan = plans.get(str(each.params["plan"]))
        if plan is not None and each.account_id in members:
            wish = Wish(
                each.account_id,
                plan,
                f"rule:{each.key}",
                PlanTerm.Source.RULE,
                programme.day_of(now),
                days=min(LONGEST_DAYS, max(0, int(each.params.get("days") or 0))),
            )
            told += opening.open_term(wish, now=now, cause_id=each.event_id)[1]
    return told


def _sentence(params: Mapping[str, Any]) -> str:
    plan = Plan.objects.filter(code=params.get("plan") or "").first()
    name, days = plan.name if plan else params.get("plan"), int(params.get("days") or 0)
    if not days:
        return _("%(plan)s for one term") % {"plan": name}
    text = ngettext("%(plan)s for %(days)s day", "%(plan)s for %(days)s days", days)
    return text % {"plan": name, "days": days}


GIVE = Effect(
    "plan.give",
    gettext_lazy("give a paid plan"),
    (
        EffectParam("plan", gettext_lazy("paid plan"), ValueType.CHOICE, choices=_plans),
        EffectParam(
            "days",
            gettext_lazy("for so many days (0: as long as it lasts)"),
            ValueType.NUMBER,
            required=False,
            default=0,
        ),
    ),
    give,
    _sentence,
    emits=(happenings.STARTED, happenings.RENEWED, UPGRADED, DOWNGRADED, REACHED),
)
