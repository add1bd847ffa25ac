"""What becomes of paid memberships when two accounts of one person become one: they go over, and back again."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from loyalty.bookkeeping import MergeStep
from loyalty.events import intake
from members.models import Member, PlanTerm
from members.paying import lifting


def merge(survivor: int, duplicate: int, now: datetime) -> Mapping[str, Any]:
    """Moves the terms, as they are. A trial stays where the survivor has tried the plan, too."""
    if not Member.objects.filter(pk=survivor).exists():
        return {"terms": []}
    tried = PlanTerm.objects.filter(member=survivor, source=PlanTerm.Source.TRIAL).values_list("plan_id", flat=True)
    terms = PlanTerm.objects.filter(member=duplicate)
    twice = terms.filter(source=PlanTerm.Source.TRIAL, plan_id__in=list(tried)).values_list("pk", flat=True)
    ids = sorted(set(terms.values_list("pk", flat=True)) - set(twice))
    PlanTerm.objects.filter(pk__in=ids).update(member=survivor)
    if ids:
        _lift([survivor], now)
    return {"terms": ids}


def unmerge(survivor: int, duplicate: int, kept: Mapping[str, Any], now: datetime) -> None:
    """Moves the same terms back; what was bought since stays with the survivor."""
    if PlanTerm.objects.filter(pk__in=kept.get("terms", ())).update(member=duplicate):
        _lift([survivor, duplicate], now)


def _lift(account_ids: list[int], now: datetime) -> None:
    """The tiers that the terms pay for follow them."""
    intake.record(lifting.follow(account_ids, note="", now=now), now=now)


STEP = MergeStep("plans", merge, unmerge)
