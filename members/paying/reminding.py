"""Reminding of a paid membership that is about to end: once a term, as many days ahead as the plan says."""

from datetime import date, datetime, timedelta

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from loyalty import periods, programme
from loyalty.messaging import sending
from loyalty.models import Account
from loyalty.registry import Job, Stride
from members.models import Plan, PlanTerm
from members.paying import ending

ENDING = "plan.ending"
TRIAL_DAYS = 2
RANGE = 500


def remind(as_of: datetime, _period: str, cursor: str) -> Stride:
    """Some hundred terms of one plan whose last day is so many days ahead; the cursor is "<plan>:<term>".

    A trial is reminded of two days ahead, or sooner where the plan says so. Whether the term was renewed is
    asked when the message is delivered.
    """
    plan_id, _colon, after = cursor.partition(":")
    plan = Plan.objects.filter(pk__gte=int(plan_id or 0), remind_days__gt=0).order_by("pk").first()
    if plan is None:
        return Stride("", {})
    start = int(after or 0) if str(plan.pk) == plan_id else 0
    rows = list(_due(plan, programme.day_of(as_of)).filter(pk__gt=start).order_by("pk")[:RANGE])
    queued = sum(
        sending.tell(
            account_ids=[row.member_id], kind=ENDING, params={"term": row.pk}, key=f"{ENDING}:{row.pk}", now=as_of
        )
        for row in rows
    )
    return Stride(f"{plan.pk}:{rows[-1].pk}" if len(rows) == RANGE else f"{plan.pk + 1}:0", {"messages": queued})


def _due(plan: Plan, today: date) -> "ending.Terms":
    """Terms of the plan that go through just that day, of members who may still act."""
    bought, tried = (today + timedelta(days=days) for days in (plan.remind_days, min(TRIAL_DAYS, plan.remind_days)))
    trial = Q(source=PlanTerm.Source.TRIAL)
    rows = PlanTerm.objects.filter(plan=plan, member__account__status=Account.Status.ACTIVE)
    return rows.filter((ending.last_on(bought) & ~trial) | (ending.last_on(tried) & trial))


JOBS = (
    Job("end_plans", _("Let paid memberships run out"), periods.day, walk=ending.run_out),
    Job("remind_plans", _("Remind of paid memberships that end"), periods.day, walk=remind, catch_up=6),
)
