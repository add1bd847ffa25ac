"""Check-ins of two accounts that are one person: each day once, so that a streak is the person's own."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from community.models import CheckinDay
from loyalty.bookkeeping import MergeStep


def merge(survivor_id: int, duplicate_id: int, now: datetime) -> Mapping[str, Any]:
    """Days that only the duplicate has become the survivor's; a day of both stays with each."""
    del now
    own = CheckinDay.objects.filter(account=survivor_id).values("day")
    rows = CheckinDay.objects.filter(account=duplicate_id).exclude(day__in=own)
    keys = list(rows.order_by("pk").values_list("pk", flat=True))
    CheckinDay.objects.filter(pk__in=keys).update(account=survivor_id)
    return {"days": keys}


def unmerge(survivor_id: int, duplicate_id: int, kept: Mapping[str, Any], now: datetime) -> None:
    del now
    CheckinDay.objects.filter(pk__in=kept["days"], account=survivor_id).update(account=duplicate_id)


STEP = MergeStep("community", merge, unmerge)
