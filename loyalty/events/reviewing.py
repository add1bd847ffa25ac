"""The queue of late events: what accepting each would give, and accepting or refusing them with a reason.

Every deed leaves an audit record. Refused events stay recorded and give nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction

from loyalty import approvals, audit, deciding, retrying
from loyalty import programme as programmes
from loyalty.events import backtesting, foreseeing, intake, parking, releasing
from loyalty.events.knowledge import Knowledge
from loyalty.events.replaying import Rows, WhyNeeded
from loyalty.models import Event, User

REVIEW = Event.State.REVIEW


@dataclass(frozen=True, slots=True)
class Foresight:
    """What accepting would do: the event's receipt, and what it changes for later events."""

    receipt: Mapping[str, Any] = field(default_factory=dict)
    diff: Rows = field(default_factory=list)


class _Enough(Exception):
    """Ends a dry run."""


def foresee(*, event_id: UUID, now: datetime) -> Foresight:
    """Accepts the event exactly as ``accept`` would, tells what that does, and takes all of it back."""
    found: list[Foresight] = []

    def rehearse() -> None:
        replay = releasing.accept(event_id=event_id, now=now)
        receipt = intake.receipts_of([event_id]).get(event_id, {})
        found.append(Foresight(receipt, replay.diff if replay is not None else []))
        raise _Enough

    try:
        with transaction.atomic():
            rehearse()
    except _Enough:
        return found[-1]
    raise AssertionError("a dry run always ends early")


def worth(events: Sequence[Event]) -> dict[UUID, deciding.Decided]:
    """What each event of a member is worth as things stand, one by one. A constant number of queries."""
    programme = programmes.current()
    drafts = [parking.stored(event, account_id=event.account_id) for event in events if event.account_id is not None]
    if not drafts:
        return {}
    knowledge = Knowledge(drafts, programme)
    account_ids = sorted({draft.account_id or 0 for draft in drafts})
    knowledge.load(account_ids, sorted({draft.occurred_on for draft in drafts}))
    found: dict[UUID, deciding.Decided] = {}
    sights = foreseeing.Sights(account_ids, max(draft.occurred_at for draft in drafts))
    for draft in drafts:
        account_id = draft.account_id or 0
        view = backtesting.view(account_id, draft.kind, draft.payload, draft.occurred_at, programme)
        known = knowledge.about(account_id, draft.occurred_on)
        policy, gauges = knowledge.policy_at(draft.occurred_at), knowledge.gauges.of(draft.kind)
        found[draft.id] = foreseeing.decide(view, known, knowledge.book, policy, sights, gauges)
    return found


def accept(
    *,
    event_ids: Sequence[UUID],
    by: User | None,
    now: datetime,
    reason: str = "",
    origin: audit.Origin = audit.NOWHERE,
) -> int:
    """Accepts those that are still under review, in order of time, each in a transaction of its own; how many.

    Raises ``OwnMembership`` where one is about the colleague's own.
    """

    def deed(event_id: UUID) -> bool:
        event = Event.objects.only("account_id").filter(pk=event_id, state=REVIEW).first()
        if event is None:
            return False
        approvals.refuse_own(by, event.account_id)
        replay = releasing.accept(event_id=event_id, now=now)
        told = {"replay": replay.pk.hex} if replay is not None else {}
        _note(event_id, "accepted", by, now, reason, origin, told)
        return True

    return sum(retrying.atomically(partial(deed, pk)) for pk in _in_order(event_ids))


def refuse(
    *, event_ids: Sequence[UUID], by: User | None, now: datetime, reason: str, origin: audit.Origin = audit.NOWHERE
) -> int:
    """Refuses those that are still under review; how many. Raises ``WhyNeeded``."""
    if not reason.strip():
        raise WhyNeeded(param="reason")

    def deed(event_id: UUID) -> bool:
        if not releasing.refuse(event_id=event_id):
            return False
        _note(event_id, "refused", by, now, reason, origin, {})
        return True

    return sum(retrying.atomically(partial(deed, pk)) for pk in _in_order(event_ids))


def _in_order(event_ids: Sequence[UUID]) -> list[UUID]:
    waiting = Event.objects.filter(pk__in=event_ids, state=REVIEW)
    return list(waiting.order_by("occurred_at", "id").values_list("id", flat=True))


def _note(
    event_id: UUID,
    deed: str,
    by: User | None,
    now: datetime,
    reason: str,
    origin: audit.Origin,
    told: Mapping[str, Any],
) -> None:
    event = Event.objects.get(pk=event_id)
    audit.record(
        deed=f"event.{deed}",
        subject=audit.name_of(event),
        actor=by,
        now=now,
        before={"state": REVIEW.value},
        after={"state": event.state, "key": event.key, **told},
        reason=reason.strip(),
        **origin._asdict(),
    )
