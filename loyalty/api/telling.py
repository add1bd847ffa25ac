"""Events and entries as the API shows them: plain JSON values, the same in every answer."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from loyalty.api import receipts
from loyalty.events.incoming import Incoming, Outcome
from loyalty.models import Entry, Event
from loyalty.registry import EventKind, registry

STATUS = {
    Event.State.DECIDED: "accepted",
    Event.State.GUEST: "guest",
    Event.State.PARKED: "parked",
    Event.State.REVIEW: "review",
    Event.State.REFUSED: "refused",
}


def moment(at: datetime) -> str:
    """RFC 3339 in UTC: ``2026-11-11T02:00:00Z``."""
    return at.isoformat().replace("+00:00", "Z")


def tell_outcomes(pairs: Sequence[tuple[Incoming, Outcome]]) -> list[dict[str, Any]]:
    """What each event came to. A constant number of queries for any number of events."""
    steps = receipts.steps([outcome.receipt for _incoming, outcome in pairs])
    return [
        {
            "id": str(outcome.event_id),
            "kind": incoming.kind,
            "status": outcome.status.value,
            "occurred_at": moment(incoming.occurred_at),
            "awards": receipts.awards(outcome.receipt),
            "steps": told,
        }
        for (incoming, outcome), told in zip(pairs, steps, strict=True)
    ]


def tell_event(event: Event) -> dict[str, Any]:
    """An event with its latest decision and the entries it made. Five queries."""
    decision = event.decisions.order_by("-number").first()
    receipt = decision.receipt if decision else {}
    entries = event.entries.select_related("currency", "event", "rule_version").order_by("id")
    return {
        "id": str(event.pk),
        "kind": event.kind,
        "status": STATUS[Event.State(event.state)],
        "occurred_at": moment(event.occurred_at),
        "recorded_at": moment(event.recorded_at),
        "member": event.account.number if event.account else None,
        "data": event.payload,
        "awards": receipts.awards(receipt),
        "steps": receipts.steps([receipt])[0],
        "decided_at": moment(decision.decided_at) if decision else None,
        "entries": [tell_entry(entry, event.partner_id) for entry in entries],
    }


def tell_entry(entry: Entry, partner_id: int | None) -> dict[str, Any]:
    """A line of the statement. Another partner's event is not named."""
    own = entry.event is not None and entry.event.partner_id == partner_id
    return {
        "id": str(entry.pk),
        "currency": entry.currency.code,
        "amount": entry.amount,
        "balance_after": entry.balance_after,
        "type": entry.counter,
        "effective_at": moment(entry.effective_at),
        "recorded_at": moment(entry.recorded_at),
        "event": str(entry.event_id) if own else None,
        "desired": entry.desired,
        "why": why(entry),
    }


def why(entry: Entry) -> str:
    """One plain sentence: what kind of move it is, by which rule, for what."""
    what = str(Entry.Counter(entry.counter).label)
    parts: dict[str, Any] = {
        "what": what[:1].upper() + what[1:],
        "rule": receipts.name_of(entry.rule_version.definition) if entry.rule_version else "",
        "event": "",
    }
    kind = registry.find(EventKind, entry.event.kind) if entry.event else None
    if kind is not None:
        parts["event"] = kind.label
    if parts["rule"] and parts["event"]:
        return _("%(what)s by “%(rule)s” (%(event)s).") % parts
    if parts["event"]:
        return _("%(what)s (%(event)s).") % parts
    return _("%(what)s.") % parts
