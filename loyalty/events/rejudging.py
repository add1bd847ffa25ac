"""Judging an account's events once more, in order of time, with a late one in its place. Writes nothing.

Starts from the tallies as they stood before: what the events counted and what their rules awarded is
taken off, then added back event by event, refunds among them, as back-tests do. Each event is judged
by the rules and the policy in force when it happened. What can't be known of the past is settled so:

- Facts (a tier, a balance) are those of the old receipt where it has them, else today's.
- Rules with a limit for everybody keep what they gave: a budget is spent in the order things arrive.
- Grants besides points, and what decisions caused (a tier reached), stay as they happened.
- Where the most a member can hold cut an award, it gives no more than it did then.
- Of a corrected order only the version that stands is judged. Events of an account that was merged
  into this one are part of what stood before.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, NamedTuple

from loyalty import deciding, orders, rulebook
from loyalty.deciding.lines import share_out
from loyalty.events import pipeline
from loyalty.events.budgeting import EVERYONE
from loyalty.events.foreseeing import Given, as_decided
from loyalty.events.incoming import Draft
from loyalty.events.knowledge import awarded_metric
from loyalty.events.recalling import Past, Receipt
from loyalty.registry import EventKind, registry

Step = dict[str, Any]
BY_BALANCE = "clipped:balance"


class Mark(NamedTuple):
    """Names one award among those of its event."""

    rule: int
    version: int
    effect: int
    currency: str


class Worth(NamedTuple):
    """What an award gave, and how much of it the order's refunds so far take back."""

    awarded: int = 0
    refunded: int = 0

    @property
    def kept(self) -> int:
        return self.awarded - self.refunded


@dataclass(slots=True)
class Change:
    """An event that is worth something else now: its old and new steps, and old and new worth by award."""

    draft: Draft
    number: int
    old: Receipt
    new: dict[str, Any]
    awards: dict[Mark, deciding.Award]
    worth: dict[Mark, tuple[Worth, Worth]]
    order: orders.OrderState | None


def judge(past: Past) -> list[Change]:
    """What is worth something else now, event by event. Leaves in the sheet what limits' use has changed by."""
    run = _Run(past)
    run.rewind()
    for draft in past.timeline:
        run.take(draft)
    return [change for change in run.changes() if change is not None]


def points(receipt: Receipt) -> dict[Mark, Step]:
    """The receipt's steps that give points, by award."""
    steps = [step for step in receipt.get("steps", ()) if step.get("kind") != "grant"]
    return {Mark(step["rule"], step["version"], step["effect"], step["currency"]): step for step in steps}


