"""What paid membership comes to: who holds a plan, and what came in this month, less what went back."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, Sum

from loyalty import programme
from loyalty.models import Event
from members.models import PlanTerm
from members.paying import happenings, holding


@dataclass(frozen=True, slots=True)
class Figures:
    """``members`` hold a plan now, ``trying`` only a trial. The rest is of the month of ``now`` so far."""

    members: int
    trying: int
    bought: int
    renewed: int
    minor: int
    points: int


def figures(*, now: datetime) -> Figures:
    """Three queries. Income is of terms bought this month, less what was given back of those."""
    today = programme.day_of(now)
    policy = programme.current()
    since = policy.start_of(today.replace(day=1))
    running = PlanTerm.objects.filter(holding.running(today))
    held = running.aggregate(
        members=Count("member", distinct=True),
        paid=Count("member", filter=~Q(source=PlanTerm.Source.TRIAL), distinct=True),
    )
    sold = PlanTerm.objects.filter(bought_at__gte=since, source__in=(PlanTerm.Source.ORDER, PlanTerm.Source.POINTS))
    came = sold.aggregate(
        count=Count("pk"),
        minor=Sum("price_minor", default=0) - Sum("refunded_minor", default=0),
        points=Sum("price_points", default=0) - Sum("refunded_points", default=0),
    )
    renewed = Event.objects.filter(kind=happenings.RENEWED, occurred_at__gte=since).count()
    return Figures(
        members=held["members"],
        trying=held["members"] - held["paid"],
        bought=came["count"],
        renewed=renewed,
        minor=came["minor"],
        points=came["points"],
    )
