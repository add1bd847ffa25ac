"""Taking events in: parse, find the member, record once, then hand over to the pipeline.

The business key makes a repeat harmless for ever: the same content is answered with what was
decided the first time, other content is refused. One call is one transaction.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from loyalty import bulk, configuration, courier, orders, retrying
from loyalty import programme as programmes
from loyalty.errors import LoyaltyError
from loyalty.events import customers, paying, pipeline
from loyalty.events.incoming import (
    CurrencyMismatch,
    Draft,
    EventMismatch,
    Incoming,
    InFuture,
    MemberNotFound,
    Outcome,
    Status,
    StoreNotFound,
    TooOld,
    UnknownKind,
    VersionConflict,
    fingerprint,
)
from loyalty.models import Decision, Event, Partner, Programme
from loyalty.registry import EventKind, Happening, registry

AHEAD = timedelta(minutes=10)
_STATUS = {
    Event.State.DECIDED: Status.ACCEPTED,
    Event.State.GUEST: Status.GUEST,
    Event.State.PARKED: Status.PARKED,
    Event.State.REVIEW: Status.REVIEW,
}


def post(
    batch: Sequence[Incoming], *, partner: Partner, now: datetime, historic: bool = False, simulate: bool = False
) -> list[Outcome]:
    """Records and decides a partner's events; one outcome each, in their order.

    A refused event does not spoil the others. ``historic`` lifts the limits on age (imports).
    ``simulate`` decides everything exactly as it would be, then takes all of it back.
    """

    def deed() -> list[Outcome]:
        with configuration.steady(), courier.ahead():
            return _post(batch, partner, programmes.current(), now, historic=historic, simulate=simulate)

    return retrying.atomically(deed)


def record(happenings: Sequence[Happening], *, now: datetime) -> None:
    """Records and decides what our own operations saw happen, in the caller's transaction.

    A happening whose key is known is passed over, so operations may be repeated.
    """
    with transaction.atomic(), configuration.steady():
        pipeline.run(pipeline.drafts_of(happenings, programmes.current()), now=now)


def _post(
    batch: Sequence[Incoming], partner: Partner, programme: Programme, now: datetime, *, historic: bool, simulate: bool
) -> list[Outcome]:
    answers: list[Outcome | Draft] = [_parse(item, partner, programme, now, historic=historic) for item in batch]
    drafts = [answer for answer in answers if isinstance(answer, Draft)]
    for place in (_find_members, paying.resolve, _find_orders):
        refused = place(drafts, partner)
        answers = [refused.get(id(answer), answer) for answer in answers]
        drafts = [answer for answer in answers if isinstance(answer, Draft)]
    fresh = pipeline.record(_once(drafts), now=now)
    receipts = pipeline.follow_through(fresh, now=now, programme=programme)
    stored = _stored(drafts, fresh)
    receipts |= receipts_of([event.id for event in stored.values() if event.id not in receipts])
    outcomes = [a if isinstance(a, Outcome) else _answer(a, stored, receipts) for a in answers]
    if simulate:
        transaction.set_rollback(True)
    return outcomes


def _parse(item: Incoming, partner: Partner, programme: Programme, now: datetime, *, historic: bool) -> Outcome | Draft:
    """The event ready to be stored, or why it can't be."""
    try:
        kind = registry.find(EventKind, item.kind)
        if kind is None or not kind.external:
            raise UnknownKind(param="kind", kind=item.kind)
        payload = kind.parse(item.payload)
        state = _timely(item.occurred_at, programme, now) if not historic else Event.State.DECIDED
    except LoyaltyError as refusal:
        return Outcome(Status.REFUSED, error=refusal)
    return Draft(
        kind=kind.code,
        key=_key(partner, kind, payload),
        partner_id=partner.pk,
        occurred_at=item.occurred_at,
        occurred_on=programme.day_of(item.occurred_at),
        payload=payload,
        fingerprint=fingerprint(kind.code, item.occurred_at, payload),
        state=state,
    )


def _key(partner: Partner, kind: EventKind, payload: Mapping[str, Any]) -> str:
    """The business key. Higher versions of an order are events of their own."""
    key = f"{partner.code}:{kind.code}:{payload[kind.subject]}"
    version = payload.get("version", 1)
    return f"{key}:v{version}" if version > 1 else key


def _timely(occurred_at: datetime, programme: Programme, now: datetime) -> str:
    """Late events wait for a review; very old ones and those ahead of time are refused."""
    if occurred_at > now + AHEAD:
        raise InFuture(param="occurred_at")
    if occurred_at < now - timedelta(days=programme.max_age_days):
        raise TooOld(param="occurred_at", days=programme.max_age_days)
    late = occurred_at < now - timedelta(days=programme.late_days)
    return Event.State.REVIEW if late else Event.State.DECIDED