class _Run:
    """One pass over the timeline, on a sheet that was wound back."""

    def __init__(self, past: Past) -> None:
        self.past, self.knowledge, self.refunds = past, past.knowledge, past.refunds
        self.book = past.knowledge.book
        old = {mark.version for _number, receipt in past.judged.values() for mark in points(receipt)}
        self.rules = rulebook.by_id(old) | {rule.version_id: rule for rule in self.book}
        self.shared = {rule.rule_id for rule in self.rules.values() if any(cap.of == EVERYONE for cap in rule.caps)}
        self.begun: dict[orders.OrderKey, int] = {}
        self.states = {key: replace(state, refunded_minor=0, reversals=[]) for key, state in past.bought.items()}
        self.decided: list[tuple[Draft, dict[str, Any], dict[Mark, deciding.Award]]] = []
        self.placed = {
            key for draft in past.timeline if draft.kind == "order.paid" and (key := pipeline.order_key(draft))
        }

    def rewind(self) -> None:
        """Takes off what the events have counted and awarded."""
        self._begin()
        for draft in self.past.timeline:
            if draft.id in self.past.judged:
                self._measure(draft, -1)
                for mark, step in points(self.past.judged[draft.id][1]).items():
                    self._use(mark, draft.occurred_on, -step.get("awarded", 0))
        for key, state in self.past.bought.items():
            self._move(state, state.refunded_minor, self.states[key].refunded_minor)

    def _begin(self) -> None:
        """Orders as refunded before the first event; what no refund tells of was there before the order was claimed."""
        ends = {key: replace(state) for key, state in self.states.items()}
        heard = [(state.key, draft) for draft in self.past.timeline if (state := self._refunded_by(draft)) is not None]
        for key, draft in heard:
            self.refunds.count(ends[key], draft)
        for key, state in self.past.bought.items():
            self.begun[key] = max(state.refunded_minor - ends[key].refunded_minor, 0)
            self.states[key].refunded_minor = 0 if key in self.placed else self.begun[key]
        for key, draft in heard:
            if draft.id not in self.past.judged and key not in self.placed:
                self.refunds.count(self.states[key], draft)

    def _refunded_by(self, draft: Draft) -> orders.OrderState | None:
        """The order that the event refunds, or gives up refunding."""
        return self.past.order_of(draft) if registry.get(EventKind, draft.kind).reverses else None

    def take(self, draft: Draft) -> None:
        """Judges one event and counts it; of a refund from before only its order hears."""
        refunded = self._refunded_by(draft)
        if refunded is not None and (draft.id in self.past.judged or refunded.key in self.placed):
            before = self.refunds.count(self.states[refunded.key], draft)
            self._move(refunded, before, self.states[refunded.key].refunded_minor)
        if draft.id not in self.past.judged:
            return
        old = self.past.judged[draft.id][1]
        decided = self._decide(draft, old)
        steps, awards = self._as_then(decided, old)
        for mark, award in awards.items():
            self._use(mark, draft.occurred_on, award.awarded)
        self._measure(draft, 1)
        placed = self.past.order_of(draft) if draft.kind == "order.paid" else None
        if placed is not None:
            self.states[placed.key].refunded_minor = self.begun[placed.key]
            self._move(placed, 0, self.begun[placed.key])
        self.decided.append((draft, {**old, **decided.receipt, "steps": steps}, awards))

    def _decide(self, draft: Draft, old: Receipt) -> deciding.Decided:
        view = deciding.EventView(
            kind=draft.kind,
            occurred_at=draft.occurred_at,
            day=draft.occurred_on,
            payload=draft.payload,
            account_id=self.past.account_id,
            zone=self.knowledge.programme.timezone,
            member_zone=self.past.zone,
        )
        policy = self.knowledge.policy_at(draft.occurred_at)
        known = self.knowledge.about(self.past.account_id, draft.occurred_on)
        return deciding.decide(view, Given(known, as_decided(old, policy)), self.book, policy)

    def _as_then(self, decided: deciding.Decided, old: Receipt) -> tuple[list[Step], dict[Mark, deciding.Award]]:
        """The new steps, with what is never replayed as it was: grants, budgets, what a full purse cut."""
        before = points(old)
        steps: list[Step] = []
        for mark, step in points(decided.receipt).items():
            if mark.rule not in self.shared:
                known: Step = before.get(mark, {})
                named: Step = {name: known[name] for name in ("entry", "parts") if name in known}
                steps.append({**_cut(step, known), **named})
        steps += [step for mark, step in before.items() if mark.rule in self.shared]
        steps += [dict(step) for step in old.get("steps", ()) if step.get("kind") == "grant"]
        given = {
            mark: step["awarded"] for mark, step in points({"steps": steps}).items() if mark.rule not in self.shared
        }
        awards = {Mark(a.rule_id, a.version_id, a.effect, a.currency): a for a in decided.awards}
        return steps, {mark: replace(award, awarded=given[mark]) for mark, award in awards.items() if mark in given}

    def changes(self) -> Iterable[Change | None]:
        """The difference, once all is judged: refunds are held against the old and the new receipt."""
        for draft, new, awards in self.decided:
            number, old = self.past.judged[draft.id]
            state = self.past.order_of(draft) if draft.kind == "order.paid" else None
            before, after = self._worth(draft, state, old), self._worth(draft, state, new)
            worth = {
                mark: (before.get(mark, Worth()), after.get(mark, Worth()))
                for mark in dict.fromkeys([*before, *after])
                if before.get(mark, Worth()) != after.get(mark, Worth())
            }
            yield Change(draft, number, old, new, awards, worth, state) if worth else None

    def _worth(self, draft: Draft, state: orders.OrderState | None, receipt: Receipt) -> dict[Mark, Worth]:
        """Each award, and what the order's cumulative refund takes of it by this receipt."""
        gone: dict[tuple[int, int, str], int] = {}
        if state is not None and state.refunded_minor:
            targets = self.refunds.judged_by(state, self.knowledge, state.refunded_minor, receipt)
            gone = {target.key: target.target for target in targets}
        return {
            mark: Worth(step["awarded"], gone.get(mark[1:], 0))
            for mark, step in points(receipt).items()
            if step.get("awarded")
        }

    def _measure(self, draft: Draft, sign: int) -> None:
        for gauge in self.knowledge.gauges.of(draft.kind):
            value = gauge.measure(draft.payload, draft.occurred_on)
            if value:
                self.knowledge.sheet.add(self.past.account_id, gauge.code, draft.occurred_on, sign * value)

    def _move(self, state: orders.OrderState, before: int, after: int) -> None:
        """Counts the order as refunded by ``after`` instead of ``before``."""
        for gauge in self.knowledge.gauges.of("order.paid") if before != after else ():
            change = self.refunds.measured(gauge, state, after) - self.refunds.measured(gauge, state, before)
            if change:
                self.knowledge.sheet.add(self.past.account_id, gauge.code, state.placed_on, change)

    def _use(self, mark: Mark, day: date, points: int) -> None:
        """Moves what a rule has used of its limits for one member."""
        rule = self.rules.get(mark.version)
        capped = rule is not None and any(
            cap.per != "order" and cap.of != EVERYONE and cap.currency == mark.currency for cap in rule.caps
        )
        if capped and points:
            self.knowledge.sheet.add(self.past.account_id, awarded_metric(mark.rule, mark.currency), day, points)


def _cut(step: Step, known: Step) -> Step:
    """A step whose award a full purse cut then gives no more than it did."""
    if known.get("reason") != BY_BALANCE or step["awarded"] <= known["awarded"]:
        return step
    held = {**step, "awarded": known["awarded"], "reason": BY_BALANCE, "cap": known.get("cap")}
    if "by_line" in step:
        held["by_line"] = share_out(known["awarded"], step["by_line"])
    return held


def used(past: Past) -> dict[tuple[int, str, date], int]:
    """How far the use of limits has moved by judging again."""
    changes = past.knowledge.sheet.changes
    return {key: moved for key, moved in changes.items() if moved and key[1].startswith("awarded:")}


def marks(changes: Collection[Change]) -> Sequence[tuple[Change, Mark]]:
    """Every award that differs, event by event."""
    return [(change, mark) for change in changes for mark in change.worth]
