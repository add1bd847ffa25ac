"""Finding the events that came after later ones were decided, so that their replay is proposed by itself.

Nothing is asked on the way in. A job walks over new decisions in the order in which they were made, whatever
made them (a till, an import, a claim, a correction, a refund, a parked event released), and notes each account
of which something was decided that happened before what had been decided of it already. A row in the outbox
then has ``replaying`` judge that account once, from the earliest such event on. So a repeat, a retry and a
million old orders in a file come to one judging an account and stretch, and to one open proposal an account.

- A stretch ends where rows have come to rest (``resting``), so no decision can slip in behind it.
- While an import is under way no stretch is begun, for a day at most: the account is judged by the whole file.
- The first stretch ever begins a month back.
- What a proposal made since has covered is not proposed again: staff may have let it go.
- Order is that of the decisions' numbers, within a batch that of time. Events of the same instant are not late.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery

from loyalty import accounts, bulk, outbox, resting, retrying
from loyalty.events import replaying
from loyalty.models import Account, Decision, Event, ImportJob, JobRun, Replay
from loyalty.registry import Stride

JOB = "find_late_events"
TOPIC = "replay.late"
PIECE = 2000
BACK = timedelta(days=30)
PATIENCE = timedelta(days=1)
_TIME = 12  # hexadecimal digits of the millisecond at the head of an id


class Stretch(NamedTuple):
    """Decisions numbered from ``low`` to before ``high``, of which those before ``at`` are done."""

    low: UUID
    high: UUID
    at: UUID

    @property
    def name(self) -> str:
        return f"{self.low.hex[:_TIME]}.{self.high.hex[:_TIME]}"

    @property
    def cursor(self) -> str:
        return f"{self.name}.{self.at.hex}"


def walk(as_of: datetime, _period: str, cursor: str) -> Stride:
    """One piece: first the stretch is fixed, then its decisions are gone through, some thousands at a time."""
    if not cursor:
        begun = _begin(as_of)
        return Stride(begun.cursor if begun is not None else "")
    stretch = _read(cursor)
    if stretch.at >= stretch.high:
        return Stride("")
    decided = _decisions().filter(id__gte=stretch.at, id__lt=stretch.high, event__account__isnull=False)
    rows = list(decided.values_list("id", "event__account_id", "event__occurred_at")[:PIECE])
    late = _overtaken(rows, before=stretch.at)
    _tell(late, stretch, as_of)
    done = UUID(int=rows[-1][0].int + 1) if len(rows) == PIECE else stretch.high
    return Stride(stretch._replace(at=done).cursor, {"decisions": len(rows), "accounts": len(late)})


def look(*, account_id: int, stretch: str, now: datetime) -> Replay | None:
    """Judges the account again from the earliest late event of a stretch on; ``None`` where nothing is to do."""
    low, high = (UUID(part.ljust(32, "0")) for part in stretch.split("."))

    def deed() -> Replay | None:
        accounts.lock([account_id])
        cause = _earliest(account_id, low, high)
        return replaying.propose(account_id=account_id, cause_event_id=cause, now=now) if cause else None

    return retrying.atomically(deed)


def _begin(as_of: datetime) -> Stretch | None:
    """From where the last one ended to where rows have come to rest; ``None`` where it is better to wait."""
    runs = JobRun.objects.filter(job=JOB).exclude(cursor="").order_by("-started_at", "-id")
    last = runs.values_list("cursor", flat=True).first()
    until = resting.settled(as_of)
    low, high = _read(last).high if last else resting.floor(until - BACK), resting.floor(until)
    if high <= low:
        return None
    importing = ImportJob.objects.filter(state=ImportJob.State.RUNNING).exists()
    if importing and until - resting.born(low) < PATIENCE:
        return None
    return Stretch(low, high, low)


def _read(cursor: str) -> Stretch:
    low, high, at = (UUID(part.ljust(32, "0")) for part in cursor.split("."))
    return Stretch(low, high, at)


def _decisions() -> "QuerySet[Decision]":
    """First decisions that stand, in the order in which they were made."""
    return Decision.objects.filter(number=1, event__state=Event.State.DECIDED).order_by("id")


def _overtaken(rows: Collection[tuple[UUID, int, datetime]], *, before: UUID) -> set[int]:
    """Accounts of which something was decided after what happened later; one query."""
    latest = _latest({account_id for _id, account_id, _at in rows}, before)
    late: set[int] = set()
    for _id, account_id, at in rows:
        known = latest.get(account_id)
        if known is not None and at < known:
            late.add(account_id)
        else:
            latest[account_id] = at
    return late


def _latest(account_ids: Collection[int], before: UUID) -> dict[int, datetime | None]:
    """When the latest event of each account happened, of those decided before."""
    if not account_ids:
        return {}
    events = Event.objects.filter(
        account=OuterRef("pk"), state=Event.State.DECIDED, decisions__number=1, decisions__id__lt=before
    )
    newest = Subquery(events.order_by("-occurred_at").values("occurred_at")[:1])
    found = Account.objects.filter(bulk.among("id", sorted(account_ids))).annotate(latest=newest)
    return dict(found.values_list("id", "latest"))


@transaction.atomic
def _tell(late: Iterable[int], stretch: Stretch, now: datetime) -> None:
    """One row an account and stretch, whichever pieces its late events are in."""
    letters = [
        outbox.Letter(TOPIC, f"{account_id}:{stretch.name}", {"account": account_id, "stretch": stretch.name})
        for account_id in sorted(late)
    ]
    outbox.enqueue_many(letters=letters, now=now)


def _earliest(account_id: int, low: UUID, high: UUID) -> UUID | None:
    """The event that happened first of those that came late in the stretch and no proposal has covered since."""
    decided = _decisions().filter(id__lt=high, event__account=account_id)
    rows = decided.values_list("id", "decided_at", "event_id", "event__occurred_at")
    is_covered = partial(_is_covered, _proposals(account_id))
    latest: datetime | None = None
    first: tuple[datetime, UUID] | None = None
    for number, decided_at, event_id, at in rows.iterator(chunk_size=PIECE):
        if latest is None or at >= latest:
            latest = at
        elif number >= low and (first is None or at < first[0]) and not is_covered(event_id, at, number, decided_at):
            first = at, event_id
    return first[1] if first else None


def _proposals(account_id: int) -> Mapping[UUID, tuple[datetime, datetime]]:
    """Late event → from when on, and when, it was last judged."""
    rows = Replay.objects.filter(account=account_id).values_list("cause_id", "since", "proposed_at")
    return {cause_id: (since, at) for cause_id, since, at in rows}


def _is_covered(
    proposals: Mapping[UUID, tuple[datetime, datetime]],
    event_id: UUID,
    at: datetime,
    number: UUID,
    decided_at: datetime,
) -> bool:
    """Whether a proposal has judged it: one of its own, or one from before it that was made once it was decided."""
    made = resting.born(number)
    return event_id in proposals or any(
        since <= at and (made <= proposed_at or decided_at == proposed_at) for since, proposed_at in proposals.values()
    )
