"""One batch of documents: members made, cancellations matched, everything posted, all at once.

The number of statements does not depend on how many documents there are. A rehearsal does the same
and takes it back; what its earlier batches brought about is kept in the ``Rehearsal``.
"""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from loyalty import money
from loyalty.events import customers, intake
from loyalty.events.incoming import EventMismatch, Incoming, Outcome, Status, StoreNotFound
from loyalty.imports.documents import Document
from loyalty.imports.matching import Purchase, Purchases
from loyalty.imports.wording import Note
from loyalty.models import Event, Order, Partner, Store
from loyalty.registry import Enroller, registry

SIZE = 1000
OWN = "x:"  # the partner's own id of a customer: the one kind of reference members are made from


@dataclass(slots=True)
class Done:
    """What a batch came to: figures to add up, rows there is something to say about, accounts it touched."""

    counts: Counter[str] = field(default_factory=Counter)
    notes: list[Note] = field(default_factory=list)
    accounts: set[int] = field(default_factory=set)


@dataclass(slots=True)
class _Batch:
    """A batch on its way, and what is known around it."""

    documents: Sequence[Document]
    partner: Partner
    purchases: Purchases
    buyers: Mapping[str, Hashable]
    placed: set[str]
    refunded: Mapping[str, Mapping[str, Any]]
    stores: set[str]
    incoming: list[Incoming] = field(default_factory=list)
    about: list[Document] = field(default_factory=list)
    done: Done = field(default_factory=Done)

    def note(self, document: Document, outcome: str, **more: Any) -> None:
        self.done.notes.append(Note(document.rows[0], outcome, **more))
        self.done.counts[outcome] += 1

    def tell(self, document: Document, incoming: Incoming) -> None:
        self.incoming.append(incoming)
        self.about.append(document)


def post(documents: Sequence[Document], *, partner: Partner, now: datetime) -> Done:
    """Posts a batch in the caller's transaction. What is known already is told as such, not done again."""
    buyers, members = _with_members(documents, partner, now)
    batch = _batch(documents, partner, Purchases(), buyers)
    batch.done.counts["members"] += members
    _plan(batch)
    outcomes = intake.post(batch.incoming, partner=partner, now=now, historic=True)
    _answer(batch, outcomes)
    posted = Event.objects.filter(pk__in=[outcome.event_id for outcome in outcomes if outcome.event_id])
    batch.done.accounts.update(account for account in posted.values_list("account_id", flat=True) if account)
    return batch.done


@dataclass(slots=True)
class Rehearsal:
    """What batches of one dry run pass on: what was bought, and who would be a member by now."""

    purchases: Purchases = field(default_factory=Purchases)
    members: set[str] = field(default_factory=set)


def rehearse(documents: Sequence[Document], *, partner: Partner, rehearsal: Rehearsal, now: datetime) -> Done:
    """The same with nothing written: refunds are matched, but what they take back is not reckoned."""
    known = customers.resolve(_references(documents), partner_id=partner.pk)
    buyers: dict[str, Hashable] = {reference: reference for reference in _references(documents) if reference[:2] == OWN}
    buyers.update(known)
    with transaction.atomic():
        batch = _batch(documents, partner, rehearsal.purchases, buyers)
        _plan(batch)
        _with_members(documents, partner, now)
        orders = [place for place, incoming in enumerate(batch.incoming) if incoming.kind == "order.paid"]
        batch.incoming = [batch.incoming[place] for place in orders]
        batch.about = [batch.about[place] for place in orders]
        _answer(batch, intake.post(batch.incoming, partner=partner, now=now, historic=True))
        transaction.set_rollback(True)
    new = {reference for reference in _references(documents) if reference[:2] == OWN} - set(known) - rehearsal.members
    rehearsal.members |= new
    batch.done.counts["members"] += len(new)
    return batch.done


def _references(documents: Sequence[Document]) -> set[str]:
    return {document.customer for document in documents if document.customer}


def _with_members(documents: Sequence[Document], partner: Partner, now: datetime) -> tuple[dict[str, Hashable], int]:
    """The account of each reference, the partner's own new customers made members; and how many were."""
    wanted = _references(documents)
    known = customers.resolve(wanted, partner_id=partner.pk)
    new = sorted(reference[2:] for reference in wanted if reference not in known and reference[:2] == OWN)
    if new:
        for enroller in registry.all(Enroller):
            enroller.enrol(partner.pk, new, now)
        known = customers.resolve(wanted, partner_id=partner.pk)
    return dict(known), len(new)


