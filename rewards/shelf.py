"""What stands on the shelf at an instant. Rewards come with what benefits do at them."""

from datetime import datetime, timedelta

from django.db.models import Prefetch, Q, QuerySet

from rewards import privileges
from rewards.models import Privilege, Reward
from rewards.models.privileges import MOST_HOURS

_EARLIEST = timedelta(hours=MOST_HOURS)


def rewards() -> QuerySet[Reward]:
    """All there are, with their privileges. Two queries for any number."""
    return Reward.objects.prefetch_related(Prefetch("privileges", Privilege.objects.select_related("benefit")))


def around(now: datetime) -> QuerySet[Reward]:
    """What is on the shelf at ``now`` or may be for some before its time; the end is half-open."""
    running = Q(starts_at__lte=now + _EARLIEST) & (Q(ends_at=None) | Q(ends_at__gt=now))
    return rewards().filter(running, is_on_shelf=True)


def open_at(now: datetime) -> list[Reward]:
    """What can be redeemed at ``now``, by all or by those who may come earlier, the cheapest first."""
    found = around(now).order_by("price_points", "code")
    return [reward for reward in found if privileges.earliest(reward) <= now]
