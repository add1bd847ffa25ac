"""The fold: a batch of recorded events in order of time, over states held in memory.

``Fold`` moves the book, the orders and the tallies and writes nothing until ``write``. Previews run
the same fold and leave out the writing.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from loyalty import bulk, deciding, ids, orders
from loyalty.events.incoming import Draft
from loyalty.events.knowledge import Knowledge, awarded_metric
from loyalty.events.refunding import Refunds
from loyalty.ledger import lifetimes, store
from loyalty.ledger.book import Book, EntryRow, Purse, Stamp
from loyalty.models import Decision, Entry, Tally
from loyalty.registry import EventKind, Grant, registry

_DECISION = ("id", "event_id", "number", "receipt", "decided_at")
_TALLY = ("account_id", "metric_id", "day", "value")


@dataclass(slots=True)
class Fold:
    """States around a batch, moved event by event."""

    knowledge: Knowledge
    book: Book
    bought: dict[orders.OrderKey, orders.OrderState]
    refunds: Refunds
    zones: dict[int, str]
    now: datetime
    decisions: list[tuple[UUID, UUID, int, dict[str, Any], datetime]] = field(default_factory=list)
    grants: list[tuple[str, Grant]] = field(default_factory=list)
    causes: dict[int, UUID] = field(default_factory=dict)
    _spans: dict[tuple[int, date], tuple[Any, Any]] = field(default_factory=dict)

    def take(self, draft: Draft) -> dict[str, Any]:
        """Decides one event and moves the states; returns its receipt."""
        kind = registry.get(EventKind, draft.kind)
        if draft.kind == "order.paid" and draft.partner_id is not None:
            self._place(draft)
        if draft.account_id is None:
            if kind.reverses:
                self.refunds.count(self._order(draft), draft.payload)
            return {}
        reversal = self._reverse(draft) if kind.reverses else {}
        decided = self._decide(draft)
        receipt = {**decided.receipt, **reversal}
        began = len(self.book.entries)
        self._award(draft, decided)
        earned = self.book.entries[began:]
        self._grant(draft, decided)
        self._tally(draft)
        if draft.kind == "order.paid" and draft.partner_id is not None:
            receipt |= self._catch_up(draft, decided.receipt, earned)
        self.causes[draft.account_id] = draft.id
        self.decisions.append((ids.uuid7(), draft.id, 1, receipt, self.now))
        return receipt

    def _place(self, draft: Draft) -> None:
        state = self.bought.get((draft.partner_id or 0, draft.payload["order_id"]))
        if state is not None:
            state.account_id = draft.account_id
            return
        placed = orders.placed(
            event_id=draft.id,
            partner_id=draft.partner_id or 0,
            account_id=draft.account_id,
            payload=draft.payload,
            at=draft.occurred_at,
            on=draft.occurred_on,
        )
        self.bought[placed.key] = placed

    def _catch_up(self, draft: Draft, receipt: dict[str, Any], earned: Sequence[EntryRow]) -> dict[str, Any]:
        """Lets this batch refund the order too, and takes back what was refunded before it was claimed."""
        order = self._order(draft)
        self.refunds.learn(order.event_id, draft.payload, receipt, earned)
        return {"reversal": self._take_back(draft, order, 0)} if order.refunded_minor else {}

    def _order(self, draft: Draft) -> orders.OrderState:
        return self.bought[draft.partner_id or 0, draft.payload["order_id"]]

    def _decide(self, draft: Draft) -> deciding.Decided:
        account_id = draft.account_id or 0
        view = deciding.EventView(
            kind=draft.kind,
            occurred_at=draft.occurred_at,
            day=draft.occurred_on,
            payload=draft.payload,
            account_id=account_id,
            zone=self.knowledge.programme.timezone,
            member_zone=self.zones.get(account_id, ""),
        )
        context = self.knowledge.about(account_id, draft.occurred_on)
        return deciding.decide(view, context, self.knowledge.book, self.knowledge.policy)

    def _award(self, draft: Draft, decided: deciding.Decided) -> None:
        """One entry for each award; the receipt's step learns its id, for refunds and the "why"."""
        written: dict[tuple[int, int, str], str] = {}
        for award in decided.awards:
            if not award.awarded:
                continue
            available_at, expires_at = self._span(award.currency, draft.occurred_at, draft.occurred_on)
            entry = self.book.credit(
                Purse(draft.account_id or 0, self.knowledge.units[award.currency].pk),
                award.awarded,
                counter=Entry.Counter.ISSUED,
                stamp=Stamp(draft.occurred_at, draft.occurred_on, self.now, draft.id, award.version_id),
                available_at=available_at,
                expires_at=expires_at,
                desired=award.desired,
            )
            written[award.version_id, award.effect, award.currency] = entry.id.hex
            metric = awarded_metric(award.rule_id, award.currency)
            if metric in self.knowledge.sheet.needs:
                self.knowledge.sheet.add(draft.account_id or 0, metric, draft.occurred_on, award.awarded)
        for step in decided.receipt.get("steps", ()):
            entry_id = written.get((step["version"], step["effect"], step.get("currency", "")))
            if entry_id:
                step["entry"] = entry_id

    def _span(self, code: str, at: datetime, on: date) -> tuple[datetime, datetime | None]:
        """Available from and expires at; the calendar is reckoned once a currency and day."""
        unit = self.knowledge.units[code]
        if unit.pending_days:
            return lifetimes.span(unit, self.knowledge.programme, at)
        known = self._spans.get((unit.pk, on))
        if known is None:
            known = self._spans[unit.pk, on] = lifetimes.span(unit, self.knowledge.programme, at)
        return at, known[1]

    def _grant(self, draft: Draft, decided: deciding.Decided) -> None:
        for wish in decided.grants:
            key = f"{draft.id.hex}:{wish['version_id']}:{wish['index']}"
            grant = Grant(
                key=key,
                account_id=draft.account_id or 0,
                event_id=draft.id,
                rule_version_id=wish["version_id"],
                params=wish["params"],
                occurred_at=draft.occurred_at,
            )
            self.grants.append((wish["effect"], grant))

    def _tally(self, draft: Draft) -> None:
        for gauge in self.knowledge.gauges.of(draft.kind):
            value = gauge.measure(draft.payload, draft.occurred_on)
            if value:
                self.knowledge.sheet.add(draft.account_id or 0, gauge.code, draft.occurred_on, value)

    def _reverse(self, draft: Draft) -> dict[str, Any]:
        """Takes back what the order earned, up to the target of what is refunded so far."""
        order = self._order(draft)
        before, _ = self.refunds.count(order, draft.payload)
        return {"reversal": self._take_back(draft, order, before)}

    def _take_back(self, draft: Draft, order: orders.OrderState, before: int) -> dict[str, Any]:
        """Moves points and tallies from ``before`` refunded to what is refunded now."""
        stamp = Stamp(draft.occurred_at, draft.occurred_on, self.now, draft.id)
        note = self.refunds.claw(self.book, order, stamp, self.knowledge)
        for gauge in self.knowledge.gauges.of("order.paid"):
            after = self.refunds.measured(gauge, order, order.refunded_minor)
            change = after - self.refunds.measured(gauge, order, before)
            if change:
                self.knowledge.sheet.add(draft.account_id or 0, gauge.code, order.placed_on, change)
        return note

    def write(self) -> None:
        """Writes all that moved: a constant number of statements whatever the batch."""
        orders.write(self.bought.values())
        bulk.insert(Decision, _DECISION, self.decisions)
        store.write(self.book)
        changes = self.knowledge.sheet.changes
        rows = [
            (account, self.knowledge.gauges.ids[code], day, value) for (account, code, day), value in changes.items()
        ]
        bulk.upsert(Tally, _TALLY, sorted(rows), key=("account_id", "metric_id", "day"), add=True)
        changes.clear()
        self.decisions.clear()


