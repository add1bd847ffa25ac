"""Who holds which paid plan on a day, and the tier it lifts them to. Reads only.

Asked by benefits, tiers, pages and the doors that sell.
"""

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from django.db.models import F, Q

from members.models import PlanTerm

DAY = timedelta(days=1)


class Lift(NamedTuple):
    """A tier that is paid for, and its last day."""

    tier_id: int
    rank: int
    through: date


def running(day: date) -> Q:
    """Terms that run on ``day``: begun, not over, and not ended early by then."""
    return Q(starts_on__lte=day, through_on__gte=day) & (Q(ended_on=None) | Q(ended_on__gt=day))


def lasting(day: date) -> Q:
    """Terms that run on ``day`` or will."""
    return Q(through_on__gte=day) & (Q(ended_on=None) | Q(ended_on__gt=day) & Q(ended_on__gt=F("starts_on")))


def held_by(account_ids: Collection[int], day: date) -> dict[int, set[int]]:
    """The plans that run for each account on the business day ``day``, trials among them; who holds none is
    missing. One query.
    """
    rows = PlanTerm.objects.filter(running(day), member_id__in=account_ids).values_list("member_id", "plan_id")
    found: dict[int, set[int]] = {}
    for member_id, plan_id in rows:
        found.setdefault(member_id, set()).add(plan_id)
    return found


def lifts(account_ids: Collection[int], day: date) -> dict[tuple[int, int], Lift]:
    """By account and ladder the highest tier that is paid for on ``day``, through the last day it is without a gap.

    One query.
    """
    terms = PlanTerm.objects.filter(lasting(day), member_id__in=account_ids, plan__tier__archived_at=None)
    columns = ("member_id", "plan__tier__ladder_id", "plan__tier_id", "plan__tier__rank")
    rows = terms.exclude(plan__tier=None).order_by("starts_on", "id")
    piles: dict[tuple[int, int], list[tuple[int, int, date, date]]] = {}
    for member, ladder, tier, rank, first, last, off in rows.values_list(
        *columns, "starts_on", "through_on", "ended_on"
    ):
        piles.setdefault((member, ladder), []).append((tier, rank, first, off - DAY if off else last))
    found = {key: _highest(pile, day) for key, pile in piles.items()}
    return {key: lift for key, lift in found.items() if lift is not None}


def _highest(pile: Sequence[tuple[int, int, date, date]], day: date) -> Lift | None:
    """The best tier of the terms that run on ``day``; terms of it that follow without a gap prolong it."""
    now = [row for row in pile if row[2] <= day <= row[3]]
    if not now:
        return None
    tier_id, rank, _first, through = max(now, key=lambda row: (row[1], row[3]))
    for tier, _rank, first, last in pile:
        if tier == tier_id and first <= through + DAY:
            through = max(through, last)
    return Lift(tier_id, rank, through)