def _find_members(drafts: Sequence[Draft], partner: Partner) -> dict[int, Outcome]:
    """Finds members and stores; returns the refusals by identity of the draft.

    A reference that was resolved is dropped from the payload, which keeps no personal data.
    """
    known = customers.resolve({draft.payload.get("customer", "") for draft in drafts}, partner_id=partner.pk)
    stores = _stores(drafts, partner)
    refused: dict[int, Outcome] = {}
    for draft in drafts:
        store, reference = draft.payload.get("store", ""), draft.payload.get("customer", "")
        if store and store not in stores:
            refused[id(draft)] = Outcome(Status.REFUSED, error=StoreNotFound(param="store", store=store))
        elif reference in known:
            draft.account_id = known[reference]
            draft.payload = {**draft.payload, "customer": ""}
        elif reference and registry.get(EventKind, draft.kind).follows is None:
            if partner.unknown_member == Partner.UnknownMember.REFUSE:
                error = MemberNotFound(param="customer", reference=reference)
                refused[id(draft)] = Outcome(Status.REFUSED, error=error)
            elif draft.state == Event.State.DECIDED:
                draft.state = Event.State.PARKED
        elif draft.state == Event.State.DECIDED and draft.kind == "order.paid":
            draft.state = Event.State.GUEST
    return refused


def _find_orders(drafts: Sequence[Draft], partner: Partner) -> dict[int, Outcome]:
    """Ties refunds and the like to their orders, in the tables or in this batch; those that come early wait."""
    followers = [draft for draft in drafts if registry.get(EventKind, draft.kind).follows]
    if not followers:
        return {}
    known = orders.find({(partner.pk, draft.payload["order_id"]) for draft in followers})
    early = _before_their_refund(followers, drafts)
    coming = {
        draft.payload["order_id"]: draft
        for draft in drafts
        if draft.kind == "order.paid" and draft.state in (Event.State.DECIDED, Event.State.GUEST)
    }
    refused: dict[int, Outcome] = {}
    for draft in followers:
        order_id = draft.payload["order_id"]
        found = known.get((partner.pk, order_id))
        currency = found.currency if found else coming[order_id].payload["currency"] if order_id in coming else None
        draft.account_id = found.account_id if found else coming[order_id].account_id if order_id in coming else None
        if currency is None or draft.key in early:
            draft.state = Event.State.PARKED if draft.state == Event.State.DECIDED else draft.state
        elif currency != draft.payload.get("currency", currency):
            refused[id(draft)] = Outcome(Status.REFUSED, error=CurrencyMismatch(param="currency", expected=currency))
        elif draft.account_id is None and draft.state == Event.State.DECIDED:
            draft.state = Event.State.GUEST
    return refused


def _before_their_refund(followers: Sequence[Draft], drafts: Sequence[Draft]) -> set[str]:
    """Keys of cancellations whose refund is neither in the tables nor in this batch. One query, if any."""
    refunds = {draft.key: _refund_key(draft) for draft in followers if draft.kind == "order.refund_cancelled"}
    if not refunds:
        return set()
    here = {draft.key for draft in drafts if draft.kind == "order.refunded"}
    told = Event.objects.filter(key__in=set(refunds.values()) - here).exclude(state=Event.State.PARKED)
    known = here | set(told.values_list("key", flat=True))
    return {key for key, refund in refunds.items() if refund not in known}


def _refund_key(draft: Draft) -> str:
    return draft.key.replace(f":{draft.kind}:", ":order.refunded:", 1)


def _stores(drafts: Sequence[Draft], partner: Partner) -> set[str]:
    told = {draft.payload.get("store", "") for draft in drafts} - {""}
    known = orders.stores() if told else {}
    return {code for code in told if code in known and known[code][1] in (None, partner.pk)}


def _once(drafts: Sequence[Draft]) -> list[Draft]:
    """The first draft of each key; repeats within a batch are answered from it."""
    first: dict[str, Draft] = {}
    for draft in drafts:
        first.setdefault(draft.key, draft)
    return list(first.values())


def _stored(drafts: Sequence[Draft], fresh: Sequence[Draft]) -> Mapping[str, Draft | Event]:
    """What is stored under each key; asked of the table where it was there before or moved since."""
    known = {draft.key: draft for draft in fresh if draft.state != Event.State.PARKED}
    others = [draft.key for draft in drafts if draft.key not in known]
    if not others:
        return known
    rows = Event.objects.filter(bulk.among("key", others)).only("id", "key", "fingerprint", "state")
    return known | {event.key: event for event in rows}


def _answer(draft: Draft, stored: Mapping[str, Draft | Event], receipts: Mapping[UUID, dict[str, Any]]) -> Outcome:
    event = stored[draft.key]
    if event.fingerprint != draft.fingerprint:
        told = "version" in draft.payload
        mismatch = VersionConflict(param="version") if told else EventMismatch(param="order_id")
        return Outcome(Status.REFUSED, event.id, mismatch)
    if event.id != draft.id:
        return Outcome(Status.DUPLICATE, event.id, receipt=receipts.get(event.id, {}))
    return Outcome(_STATUS[Event.State(event.state)], event.id, receipt=receipts.get(event.id, {}))


def receipts_of(event_ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """The receipt of the latest decision on each event that has one."""
    if not event_ids:
        return {}
    rows = Decision.objects.filter(event_id__in=event_ids).order_by("number")
    return dict(rows.values_list("event_id", "receipt"))
