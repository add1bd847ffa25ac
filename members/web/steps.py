"""A new member's first steps and the gift they joined with."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.urls import reverse

from loyalty.events import promising
from loyalty.models import Entry
from loyalty.registry import FirstStep, Text, registry
from members.models import Member

NEW_FOR = timedelta(days=30)
AT_ONCE = 3
JOINED = "member.joined"


@dataclass(frozen=True, slots=True)
class Step:
    """``url`` leads to where it can be done."""

    title: Text
    note: Text
    url: str
    icon: str
    done: bool


@dataclass(frozen=True, slots=True)
class Gift:
    """``ref`` is the newest of its lines, which says why; ``None`` for a gift still to come."""

    points: int
    ref: UUID | None = None


def open_steps(member: Member) -> list[Step]:
    """Every contributed step, in order; empty once all are done. One query a step at most."""
    steps = [
        Step(step.title, step.note, reverse(step.url_name), step.icon, step.is_done(member))
        for step in registry.all(FirstStep)
    ]
    return [] if all(step.done for step in steps) else steps


def first_steps(member: Member, now: datetime) -> list[Step]:
    """Three of them for those who joined within the last 30 days, what is still open first; empty for all others."""
    if now - member.joined_at >= NEW_FOR:
        return []
    steps = open_steps(member)
    chosen = sorted(steps, key=lambda step: step.done)[:AT_ONCE]
    return [step for step in steps if step in chosen]


def gift_of(member: Member) -> Gift | None:
    """The points joining brought, as they stand in the books. One query."""
    given = Entry.objects.filter(account_id=member.pk, event__kind=JOINED, currency__code="points")
    found = list(given.order_by("-pk").values_list("pk", "amount"))
    points = sum(amount for _pk, amount in found)
    return Gift(points, found[0][0]) if points > 0 else None


def gift_promised(now: datetime, *, is_referred: bool = False) -> Gift | None:
    """The points joining would bring now."""
    payload = {"source": Member.Source.WEB.value, "referred": is_referred}
    (points,) = promising.points(JOINED, [(now, payload)])
    return Gift(points) if points else None
