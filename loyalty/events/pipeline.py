"""Recording and deciding, pass by pass: what a decision causes is an event of the next pass.

The order of locks is: business keys (sorted), accounts (ascending), orders. Everything happens in
the caller's transaction.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from loyalty import accounts, bulk, courier, orders, personal
from loyalty import programme as programmes
from loyalty.errors import LoyaltyError
from loyalty.events import parking, paying
from loyalty.events.folding import FEW, Fold, waves
from loyalty.events.incoming import Draft, fingerprint
from loyalty.events.knowledge import Knowledge
from loyalty.events.refunding import Refunds
from loyalty.events.sleeping import Sleeping
from loyalty.ledger import store
from loyalty.models import Account, Event, GrantRecord, Programme
from loyalty.registry import Effect, EventKind, Follower, Grant, Happening, Watcher, registry

MAX_PASSES = 6
_EVENT = (
    "id",
    "kind",
    "key",
    "partner_id",
    "account_id",
    "cause_id",
    "state",
    "occurred_at",
    "occurred_on",
    "recorded_at",
    "payload",
    "fingerprint",
)
_before = attrgetter(*_EVENT[: _EVENT.index("recorded_at")])
_after = attrgetter(*_EVENT[_EVENT.index("recorded_at") + 1 :])
_GRANT = ("key", "effect", "account_id", "event_id", "rule_version_id", "params", "granted_at")


class EndlessConsequences(LoyaltyError):
    """Rules feed each other without end; nothing of the batch was kept."""

    code = "endless_consequences"
    sentence = _("Rules cause each other without end. Retire the rule that was published last.")


def run(drafts: Sequence[Draft], *, now: datetime) -> dict[UUID, dict[str, Any]]:
    """Records the drafts that are new, decides them and what follows; returns receipts by event."""
    return follow_through(record(drafts, now=now), now=now)


def follow_through(
    drafts: Sequence[Draft], *, now: datetime, programme: Programme | None = None
) -> dict[UUID, dict[str, Any]]:
    """Decides recorded events wave by wave, each with all its consequences before the next."""
    programme = programme or programmes.current()
    ready = [draft for draft in drafts if draft.state in (Event.State.DECIDED, Event.State.GUEST)]
    receipts: dict[UUID, dict[str, Any]] = {}
    for wave in waves(ready, volatile=_is_volatile(ready, programme)):
        pending: Sequence[Draft] = wave
        for _pass in range(MAX_PASSES):
            happenings, found = _decide(pending, programme, now)
            receipts.update(found)
            pending = [*record(drafts_of(happenings, programme), now=now), *parking.followers_of(pending)]
            if not pending:
                break
        else:
            raise EndlessConsequences
    return receipts


def drafts_of(happenings: Sequence[Happening], programme: Programme) -> list[Draft]:
    """What our own operations and effects saw happen, ready to be recorded."""
    return [
        Draft(
            kind=item.kind,
            key=item.key,
            partner_id=None,
            account_id=item.account_id,
            cause_id=item.cause_id,
            occurred_at=item.occurred_at,
            occurred_on=programme.day_of(item.occurred_at),
            payload=registry.get(EventKind, item.kind).parse(item.payload),
            fingerprint=fingerprint(item.kind, item.occurred_at, item.payload),
        )
        for item in happenings
    ]


def record(drafts: Sequence[Draft], *, now: datetime) -> list[Draft]:
    """Stores the drafts whose business key is new, and returns those."""
    if not drafts:
        return []
    rows = [(*_before(draft), now, *_after(draft)) for draft in drafts]
    new = bulk.insert_missing(Event, _EVENT, rows, key="key")
    return [draft for draft in drafts if draft.key in new]


def _is_volatile(drafts: Sequence[Draft], programme: Programme) -> bool:
    """Whether to judge an account's events apart; only asked where one has several."""
    accounts_met = [draft.account_id for draft in drafts if draft.account_id is not None]
    if len(set(accounts_met)) == len(accounts_met):
        return False
    return Knowledge(drafts, programme).is_volatile


def _decide(
    drafts: Sequence[Draft], programme: Programme, now: datetime
) -> tuple[list[Happening], dict[UUID, dict[str, Any]]]:
    """Folds one wave over the states of its accounts, writes the difference and carries out grants."""
    fold = _fold(drafts, programme, now)
    if courier.at_hand() and len(drafts) > FEW:
        fold.send_ahead(drafts)
    receipts = {draft.id: fold.take(draft) for draft in drafts}
    counted = {account_id for account_id, _code, _day in fold.knowledge.sheet.changes}
    moved = sorted(({purse.account_id for purse in fold.book.moved} | counted) & set(fold.causes))
    fold.write()
    happenings = _carry_out(fold.grants, now)
    for follower in registry.all(Follower):
        causes = _causes(drafts, follower.kinds) if follower.kinds else fold.causes
        told = sorted(causes) if follower.kinds else moved
        if told:
            happenings += follower.follow(told, causes, now)
    for watcher in registry.all(Watcher):
        seen = [draft for draft in drafts if draft.kind in watcher.kinds]
        if seen:
            happenings += watcher.watch(seen, now)
    return happenings, receipts


