"""Moving those who hold a plan after the tier it brings was changed: asked for with the change, done by a job.

Who holds it is lifted to the new tier, or comes down to what else they hold, at once and not only when their
term changes. Doing it twice moves nobody twice.
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from loyalty import accounts, ids, jobs, periods, programme
from loyalty.events import intake
from loyalty.models import Account
from loyalty.registry import Job, Stride
from members.models import Plan, PlanTerm
from members.paying import holding, lifting

CODE = "move_plan_holders"
RANGE = 500


def ask(plan: Plan, *, now: datetime) -> None:
    """Queues the move, in the transaction of the change."""
    jobs.start(code=CODE, period=f"{plan.pk}.{ids.code(12)}", now=now)


def walk(as_of: datetime, period: str, cursor: str) -> Stride:
    """Some hundred members with a term of the plan that runs, in order of their account, from ``cursor`` on."""
    plan_id, was_asked, _token = period.partition(".")
    plan = Plan.objects.filter(pk=int(plan_id)).first() if was_asked else None  # a day of its own has nothing to do
    if plan is None:
        return Stride("", {})
    terms = PlanTerm.objects.filter(holding.running(programme.day_of(as_of)), plan=plan)
    rows = terms.filter(member_id__gt=int(cursor or 0)).order_by("member_id")
    account_ids = list(rows.values_list("member_id", flat=True).distinct()[:RANGE])
    if not account_ids:
        return Stride("", {})
    with transaction.atomic():
        locked = accounts.lock(account_ids)
        living = [pk for pk, row in locked.items() if row.status != Account.Status.CLOSED]
        note = _("%(plan)s brings another tier now") % {"plan": plan.name}
        told = lifting.follow(living, note=note, now=as_of)
        intake.record(told, now=as_of)
    return Stride(str(account_ids[-1]), {"looked_at": len(living)})


JOB = Job(CODE, gettext_lazy("Move members after a plan's tier was changed"), periods.day, walk=walk, catch_up=0)
