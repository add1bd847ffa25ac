"""What stands on the shelf at an instant."""

from datetime import datetime

from django.db.models import Q, QuerySet

from rewards.models import Reward


def open_at(now: datetime) -> QuerySet[Reward]:
    """Rewards that can be redeemed at ``now``, the cheapest first; the period is half-open."""
    running = Q(starts_at__lte=now) & (Q(ends_at=None) | Q(ends_at__gt=now))
    return Reward.objects.filter(running, is_on_shelf=True).order_by("price_points", "code")
