"""Events that came before what they need: refunds before their order, orders before their member.

They are recorded and answered "parked"; as soon as what they wait for is there they take the same
road as any other event. Nothing is decided twice: the state moves by a guarded update.
"""

from collections.abc import Sequence
from functools import lru_cache

from django.db import connection
from django.db.models import QuerySet
from django.db.models.fields.json import KT

from loyalty import bulk
from loyalty.asking import Question
from loyalty.events.incoming import Draft
from loyalty.models import Event
from loyalty.registry import EventKind, registry

_COLUMNS = (
    "id",
    "kind",
    "key",
    "partner_id",
    "account_id",
    "cause_id",
    "occurred_at",
    "occurred_on",
    "payload",
    "fingerprint",
)


def stored(event: Event, *, account_id: int | None) -> Draft:
    """A recorded event as the pipeline takes it, for ``account_id``."""
    values = {name: getattr(event, name) for name in _COLUMNS}
    state = Event.State.DECIDED if account_id is not None else Event.State.GUEST
    return Draft(**values | {"account_id": account_id, "state": state})


def release(event: Event, *, account_id: int | None, expected: str = Event.State.PARKED) -> Draft | None:
    """Moves an event on from ``expected``; ``None`` where somebody else was faster."""
    draft = stored(event, account_id=account_id)
    draft.payload = {**draft.payload, "customer": ""} if account_id is not None else draft.payload
    won = Event.objects.filter(pk=event.pk, state=expected).update(
        state=draft.state, account_id=account_id, payload=draft.payload
    )
    return draft if won else None


def followers_of(decided: Sequence[Draft]) -> list[Draft]:
    """Events that were waiting for those just decided: of an order, or of a refund that is cancelled.

    One query a partner for each; none where neither was among them.
    """
    placed: dict[int, dict[str, int | None]] = {}
    refunded: dict[int, dict[str, int | None]] = {}
    for draft in decided:
        if draft.kind == "order.paid" and draft.partner_id is not None:
            placed.setdefault(draft.partner_id, {})[draft.payload["order_id"]] = draft.account_id
        elif draft.kind == "order.refunded" and draft.partner_id is not None:
            refunded.setdefault(draft.partner_id, {})[draft.payload["refund_id"]] = draft.account_id
    found: list[Draft] = []
    for partner_id, accounts in placed.items():
        found += _released(partner_id, "order.paid", "order_id", accounts)
    for partner_id, accounts in refunded.items():
        found += _released(partner_id, "order.refunded", "refund_id", accounts)
    return found


def _released(partner_id: int, kind: str, name: str, accounts: dict[str, int | None]) -> list[Draft]:
    waiting = _waiting(kind, name)(partner_id, list(accounts))
    drafts = [release(event, account_id=accounts[event.payload[name]]) for event in waiting]
    return [draft for draft in drafts if draft is not None]


@lru_cache(maxsize=16)
def _waiting(kind: str, name: str) -> Question:
    """Parked events of a partner that follow ``kind``, by what their payload says under ``name``."""
    followers = [each.code for each in registry.all(EventKind) if each.follows == kind]

    def build(partner_id: int, told: Sequence[str]) -> "QuerySet[Event]":
        parked = Event.objects.filter(state=Event.State.PARKED, partner_id=partner_id, kind__in=followers)
        if connection.vendor != "postgresql":
            return parked.filter(**{f"payload__{name}__in": told})
        return parked.alias(told=KT(f"payload__{name}")).filter(bulk.among("told", told))

    return Question(build)
