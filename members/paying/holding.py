"""Who holds which paid plan on a day. Asked by benefits, pages and the doors that sell."""

from collections.abc import Collection
from datetime import date

from django.db.models import Q

from members.models import PlanTerm


def running(day: date) -> Q:
    """Terms that run on ``day``: begun, not over, and not ended early by then."""
    return Q(starts_on__lte=day, through_on__gte=day) & (Q(ended_on=None) | Q(ended_on__gt=day))


def held_by(account_ids: Collection[int], day: date) -> dict[int, set[int]]:
    """The plans that run for each account on the business day ``day``, trials among them; who holds none is
    missing. One query.
    """
    rows = PlanTerm.objects.filter(running(day), member_id__in=account_ids).values_list("member_id", "plan_id")
    found: dict[int, set[int]] = {}
    for member_id, plan_id in rows:
        found.setdefault(member_id, set()).add(plan_id)
    return found
