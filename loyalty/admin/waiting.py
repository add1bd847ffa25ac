"""What waits for a person: approvals, events to review, failed jobs, messages given up. One query each."""

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Q
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from loyalty.models import Approval, Event, Finding, ImportJob, JobRun, OutboxMessage, Replay


@dataclass(frozen=True, slots=True)
class Waiting:
    """A pile of work: how many, what they are, and the list that shows them."""

    model: str
    count: int
    title: str | Promise
    meaning: str | Promise
    link: str
    icon: str


@dataclass(frozen=True, slots=True)
class Pile:
    """What to count and how to speak of it; ``query`` is the list's filter in its address,
    ``page`` another page than the list."""

    model: str
    count: Callable[[], int]
    title: Promise
    meaning: Promise
    query: str
    icon: str
    page: str = ""

    def look(self) -> Waiting:
        """The pile as it stands now."""
        link = reverse(self.page or f"admin:{self.model.lower().replace('.', '_')}_changelist")
        link += f"?{self.query}" if self.query else ""
        return Waiting(self.model, self.count(), self.title, self.meaning, link, self.icon)


def _events(state: str) -> Callable[[], int]:
    return lambda: Event.objects.filter(state=state).count()


PILES = (
    Pile(
        "loyalty.Finding",
        lambda: Finding.objects.filter(gone_at=None).count(),
        _("Findings of the auditor"),
        _("Something in the books is not as it should be. The accounts concerned can't spend until it is set right."),
        "standing=open",
        "rule",
    ),
    Pile(
        "loyalty.Approval",
        lambda: Approval.objects.filter(state=Approval.State.WAITING).count(),
        _("Adjustments to approve"),
        _("A colleague or a partner asked for more than they may do alone. Look at the reason and decide."),
        "state__exact=waiting",
        "approval",
    ),
    Pile(
        "loyalty.Event",
        _events(Event.State.REVIEW),
        _("Events to review"),
        _("They came in later than the programme allows. Look at each and decide."),
        "",
        "rate_review",
        page="admin:loyalty_event_review",
    ),
    Pile(
        "loyalty.Replay",
        lambda: Replay.objects.filter(state=Replay.State.PROPOSED).count(),
        _("Points to set right after late events"),
        _("A late event changes what later ones are worth. Look at the difference and decide."),
        "state__exact=proposed",
        "history",
    ),
    Pile(
        "loyalty.Event",
        _events(Event.State.PARKED),
        _("Events waiting for their member"),
        _("A till told us of a customer we don't know yet. They are decided once the member joins."),
        "state__exact=parked",
        "hourglass_top",
    ),
    Pile(
        "loyalty.JobRun",
        lambda: JobRun.objects.filter(state=JobRun.State.FAILED).count(),
        _("Failed jobs"),
        _("Scheduled work that gave up. It is tried again with the next period."),
        "state__exact=failed",
        "error",
    ),
    Pile(
        "loyalty.OutboxMessage",
        lambda: OutboxMessage.objects.filter(~Q(dead_at=None)).count(),
        _("Messages given up"),
        _("They could not be delivered after all attempts."),
        "standing=dead",
        "unsubscribe",
    ),
    Pile(
        "loyalty.ImportJob",
        lambda: ImportJob.objects.filter(state=ImportJob.State.FAILED).count(),
        _("Failed imports"),
        _("A file stopped half-way. Starting it again goes on where it stopped."),
        "state__exact=failed",
        "upload_file",
    ),
)


def piles() -> list[Waiting]:
    """Every pile, empty ones too, in the order one should look at them."""
    return [pile.look() for pile in PILES]


def badges() -> dict[str, int]:
    """How many wait, by model label; for the sidebar."""
    found: dict[str, int] = {}
    for pile in piles():
        found[pile.model] = found.get(pile.model, 0) + pile.count
    return found
