"""Refunds: what an order earned is taken back, up to the target of all that is refunded so far.

The target is a function of the cumulative refund (``deciding.refund_targets``), so partial refunds
may come in any order and number and a repeat takes nothing twice. What has expired meanwhile is not
asked for again.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Sum

from loyalty import deciding, rulebook
from loyalty.events.knowledge import Knowledge
from loyalty.ledger.book import Book, EntryRow, Purse, Stamp
from loyalty.metrics import Gauge
from loyalty.models import Allocation, Decision, Entry, Event, Programme
from loyalty.orders import OrderState

_HEAD = ("rule", "version", "number", "name_zh", "name_en", "currency")


class Aim(NamedTuple):
    """How much of an award must be gone in all, and how its step of the receipt begins."""

    target: int
    head: Mapping[str, Any]


@dataclass(slots=True)
class Earned:
    """One entry an order earned, and how much of its lot has expired."""

    entry_id: UUID
    purse: Purse
    amount: int
    rule_version_id: int | None
    gone: int = 0


@dataclass(slots=True)
class Refunds:
    """What is known of the orders that a batch refunds: their payloads, receipts and entries."""

    payloads: dict[UUID, Mapping[str, Any]] = field(default_factory=dict)
    receipts: dict[UUID, Mapping[str, Any]] = field(default_factory=dict)
    earned: dict[UUID, list[Earned]] = field(default_factory=dict)
    rules: dict[int, deciding.CompiledRule] = field(default_factory=dict)

    @classmethod
    def load(cls, order_events: Collection[UUID]) -> "Refunds":
        """Five queries for any number of orders; none where nothing is refunded."""
        found = cls()
        if not order_events:
            return found
        found.payloads.update(Event.objects.filter(id__in=order_events).values_list("id", "payload"))
        decided = Decision.objects.filter(event_id__in=order_events).order_by("number")
        found.receipts.update(decided.values_list("event_id", "receipt"))
        found.rules = rulebook.by_id({step["version"] for r in found.receipts.values() for step in r["steps"]})
        entries = Entry.objects.filter(event_id__in=order_events, counter=Entry.Counter.ISSUED)
        columns = ("id", "event_id", "account_id", "currency_id", "amount", "rule_version_id")
        by_id: dict[UUID, Earned] = {}
        for entry_id, event_id, account, currency, amount, version in entries.values_list(*columns):
            by_id[entry_id] = Earned(entry_id, Purse(account, currency), amount, version)
            found.earned.setdefault(event_id, []).append(by_id[entry_id])
        lapsed = Allocation.objects.filter(lot__entry_id__in=list(by_id), entry__counter=Entry.Counter.EXPIRED)
        for entry_id, gone in (
            lapsed.values("lot__entry_id").annotate(gone=Sum("amount")).values_list("lot__entry_id", "gone")
        ):
            by_id[entry_id].gone = gone
        return found

    def entry_ids(self) -> list[UUID]:
        """Every entry that may be taken back, so the book can load the lots born of them."""
        return [earned.entry_id for pile in self.earned.values() for earned in pile]

    def note_expired(self, book: Book) -> None:
        """Adds what settling the book for this very batch has expired, which no table knows yet."""
        expired = {row.id for row in book.entries if row.counter == Entry.Counter.EXPIRED}
        lots = {lot.id: lot.entry_id for lot in book.born.values()}
        by_id = {earned.entry_id: earned for pile in self.earned.values() for earned in pile}
        for allocation in book.allocations:
            if allocation.entry_id in expired and allocation.lot_id is not None:
                earned = by_id.get(lots[allocation.lot_id])
                if earned is not None:
                    earned.gone += allocation.amount

    def learn(
        self, event_id: UUID, payload: Mapping[str, Any], receipt: Mapping[str, Any], entries: Sequence[EntryRow]
    ) -> None:
        """Takes in an order decided in this very batch, whose entries are not in the tables yet."""
        self.payloads[event_id], self.receipts[event_id] = payload, receipt
        self.earned[event_id] = [
            Earned(row.id, Purse(row.account_id, row.currency_id), row.amount, row.stamp.rule_version_id)
            for row in entries
        ]

    def count(self, order: OrderState, payload: Mapping[str, Any]) -> tuple[int, int]:
        """Moves the order's cumulative refund; returns it (before, after). It never falls."""
        before = order.refunded_minor
        told = payload.get("cumulative_minor")
        order.refunded_minor = max(before, told if told is not None else before + payload["refunded_minor"])
        order.is_touched = True
        return before, order.refunded_minor

    def claw(self, book: Book, order: OrderState, stamp: Stamp, knowledge: Knowledge) -> dict[str, Any]:
        """Takes back up to the target for the order's cumulative refund; returns the receipt's note."""
        targets = self._targets(order, knowledge)
        may_owe = knowledge.programme.refund_shortfall == Programme.RefundShortfall.DEBT
        taken = [
            self._take(book, order, earned, targets[earned.entry_id.hex], stamp, may_owe=may_owe)
            for earned in self.earned.get(order.event_id, ())
            if earned.entry_id.hex in targets
        ]
        excess = max(0, order.refunded_minor - order.total_minor)
        return {
            "order_id": order.external_id,
            "refunded_minor": order.refunded_minor,
            "excess_minor": excess,
            "steps": [step for step in taken if step is not None],
        }

    def _targets(self, order: OrderState, knowledge: Knowledge) -> dict[str, Aim]:
        """For each entry (by hex id) how much must be gone at the order's cumulative refund."""
        receipt = self.receipts.get(order.event_id)
        if receipt is None:
            return {}
        rules = self.rules | {rule.version_id: rule for rule in knowledge.book}
        found = deciding.refund_targets(
            receipt,
            self.payloads[order.event_id],
            order.refunded_minor,
            knowledge.policy,
            rules=rules,
            day=order.placed_on,
        )
        steps = {(s["version"], s["effect"], s["currency"]): s for s in receipt["steps"] if "entry" in s}
        return {
            step["entry"]: Aim(target.target, {name: step[name] for name in _HEAD})
            for target in found
            if (step := steps.get(target.key)) is not None
        }

    def _take(
        self, book: Book, order: OrderState, earned: Earned, aim: Aim, stamp: Stamp, *, may_owe: bool
    ) -> dict[str, Any] | None:
        key = earned.entry_id.hex
        clawed = order.clawed.get(key, 0)
        wanted = min(aim.target, earned.amount - earned.gone) - clawed
        if wanted <= 0:
            return None
        order.clawed = {**order.clawed, key: clawed + wanted}
        entry, uncollected = book.claw(
            earned.purse,
            earned.entry_id,
            wanted,
            stamp=stamp._replace(rule_version_id=earned.rule_version_id),
            may_owe=may_owe,
        )
        return {
            **aim.head,
            "reverses": key,
            "wanted": wanted,
            "taken": wanted - uncollected,
            "uncollected": uncollected,
            "entry": entry.id.hex if entry else None,
        }

    def measured(self, gauge: Gauge, order: OrderState, refunded: int) -> int:
        """What the order counts for a metric once ``refunded`` is taken off; nothing when all is."""
        payload = self.payloads[order.event_id]
        if refunded and refunded >= payload["amount_minor"]:
            return 0
        return gauge.measure(deciding.reduced(payload, refunded) if refunded else payload, order.placed_on)