def _causes(drafts: Sequence[Draft], kinds: Collection[str]) -> dict[int, UUID]:
    """Account → the last event of these kinds."""
    return {draft.account_id: draft.id for draft in drafts if draft.account_id is not None and draft.kind in kinds}


def _fold(drafts: Sequence[Draft], programme: Programme, now: datetime) -> Fold:
    """Locks the accounts and orders of the events and loads the states around them."""
    knowledge = Knowledge(drafts, programme)
    account_ids = sorted({draft.account_id for draft in drafts if draft.account_id is not None})
    locked = accounts.lock(account_ids)
    if heirs := accounts.living([each for each, row in locked.items() if row.merged_into_id is not None]):
        _hand_on(drafts, heirs)
        account_ids = sorted({heirs.get(each, each) for each in account_ids})
        locked = accounts.lock(account_ids)
    if left := {each for each, row in locked.items() if row.status == Account.Status.CLOSED}:
        _let_go(drafts, left)
    known = orders.find({key for draft in drafts if (key := order_key(draft))}, locked=True)
    refunds = Refunds.load(
        [state.event_id for state in known.values()],
        payments=paying.payments_of(drafts, known.values()),
        gives_again=any("cancelled_minor" in draft.payload for draft in drafts),
    )
    sleeping = Sleeping.load({draft.kind for draft in drafts}, account_ids)
    moved = sorted({state.account_id for state in known.values() if state.account_id is not None})
    settled = account_ids if knowledge.needs_lots or sleeping.births else moved
    book = store.load(account_ids, with_lots=settled, born_of=[*refunds.entry_ids(), *sleeping.entry_ids()])
    book.recoup = store.shares(knowledge.units.values())
    refunds.taken.settle_into(book)
    day_of = store.days_of(programme)
    for purse in [purse for purse in book.lots if purse.account_id in settled]:
        book.settle(purse, now, day_of)
    refunds.note_expired(book)
    days = {draft.occurred_on for draft in drafts} | {state.placed_on for state in known.values()}
    knowledge.load(account_ids, days, locked=True)
    return Fold(
        knowledge=knowledge,
        book=book,
        bought=known,
        refunds=refunds,
        zones={account: row.timezone for account, row in locked.items()},
        now=now,
        day_of=day_of,
        sleeping=sleeping,
    )


def _hand_on(drafts: Sequence[Draft], heirs: Mapping[int, int]) -> None:
    """Events of an account that was merged after they were told are the survivor's."""
    for draft in drafts:
        heir = heirs.get(draft.account_id or 0)
        if heir is not None:
            draft.account_id = heir
            Event.objects.filter(pk=draft.id).update(account_id=heir)


def _let_go(drafts: Sequence[Draft], left: Collection[int]) -> None:
    """What comes in for an account that is closed for good is nobody's: an order is a guest's.

    What is about an order that was theirs, such as a return, stays with the books it concerns. Free text
    that the till sent along is not kept: it may name who was forgotten, or was told while they were.
    """
    for draft in [draft for draft in drafts if draft.account_id in left]:
        kind = registry.get(EventKind, draft.kind)
        if kind.external and kind.follows is None:
            draft.account_id = None
            draft.state = Event.State.GUEST if draft.kind == "order.paid" else draft.state
        draft.payload = personal.without_words(draft.payload)
        kept = {"account_id": draft.account_id, "state": draft.state, "payload": draft.payload}
        Event.objects.filter(pk=draft.id).update(**kept)


def order_key(draft: Draft) -> orders.OrderKey | None:
    """The order an event tells of, where it does."""
    external_id = draft.payload.get("order_id") if draft.partner_id is not None else None
    return (draft.partner_id or 0, external_id) if external_id else None


def _carry_out(wishes: Sequence[tuple[str, Grant]], now: datetime) -> list[Happening]:
    """Records the grants that are new and hands them to the effects, one call for each effect."""
    rows = [
        (grant.key, effect, grant.account_id, grant.event_id, grant.rule_version_id, dict(grant.params), now)
        for effect, grant in wishes
    ]
    new = bulk.insert_missing(GrantRecord, _GRANT, rows, key="key")
    happenings: list[Happening] = []
    for code in sorted({effect for effect, grant in wishes if grant.key in new}):
        grants = [grant for effect, grant in wishes if effect == code and grant.key in new]
        happenings += registry.get(Effect, code).apply(grants, now)
    return happenings