def _batch(
    documents: Sequence[Document], partner: Partner, purchases: Purchases, buyers: Mapping[str, Hashable]
) -> _Batch:
    """Loads what the batch must know: five queries at most."""
    orders = [document for document in documents if not document.is_cancel]
    cancels = [document for document in documents if document.is_cancel]
    rows = Order.objects.filter(partner=partner, external_id__in=[order.id for order in orders])
    keys = [_key(partner, cancel.id) for cancel in cancels]
    stores = {order.payload["store"] for order in orders if "store" in order.payload}
    found = Store.objects.filter(code__in=stores).values_list("code", "partner_id") if stores else ()
    accounts = {buyers.get(cancel.customer) for cancel in cancels if not cancel.refund_of}
    purchases.load(partner.pk, [account for account in accounts if isinstance(account, int)])
    purchases.load_named(partner.pk, {cancel.refund_of for cancel in cancels if cancel.refund_of})
    return _Batch(
        documents=documents,
        partner=partner,
        purchases=purchases,
        buyers=buyers,
        placed=set(rows.values_list("external_id", flat=True)),
        refunded=dict(Event.objects.filter(key__in=keys).values_list("key", "payload")) if keys else {},
        stores={code for code, owner in found if owner in (None, partner.pk)},
    )


def _key(partner: Partner, cancel_id: str) -> str:
    return f"{partner.code}:order.refunded:{cancel_id}"


def _plan(batch: _Batch) -> None:
    """What is to be posted, in order of time."""
    for document in batch.documents:
        batch.done.notes += document.notes
        if document.is_cancel:
            _cancel(batch, document)
        else:
            _order(batch, document)


def _order(batch: _Batch, document: Document) -> None:
    store = document.payload.get("store", "")
    if store and store not in batch.stores:
        batch.note(document, "refused", param="store", fault=StoreNotFound(param="store", store=store))
        return
    batch.tell(document, Incoming("order.paid", document.payload, document.at))
    buyer = batch.buyers.get(document.customer)
    if document.id not in batch.placed and (buyer is not None or not document.customer):
        batch.purchases.add(buyer, Purchase(document.id, document.at, document.currency, document.minor))


def _cancel(batch: _Batch, document: Document) -> None:
    """The orders a cancellation takes back, one refund each; the first bears the cancellation's id."""
    before = batch.refunded.get(_key(batch.partner, document.id))
    if before is not None:
        told = before["metadata"].get("amount_minor", document.minor)
        batch.note(document, "duplicate" if told == document.minor else "conflict")
        return
    if not document.minor:
        batch.note(document, "nothing")
        return
    pairs = _pairs(batch, document)
    left = document.minor - sum(part for _, part in pairs)
    if left:
        batch.done.counts[f"unmatched:{document.currency}"] += left
        words = f"{document.currency} {money.text(left, document.currency)}"
        batch.note(document, "partly_matched" if pairs else "unmatched", left=words if pairs else "")
    batch.done.counts["cancellations"] += bool(pairs)
    for number, (order_id, part) in enumerate(pairs, start=1):
        payload = {
            "order_id": order_id,
            "refund_id": document.id if number == 1 else f"{document.id}#{number}",
            "currency": document.currency,
            "amount_minor": part,
            "metadata": {"cancellation": document.id, "amount_minor": document.minor},
        }
        batch.done.counts["refunds"] += 1
        batch.tell(document, Incoming("order.refunded", payload, document.at))


def _pairs(batch: _Batch, document: Document) -> list[tuple[str, int]]:
    if document.refund_of:
        return batch.purchases.give_back_of(document.refund_of, document.currency, document.minor)
    buyer = batch.buyers.get(document.customer)
    if buyer is None:
        return []
    return batch.purchases.give_back(buyer, document.at, document.currency, document.minor)


def _answer(batch: _Batch, outcomes: Sequence[Outcome]) -> None:
    """Adds up what became of each event."""
    for document, incoming, outcome in zip(batch.about, batch.incoming, outcomes, strict=True):
        if outcome.status == Status.REFUSED and outcome.error is not None:
            is_other = isinstance(outcome.error, EventMismatch)
            param = outcome.error.param or ""
            batch.note(document, "conflict" if is_other else "refused", param=param, fault=outcome.error)
        elif outcome.status in (Status.DUPLICATE, Status.PARKED):
            batch.note(document, outcome.status.value)
        elif incoming.kind == "order.paid":
            batch.done.counts["guests" if outcome.status == Status.GUEST else "orders"] += 1
            for step in outcome.receipt.get("steps", ()):
                batch.done.counts[f"points:{step['currency']}"] += step["awarded"]
