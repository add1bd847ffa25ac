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

from loyalty import bulk, deciding, ids, orders, statements, stopping
from loyalty.events import foreseeing, paying, room, terms
from loyalty.events.incoming import Draft
from loyalty.events.knowledge import Knowledge, awarded_metric
from loyalty.events.refunding import Refunds
from loyalty.events.sleeping import Sleeping
from loyalty.ledger import lifetimes, moving, store
from loyalty.ledger.book import Book, DayOf, EntryRow, Purse, Stamp
from loyalty.models import Decision, Entry, Programme, Tally
from loyalty.registry import EventKind, Grant, registry

_DECISION = ("id", "event_id", "number", "receipt", "decided_at")
FEW = 10  # events whose rows are sent without waiting for each answer
_LAST = 10**9  # after every version of an order
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
    day_of: DayOf
    sleeping: Sleeping = field(default_factory=Sleeping)
    decisions: list[tuple[UUID, UUID, int, dict[str, Any], datetime]] = field(default_factory=list)
    grants: list[tuple[str, Grant]] = field(default_factory=list)
    causes: dict[int, UUID] = field(default_factory=dict)
    _sights: foreseeing.Sights = field(init=False)
    _spans: dict[tuple[int, date], tuple[Any, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._sights = foreseeing.Sights(self.zones, self.now)

    def send_ahead(self, drafts: Sequence[Draft]) -> None:
        """Writes a batch of nothing but new orders before they are decided, which changes none of them."""
        names = {draft.payload["order_id"] for draft in drafts if draft.kind == "order.paid" and draft.partner_id}
        if self.bought or len(names) < len(drafts):
            return
        for draft in drafts:
            self._place(draft)
        orders.write(self.bought.values())

    def take(self, draft: Draft) -> dict[str, Any]:
        """Decides one event and moves the states; returns its receipt."""
        kind = registry.get(EventKind, draft.kind)
        if draft.kind == "order.paid" and draft.partner_id is not None and not self._place(draft):
            return self._stale(draft)
        if draft.account_id is None:
            if kind.reverses:
                self.refunds.count(self._order(draft), draft)
            return {}
        reversal = self._reverse(draft) if kind.reverses else {}
        self.sleeping.wake(self.book, draft, self.knowledge, self.bought)
        decided = self._decide(draft)
        receipt = {**decided.receipt, **reversal}
        began = len(self.book.entries)
        self._award(draft, decided)
        earned = self.book.entries[began:]
        self._grant(draft, decided)
        self._tally(draft)
        self._keep_alive(draft, kind, earned)
        if draft.kind == "order.paid" and draft.partner_id is not None:
            receipt |= self._catch_up(draft, decided.receipt, earned)
        self.causes[draft.account_id] = draft.id
        self.decisions.append((ids.uuid7(), draft.id, 1, receipt, self.now))
        return receipt

    def _place(self, draft: Draft) -> bool:
        """Keeps the order, or its correction; false for a version that is not newer than what is known."""
        state = self.bought.get((draft.partner_id or 0, draft.payload["order_id"]))
        if state is not None and state.event_id != draft.id:
            if draft.payload.get("version", 1) <= state.version:
                return False
            self._correct(draft, state)
        if state is not None:
            state.account_id = draft.account_id
            return True
        placed = orders.placed(
            event_id=draft.id,
            partner_id=draft.partner_id or 0,
            account_id=draft.account_id,
            payload=draft.payload,
            at=draft.occurred_at,
            on=draft.occurred_on,
        )
        self.bought[placed.key] = placed
        return True

    def _correct(self, draft: Draft, state: orders.OrderState) -> None:
        """Takes back all that the order gave as it was told before, and puts the new telling in its place."""
        if state.account_id is not None:
            draft.account_id = state.account_id
            stamp = Stamp(draft.occurred_at, draft.occurred_on, self.now, draft.id)
            self.refunds.take_all(self.book, state, stamp, self.knowledge, self.day_of)
            for gauge in self.knowledge.gauges.of("order.paid"):
                counted = self.refunds.measured(gauge, state, state.refunded_minor)
                self.knowledge.sheet.add(state.account_id, gauge.code, state.placed_on, -counted)
            self._free_limits(state)
        orders.correct(state, event_id=draft.id, payload=draft.payload, at=draft.occurred_at, on=draft.occurred_on)

    def _free_limits(self, state: orders.OrderState) -> None:
        """What the order used of its member's limits, as it was told before, is free again."""
        for step in self.refunds.receipts.get(state.event_id, {}).get("steps", ()):
            metric = awarded_metric(step["rule"], step.get("currency", ""))
            if step.get("awarded") and metric in self.knowledge.sheet.needs:
                self.knowledge.sheet.add(state.account_id or 0, metric, state.placed_on, -step["awarded"])

    def _stale(self, draft: Draft) -> dict[str, Any]:
        receipt = {"facts": {}, "steps": [], "considered": [], "policy": {}, "stale": draft.payload.get("version", 1)}
        self.decisions.append((ids.uuid7(), draft.id, 1, receipt, self.now))
        return receipt

    def _keep_alive(self, draft: Draft, kind: EventKind, earned: Sequence[EntryRow]) -> None:
        """Points that expire without activity live on, in the currencies the event moved or all it may."""
        gained = {row.currency_id for row in earned if row.amount > 0 and row.counter == Entry.Counter.ISSUED}
        for unit in self.knowledge.idle_units:
            if kind.is_activity or unit.pk in gained:
                purse = Purse(draft.account_id or 0, unit.pk)
                until = lifetimes.deadline(unit, self.knowledge.programme, draft.occurred_at)
                if until is not None:
                    moving.keep_alive(self.book, purse, until)

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
        policy, gauges = self.knowledge.policy_at(draft.occurred_at), self.knowledge.gauges.of(draft.kind)
        return foreseeing.decide(view, context, self.knowledge.book, policy, self._sights, gauges)

    def _award(self, draft: Draft, decided: deciding.Decided) -> None:
        """One entry for each award; the receipt's step learns its id, for refunds and the "why"."""
        written: dict[tuple[int, int, str], str] = {}
        steps = {(s["version"], s["effect"], s.get("currency", "")): s for s in decided.receipt.get("steps", ())}
        for award in decided.awards:
            key = (award.version_id, award.effect, award.currency)
            purse = Purse(draft.account_id or 0, self.knowledge.units[award.currency].pk)
            steps[key] |= room.clip(award, self.knowledge.units[award.currency], self.book.holding(purse)) or {}
            if not award.awarded:
                continue
            term = self._term(draft, award)
            entry = self.book.credit(
                purse,
                award.awarded,
                counter=Entry.Counter.ISSUED,
                stamp=Stamp(draft.occurred_at, draft.occurred_on, self.now, draft.id, award.version_id),
                available_at=term.available_at,
                expires_at=term.expires_at,
                desired=award.desired,
                awaits=term.awaits,
            )
            written[key] = entry.id.hex
            self.knowledge.count_award(draft.account_id or 0, award, draft.occurred_on)
        for key, entry_id in written.items():
            steps[key]["entry"] = entry_id

    def _term(self, draft: Draft, award: deciding.Award) -> terms.Term:
        """When points can be spent and when they go; the calendar is reckoned once a currency and day."""
        unit, at = self.knowledge.units[award.currency], draft.occurred_at
        own = self.knowledge.lifetime(draft.account_id or 0, unit.pk, draft.occurred_on)
        if award.expiry or award.wait or own or unit.pending_days:
            return terms.term(award, unit, self.knowledge.programme, at, own)
        known = self._spans.get((unit.pk, draft.occurred_on))
        if known is None:
            known = self._spans[unit.pk, draft.occurred_on] = lifetimes.span(unit, self.knowledge.programme, at)
        return terms.Term(at, known[1])

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
        before = self.refunds.count(order, draft)
        return {"reversal": self._take_back(draft, order, before)}

    def _take_back(self, draft: Draft, order: orders.OrderState, before: int) -> dict[str, Any]:
        """Moves points and tallies from ``before`` refunded to what is refunded now."""
        stamp = Stamp(draft.occurred_at, draft.occurred_on, self.now, draft.id)
        note = self.refunds.claw(self.book, order, stamp, self.knowledge, self.day_of)
        returns = paying.Returns(
            self.book, self.refunds.taken, self.knowledge.programme, self.knowledge.units, self.day_of
        )
        payment = returns.move(order, self.refunds.payloads[order.event_id], stamp)
        if payment is not None:
            note["payment"] = payment
        for gauge in self.knowledge.gauges.of("order.paid"):
            after = self.refunds.measured(gauge, order, order.refunded_minor)
            change = after - self.refunds.measured(gauge, order, before)
            if change:
                self.knowledge.sheet.add(draft.account_id or 0, gauge.code, order.placed_on, change)
        return note

    def write(self) -> None:
        """Writes all that moved: a constant number of statements whatever the batch."""
        moved = {purse.account_id for purse in self.book.moved}
        if self._is_little:
            with statements.together():
                self._write_rows()
        else:
            self._write_rows()
        self._stop(moved)

    @property
    def _is_little(self) -> bool:
        """A few events of the usual kind: nothing that is written is asked whether it was there."""
        plain = not self.book.hold_ends and all(state.is_new for state in self.bought.values())
        return plain and len(self.decisions) <= FEW

    def _stop(self, moved: set[int]) -> None:
        if self.knowledge.programme.refund_shortfall == Programme.RefundShortfall.FREEZE:
            stopping.stop(stopping.owing_too_much(moved), now=self.now)
            stopping.release_if_paid(moved)

    def _write_rows(self) -> None:
        orders.write(self.bought.values())
        bulk.insert(Decision, _DECISION, self.decisions)
        store.write(self.book)
        self.knowledge.write_budgets()
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


def _moment(draft: Draft, paid: Mapping[tuple[int | None, str], datetime]) -> tuple[datetime, int, UUID]:
    """When to take an event: what follows an order never before it, whatever the tills' clocks say."""
    follows = registry.get(EventKind, draft.kind).follows
    if follows is None:
        return draft.occurred_at, draft.payload.get("version", 0), draft.id
    order_paid = paid.get((draft.partner_id, draft.payload["order_id"]), draft.occurred_at)
    return max(draft.occurred_at, order_paid), _LAST if follows == "order.paid" else _LAST + 1, draft.id
