"""Refunds: what an order earned is taken back, up to the target of all that is refunded so far.

The target is a function of the cumulative refund (``deciding.refund_targets``), so partial refunds
may come in any order and number and a repeat takes nothing twice. What has expired meanwhile is not
asked for again. A refund that is cancelled lowers the cumulative amount; then what was taken beyond the
target goes back to the lots it came from.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from django.db.models import Sum

from loyalty import deciding, rulebook
from loyalty.events.incoming import Draft
from loyalty.events.knowledge import Knowledge
from loyalty.events.undoing import Taken
from loyalty.ledger import moving, tracing
from loyalty.ledger.book import Book, DayOf, EntryRow, Purse, Stamp
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
    lot_of: UUID | None = None  # the entry whose lot it is since the account was merged


class Asked(Protocol):
    """An order, or whatever keeps what has been asked back of each entry (by hex id)."""

    clawed: dict[str, int]


class Hand(NamedTuple):
    """What every move of one refund has in common."""

    book: Book
    stamp: Stamp
    day_of: DayOf
    may_owe: bool


@dataclass(slots=True)
class Refunds:
    """What is known of the orders that a batch refunds: their payloads, receipts and entries."""

    payloads: dict[UUID, Mapping[str, Any]] = field(default_factory=dict)
    receipts: dict[UUID, Mapping[str, Any]] = field(default_factory=dict)
    earned: dict[UUID, list[Earned]] = field(default_factory=dict)
    rules: dict[int, deciding.CompiledRule] = field(default_factory=dict)
    taken: Taken = field(default_factory=Taken)

    @classmethod
    def load(
        cls, order_events: Collection[UUID], *, payments: Collection[UUID] = (), gives_again: bool = False
    ) -> "Refunds":
        """Five queries for any number of orders; none where nothing is refunded.

        Three more where ``payments`` may go back, or something taken back is given again.
        """
        found = cls()
        found._load(order_events)
        found.taken = Taken.load(awards=found.entry_ids() if gives_again else (), payments=payments)
        return found

    def _load(self, order_events: Collection[UUID]) -> None:
        if not order_events:
            return
        self.payloads.update(Event.objects.filter(id__in=order_events).values_list("id", "payload"))
        decided = Decision.objects.filter(event_id__in=order_events).order_by("number")
        self.receipts.update(decided.values_list("event_id", "receipt"))
        self.rules = rulebook.by_id({step["version"] for r in self.receipts.values() for step in r["steps"]})
        entries = Entry.objects.filter(event_id__in=order_events, counter=Entry.Counter.ISSUED)
        columns = (
            "id",
            "event_id",
            "account_id",
            "currency_id",
            "amount",
            "rule_version_id",
            "account__merged_into_id",
        )
        by_id: dict[UUID, Earned] = {}
        moved: dict[UUID, Earned] = {}
        for entry_id, event_id, account, currency, amount, version, merged in entries.values_list(*columns):
            by_id[entry_id] = Earned(entry_id, Purse(account, currency), amount, version)
            self.earned.setdefault(event_id, []).append(by_id[entry_id])
            if merged is not None:
                moved[entry_id] = by_id[entry_id]
        for entry_id, heir in tracing.heirs({key: each.purse for key, each in moved.items()}).items():
            by_id[entry_id].purse, by_id[entry_id].lot_of = heir
            by_id[heir.lot_of] = by_id[entry_id]
        lapsed = Allocation.objects.filter(lot__entry_id__in=list(by_id), entry__counter=Entry.Counter.EXPIRED)
        for entry_id, gone in (
            lapsed.values("lot__entry_id").annotate(gone=Sum("amount")).values_list("lot__entry_id", "gone")
        ):
            by_id[entry_id].gone += gone

    def entry_ids(self) -> list[UUID]:
        """Every entry that may be taken back, so the book can load the lots born of them."""
        earned = [each for pile in self.earned.values() for each in pile]
        return [entry_id for each in earned for entry_id in (each.entry_id, each.lot_of) if entry_id is not None]

    def note_expired(self, book: Book) -> None:
        """Adds what settling the book for this very batch has expired, which no table knows yet."""
        expired = {row.id for row in book.entries if row.counter == Entry.Counter.EXPIRED}
        lots = {lot.id: lot.entry_id for lot in book.born.values()}
        by_id = {earned.lot_of or earned.entry_id: earned for pile in self.earned.values() for earned in pile}
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

    def count(self, order: OrderState, draft: Draft) -> int:
        """Moves the order by what the event says of it; returns its cumulative refund before.

        A told cumulative amount is what stood when the refund happened: cancellations that came
        before it are in it already, later ones are not.
        """
        before, payload, at = order.refunded_minor, draft.payload, draft.occurred_at.isoformat()
        order.is_touched = True
        if "cancelled_minor" in payload:
            cancelled = min(payload["cancelled_minor"], before)
            order.reversals = [*order.reversals, [at, cancelled]]
            order.refunded_minor = before - cancelled
        elif "refunded_minor" in payload:
            told = payload.get("cumulative_minor")
            if told is None:
                order.refunded_minor = before + payload["refunded_minor"]
            else:
                since = sum(
                    minor for when, minor in order.reversals if datetime.fromisoformat(when) > draft.occurred_at
                )
                order.refunded_minor = max(before, told - since)
        else:
            order.gift_returned_at = order.gift_returned_at or draft.occurred_at
        return before

    def claw(self, book: Book, order: OrderState, stamp: Stamp, knowledge: Knowledge, day_of: DayOf) -> dict[str, Any]:
        """Takes back up to the target for the order's cumulative refund; returns the receipt's note."""
        targets = self.targets(order, knowledge, order.refunded_minor)
        return self._move(book, order, stamp, knowledge, day_of, targets)

    def take_all(self, book: Book, order: OrderState, stamp: Stamp, knowledge: Knowledge, day_of: DayOf) -> None:
        """Takes back everything the order has earned, before it is judged anew as it was corrected."""
        whole = max(order.total_minor, 1)
        self._move(book, order, stamp, knowledge, day_of, self.targets(order, knowledge, whole))

    def _move(
        self,
        book: Book,
        order: OrderState,
        stamp: Stamp,
        knowledge: Knowledge,
        day_of: DayOf,
        targets: Mapping[str, Aim],
    ) -> dict[str, Any]:
        may_owe = knowledge.programme.refund_shortfall != Programme.RefundShortfall.ABSORB
        hand = Hand(book, stamp, day_of, may_owe)
        taken = [
            self.bring(hand, order, earned, targets[earned.entry_id.hex])
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

    def targets(self, order: OrderState, knowledge: Knowledge, refunded: int) -> dict[str, Aim]:
        """For each entry (by hex id) how much must be gone at that cumulative refund.

        Of an award that was judged again the first entry gives first; what an entry gave beyond its
        part in the award is gone already, and stays so.
        """
        receipt = self.receipts.get(order.event_id)
        if receipt is None:
            return {}
        found = self.judged_by(order, knowledge, refunded, receipt)
        steps = {(s["version"], s["effect"], s["currency"]): s for s in receipt["steps"] if "entry" in s}
        given = {earned.entry_id.hex: earned.amount for earned in self.earned.get(order.event_id, ())}
        aims: dict[str, Aim] = {}
        for target in found:
            step, left = steps.get(target.key, {}), target.target
            for entry, points in parts(step):
                share = min(left, points)
                left -= share
                aims[entry] = Aim(given.get(entry, points) - points + share, {name: step[name] for name in _HEAD})
        return aims

    def judged_by(
        self, order: OrderState, knowledge: Knowledge, refunded: int, receipt: Mapping[str, Any]
    ) -> list[deciding.Target]:
        """How much of each award of ``receipt`` must be gone at that cumulative refund."""
        rules = self.rules | {rule.version_id: rule for rule in knowledge.book}
        payload = self.payloads[order.event_id]
        return deciding.refund_targets(
            receipt, payload, refunded, knowledge.policy_at(order.placed_at), rules=rules, day=order.placed_on
        )

    def bring(self, hand: "Hand", asked: Asked, earned: Earned, aim: Aim) -> dict[str, Any] | None:
        """Takes, or gives again, what lies between what was asked back so far and the target."""
        key = earned.entry_id.hex
        clawed = asked.clawed.get(key, 0)
        gives_again = aim.target < clawed and earned.entry_id in self.taken.shares
        wanted = (aim.target if gives_again else min(aim.target, earned.amount - earned.gone)) - clawed
        if not wanted or (wanted < 0 and not gives_again):
            return None
        asked.clawed = {**asked.clawed, key: clawed + wanted}
        stamp = hand.stamp._replace(rule_version_id=earned.rule_version_id)
        if wanted < 0:
            entry, taken = self._give_again(hand, earned, clawed + wanted, stamp)
        else:
            entry, missing = hand.book.claw(
                earned.purse, earned.entry_id, wanted, stamp=stamp, may_owe=hand.may_owe, lot_of=earned.lot_of
            )
            taken = wanted - missing
            if entry is not None:
                self.taken.follow(earned.entry_id, entry, hand.book)
        return {
            **aim.head,
            "reverses": key,
            "wanted": wanted,
            "taken": taken,
            "uncollected": max(wanted - taken, 0),
            "entry": entry.id.hex if entry else None,
        }

    def _give_again(self, hand: "Hand", earned: Earned, asked: int, stamp: Stamp) -> tuple[EntryRow | None, int]:
        """Gives back what was taken beyond ``asked``; what was never collected needs no giving."""
        points = self.taken.outstanding(earned.entry_id) - asked
        if points <= 0:
            return None, 0
        back = moving.kept_by(self.taken.unwind(earned.entry_id, points, hand.book), earned.purse)
        own = hand.book.born.get(earned.lot_of or earned.entry_id)
        entry = moving.give_back(
            hand.book,
            earned.purse,
            back,
            counter=Entry.Counter.CLAWED_BACK,
            stamp=stamp,
            day_of=hand.day_of,
            reverses_id=earned.entry_id,
            rest_until=own.expires_at if own else None,
        )
        self.taken.follow(earned.entry_id, entry, hand.book, fresh=back.rest)
        return entry, -points

    def measured(self, gauge: Gauge, order: OrderState, refunded: int) -> int:
        """What the order counts for a metric once ``refunded`` is taken off; nothing when all is."""
        payload = self.payloads[order.event_id]
        if refunded and refunded >= payload["amount_minor"]:
            return 0
        return gauge.measure(deciding.reduced(payload, refunded) if refunded else payload, order.placed_on)


def parts(step: Mapping[str, Any]) -> list[tuple[str, int]]:
    """The entries (hex ids) behind a step of a receipt and the points each stands for; several once it was replayed."""
    if "entry" not in step:
        return []
    return [(entry, points) for entry, points in step.get("parts") or [(step["entry"], step["awarded"])]]
