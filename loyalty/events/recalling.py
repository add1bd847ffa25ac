"""What happened on an account from an instant on: its events in order, their receipts and orders.

Read only, in a constant number of queries; ``rejudging`` judges it once more.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from loyalty import orders
from loyalty.events import pipeline
from loyalty.events.folding import waves
from loyalty.events.incoming import Draft
from loyalty.events.knowledge import Knowledge
from loyalty.events.refunding import Refunds
from loyalty.models import Account, Decision, Event, Programme
from loyalty.registry import EventKind, registry

Receipt = Mapping[str, Any]
_EVENT = ("id", "kind", "key", "partner_id", "account_id", "occurred_at", "occurred_on", "payload", "fingerprint")


@dataclass(slots=True)
class Past:
    """The account's events from an instant on, with the orders they tell of and what was decided."""

    account_id: int
    timeline: list[Draft]
    judged: dict[UUID, tuple[int, Receipt]]
    bought: dict[orders.OrderKey, orders.OrderState]
    refunds: Refunds
    knowledge: Knowledge
    zone: str

    def order_of(self, draft: Draft) -> orders.OrderState | None:
        """The order an event tells of, where it does."""
        key = pipeline.order_key(draft)
        return self.bought.get(key) if key else None


def load(account_id: int, since: datetime, programme: Programme, *, locked: bool = False) -> Past | None:
    """The account's decided events from ``since`` on; ``None`` where there are none.

    A constant number of queries. ``locked`` keeps the orders until the transaction ends.
    """
    found = Event.objects.filter(account=account_id, state=Event.State.DECIDED, occurred_at__gte=since)
    drafts = [Draft(**dict(zip(_EVENT, row, strict=True))) for row in found.values_list(*_EVENT)]
    decided = Decision.objects.filter(event_id__in=[draft.id for draft in drafts]).order_by("number")
    judged = {event: (number, receipt) for event, number, receipt in decided.values_list("event", "number", "receipt")}
    bought = orders.find({key for draft in drafts if (key := pipeline.order_key(draft))}, locked=locked)
    drafts = [draft for draft in drafts if draft.id in judged and not _is_superseded(draft, bought)]
    if not drafts:
        return None
    refunds = Refunds.load([state.event_id for state in bought.values()])
    early = _early_refunds(account_id, since, bought)
    timeline = waves([*drafts, *early], volatile=False)[0]
    knowledge = Knowledge(drafts, programme)
    days = {draft.occurred_on for draft in timeline} | {state.placed_on for state in bought.values()}
    knowledge.load([account_id], days)
    zone = Account.objects.values_list("timezone", flat=True).get(pk=account_id)
    return Past(account_id, timeline, judged, bought, refunds, knowledge, zone)


def _is_superseded(draft: Draft, bought: Mapping[orders.OrderKey, orders.OrderState]) -> bool:
    """A version of an order in whose place another stands."""
    if draft.kind != "order.paid" or draft.partner_id is None:
        return False
    state = bought.get((draft.partner_id, draft.payload["order_id"]))
    return state is not None and state.event_id != draft.id


def _early_refunds(
    account_id: int, since: datetime, bought: Mapping[orders.OrderKey, orders.OrderState]
) -> list[Draft]:
    """Refunds of these orders that happened before ``since``. One query where one was refunded."""
    if not any(state.refunded_minor or state.reversals for state in bought.values()):
        return []
    kinds = [kind.code for kind in registry.all(EventKind) if kind.reverses]
    found = Event.objects.filter(
        account=account_id, kind__in=kinds, state=Event.State.DECIDED, occurred_at__lt=since
    ).values_list(*_EVENT)
    drafts = [Draft(**dict(zip(_EVENT, row, strict=True))) for row in found]
    return [draft for draft in drafts if pipeline.order_key(draft) in bought]
