"""What becomes of paid memberships when two accounts of one person become one: they go over, and back again."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from loyalty.bookkeeping import MergeStep
from members.models import Member, PlanTerm


def merge(survivor: int, duplicate: int, _now: datetime) -> Mapping[str, Any]:
    """Moves the terms, as they are. A trial stays where the survivor has tried the plan, too."""
    if not Member.objects.filter(pk=survivor).exists():
        return {"terms": []}
    tried = PlanTerm.objects.filter(member=survivor, source=PlanTerm.Source.TRIAL).values_list("plan_id", flat=True)
    terms = PlanTerm.objects.filter(member=duplicate)
    twice = terms.filter(source=PlanTerm.Source.TRIAL, plan_id__in=list(tried)).values_list("pk", flat=True)
    ids = sorted(set(terms.values_list("pk", flat=True)) - set(twice))
    PlanTerm.objects.filter(pk__in=ids).update(member=survivor)
    return {"terms": ids}


def unmerge(_survivor: int, duplicate: int, kept: Mapping[str, Any], _now: datetime) -> None:
    """Moves the same terms back; what was bought since stays with the survivor."""
    PlanTerm.objects.filter(pk__in=kept.get("terms", ())).update(member=duplicate)


STEP = MergeStep("plans", merge, unmerge)