def waves(drafts: Sequence[Draft], *, volatile: bool) -> list[list[Draft]]:
    """The batch in order of time; where rules ask for facts that move, an account's events apart.

    One wave unless ``volatile``; then the n-th wave holds the n-th event of each account, so each is
    judged by what the one before it brought about.
    """
    paid = {(d.partner_id, d.payload["order_id"]): d.occurred_at for d in drafts if d.kind == "order.paid"}
    ordered = sorted(drafts, key=lambda draft: _moment(draft, paid))
    if not volatile:
        return [ordered] if ordered else []
    piles: list[list[Draft]] = []
    seen: dict[int | None, int] = defaultdict(int)
    for draft in ordered:
        place = seen[draft.account_id]
        seen[draft.account_id] += 1
        if place == len(piles):
            piles.append([])
        piles[place].append(draft)
    return piles


def _moment(draft: Draft, paid: Mapping[tuple[int | None, str], datetime]) -> tuple[datetime, bool, UUID]:
    """When to take an event: a refund never before its own order, whatever the tills' clocks say."""
    if not registry.get(EventKind, draft.kind).reverses:
        return draft.occurred_at, False, draft.id
    order_paid = paid.get((draft.partner_id, draft.payload["order_id"]), draft.occurred_at)
    return max(draft.occurred_at, order_paid), True, draft.id
