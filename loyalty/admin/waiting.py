"""What waits for a person: approvals, events to review, failed jobs, messages given up. One query each."""

from dataclasses import dataclass

from django.db.models import Count
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from loyalty.models import Approval, Event, ImportJob, JobRun, OutboxMessage


@dataclass(frozen=True, slots=True)
class Waiting:
    """A pile of work: how many, what they are, and the list that shows them."""

    model: str
    count: int
    title: str | Promise
    meaning: str | Promise
    link: str
    icon: str


def piles() -> list[Waiting]:
    """Every pile, empty ones too, in the order one should look at them."""
    waiting = [Event.State.REVIEW, Event.State.PARKED]
    events = dict(Event.objects.filter(state__in=waiting).values_list("state").annotate(Count("pk")).order_by())
    event_list = reverse("admin:loyalty_event_changelist")
    return [
        Waiting(
            "loyalty.Approval",
            Approval.objects.filter(state=Approval.State.WAITING).count(),
            _("Adjustments to approve"),
            _("A colleague or a partner asked for more than they may do alone. Look at the reason and decide."),
            reverse("admin:loyalty_approval_changelist") + "?state__exact=waiting",
            "approval",
        ),
        Waiting(
            "loyalty.Event",
            events.get(Event.State.REVIEW, 0),
            _("Events to review"),
            _("They came in later than the programme allows. Look at each and decide."),
            f"{event_list}?state__exact=review",
            "rate_review",
        ),
        Waiting(
            "loyalty.Event",
            events.get(Event.State.PARKED, 0),
            _("Events waiting for their member"),
            _("A till told us of a customer we don't know yet. They are decided once the member joins."),
            f"{event_list}?state__exact=parked",
            "hourglass_top",
        ),
        Waiting(
            "loyalty.JobRun",
            JobRun.objects.filter(state=JobRun.State.FAILED).count(),
            _("Failed jobs"),
            _("Scheduled work that gave up. It is tried again with the next period."),
            reverse("admin:loyalty_jobrun_changelist") + "?state__exact=failed",
            "error",
        ),
        Waiting(
            "loyalty.OutboxMessage",
            OutboxMessage.objects.exclude(dead_at=None).count(),
            _("Messages given up"),
            _("They could not be delivered after all attempts."),
            reverse("admin:loyalty_outboxmessage_changelist") + "?standing=dead",
            "unsubscribe",
        ),
        Waiting(
            "loyalty.ImportJob",
            ImportJob.objects.filter(state=ImportJob.State.FAILED).count(),
            _("Failed imports"),
            _("A file stopped half-way. Starting it again goes on where it stopped."),
            reverse("admin:loyalty_importjob_changelist") + "?state__exact=failed",
            "upload_file",
        ),
    ]


def badges() -> dict[str, int]:
    """How many wait, by model label; for the sidebar."""
    found: dict[str, int] = {}
    for pile in piles():
        found[pile.model] = found.get(pile.model, 0) + pile.count
    return found
