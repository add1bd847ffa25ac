"""Posting what judging again has found: more is credited, less is taken back, and a new decision says so.

Credits come before debits, so what moves from one event to another makes no debt on the way. Each entry
is stamped with the event it sets right, effective when that happened; what is given lives from then.
Callers hold the account's lock and have judged under it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from loyalty import ids
from loyalty.events import rejudging, terms
from loyalty.events.folding import Fold
from loyalty.events.recalling import Past
from loyalty.events.refunding import Aim, Earned, Hand, Refunds, parts
from loyalty.events.rejudging import Change, Mark
from loyalty.ledger import lifetimes, moving, store
from loyalty.ledger.rows import EntryRow, Purse, Stamp
from loyalty.models import Currency, Entry, Programme
from loyalty.registry import EventKind, registry

_HEAD = ("rule", "version", "number", "name_zh", "name_en", "currency")


@dataclass(slots=True)
class Plain:
    """What was asked back of the entries of an event that is no order."""

    clawed: dict[str, int] = field(default_factory=dict)


def post(past: Past, changes: Sequence[Change], *, replay_id: UUID, now: datetime) -> None:
    """Writes the entries and one decision more for each changed event.

    Less is taken from the lot it came from, then from others; the rest is owed or absorbed by policy,
    and what has expired is not asked for. Orders that were refunded keep what the new award leaves after
    the same refunds.
    """
    fold = _fold(past, changes, now)
    for change in changes:
        _give(fold, past, change)
    _settle(fold)
    for change in changes:
        _take(fold, change)
        receipt = {**change.new, "replay": replay_id.hex}
        fold.decisions.append((ids.uuid7(), change.draft.id, change.number + 1, receipt, now))
    _settle(fold)
    past.knowledge.sheet.changes = rejudging.used(past)
    fold.write()


def _fold(past: Past, changes: Sequence[Change], now: datetime) -> Fold:
    """The states around the account, brought up to ``now``."""
    refunds = Refunds.load([change.draft.id for change in changes], gives_again=True)
    book = store.load([past.account_id], with_lots=[past.account_id], born_of=refunds.entry_ids())
    book.recoup = store.shares(past.knowledge.units.values())
    refunds.taken.settle_into(book)
    fold = Fold(
        knowledge=past.knowledge,
        book=book,
        bought=past.bought,
        refunds=refunds,
        zones={past.account_id: past.zone},
        now=now,
        day_of=store.days_of(past.knowledge.programme),
    )
    _settle(fold)
    refunds.note_expired(book)
    return fold


def _settle(fold: Fold) -> None:
    for purse in sorted({*fold.book.lots, *fold.book.holdings}):
        fold.book.settle(purse, fold.now, fold.day_of)


def _give(fold: Fold, past: Past, change: Change) -> None:
    """Credits what awards have gained, and tells each step of the new receipt which entries it stands for."""
    old, new = rejudging.points(change.old), rejudging.points(change.new)
    for mark, (before, after) in change.worth.items():
        step = new.get(mark)
        if step is None:
            continue
        told = _shares(parts(old.get(mark, {})), after.awarded)
        if after.awarded > before.awarded:
            entry = _credit(fold, past, change, mark, after.awarded - before.awarded)
            told.append((entry.id.hex, entry.amount))
        _tell(step, told)


def _shares(told: Sequence[tuple[str, int]], awarded: int) -> list[tuple[str, int]]:
    """The entries behind an award that is worth ``awarded`` now: the first ones count first."""
    found: list[tuple[str, int]] = []
    left = awarded
    for entry, points in told:
        share = min(points, left)
        left -= share
        if share:
            found.append((entry, share))
    return found


def _tell(step: dict[str, Any], told: Sequence[tuple[str, int]]) -> None:
    step.pop("entry", None)
    step.pop("parts", None)
    if told:
        step["entry"], step["parts"] = told[0][0], [list(part) for part in told]


def _credit(fold: Fold, past: Past, change: Change, mark: Mark, points: int) -> EntryRow:
    draft, knowledge = change.draft, fold.knowledge
    unit, award = knowledge.units[mark.currency], change.awards[mark]
    own = knowledge.lifetime(past.account_id, unit.pk, draft.occurred_on)
    term = terms.term(award, unit, knowledge.programme, draft.occurred_at, own)
    purse = Purse(past.account_id, unit.pk)
    entry = fold.book.credit(
        purse,
        points,
        counter=Entry.Counter.ISSUED,
        stamp=Stamp(draft.occurred_at, draft.occurred_on, fold.now, draft.id, mark.version),
        available_at=term.available_at,
        expires_at=term.expires_at,
        awaits=term.awaits,
    )
    if term.awaits:
        _wake(fold, past, change, entry, award.expiry or own)
    if unit in knowledge.idle_units:
        _keep_alive(fold, past, change, purse, unit)
    fold.refunds.earned.setdefault(draft.id, []).append(Earned(entry.id, purse, points, mark.version))
    return entry


def _wake(fold: Fold, past: Past, change: Change, entry: EntryRow, own: Mapping[str, Any] | None) -> None:
    """What the points wait for may have come already: the event of that kind that tells of the same order."""
    lot, order = fold.book.born[entry.id], past.order_of(change.draft)
    unit = next(unit for unit in fold.knowledge.units.values() if unit.pk == entry.currency_id)
    for draft in past.timeline:
        told = past.order_of(draft)
        if draft.kind == lot.awaits and draft.occurred_at >= change.draft.occurred_at and told in (None, order):
            until = lifetimes.span(unit, fold.knowledge.programme, draft.occurred_at, own)[1]
            moving.wake(fold.book, lot, at=draft.occurred_at, expires_at=until)


def _keep_alive(fold: Fold, past: Past, change: Change, purse: Purse, unit: Currency) -> None:
    """Points that expire without activity have seen all that came since."""
    active = [draft.occurred_at for draft in past.timeline if registry.get(EventKind, draft.kind).is_activity]
    until = lifetimes.span(unit, fold.knowledge.programme, max([change.draft.occurred_at, *active]))[1]
    if until is not None:
        moving.keep_alive(fold.book, purse, until)


def _take(fold: Fold, change: Change) -> None:
    """Takes, or gives again, entry by entry, what lies between what was asked back and what is due now."""
    fold.refunds.receipts[change.draft.id] = change.new
    asked: Any = change.order or Plain(_asked(fold, change))
    stamp = Stamp(change.draft.occurred_at, change.draft.occurred_on, fold.now, change.draft.id)
    may_owe = fold.knowledge.programme.refund_shortfall != Programme.RefundShortfall.ABSORB
    aims = _aims(fold, change)
    for earned in fold.refunds.earned.get(change.draft.id, ()):
        if earned.entry_id.hex in aims:
            fold.refunds.bring(Hand(fold.book, stamp, fold.day_of, may_owe), asked, earned, aims[earned.entry_id.hex])
    if change.order is not None:
        change.order.is_touched = True


def _asked(fold: Fold, change: Change) -> dict[str, int]:
    """What former replays asked back of the event's entries: all they gave beyond their part in an award."""
    stands = dict(part for step in rejudging.points(change.old).values() for part in parts(step))
    given = {earned.entry_id.hex: earned.amount for earned in fold.refunds.earned.get(change.draft.id, ())}
    fresh = {entry for step in rejudging.points(change.new).values() for entry, _points in parts(step)} - set(stands)
    return {entry: 0 if entry in fresh else points - stands.get(entry, 0) for entry, points in given.items()}


def _aims(fold: Fold, change: Change) -> dict[str, Aim]:
    """How much of each entry behind a changed award must be gone in all."""
    old, new = rejudging.points(change.old), rejudging.points(change.new)
    given = {earned.entry_id.hex: earned.amount for earned in fold.refunds.earned.get(change.draft.id, ())}
    by_refund: dict[str, Aim] = {}
    if change.order is not None and change.order.refunded_minor:
        by_refund = fold.refunds.targets(change.order, fold.knowledge, change.order.refunded_minor)
    aims: dict[str, Aim] = {}
    for mark in change.worth:
        step = new.get(mark) or old.get(mark, {})
        head = {name: step[name] for name in _HEAD}
        stands = dict(parts(new.get(mark, {})))
        for entry in dict.fromkeys([*stands, *dict(parts(old.get(mark, {})))]):
            rest = Aim(given[entry] - stands.get(entry, 0), head)
            aims[entry] = by_refund.get(entry, rest) if entry in stands else rest
    return aims
