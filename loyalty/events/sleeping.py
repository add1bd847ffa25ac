"""Lots that wait for an event, such as an order's completion: the event wakes them, or nothing does."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from loyalty import rulebook
from loyalty.events.incoming import Draft
from loyalty.events.knowledge import Knowledge
from loyalty.ledger import lifetimes, moving
from loyalty.ledger.book import Book
from loyalty.ledger.rows import LotState
from loyalty.models import Lot
from loyalty.orders import OrderKey, OrderState

NEVER_AWAITED = frozenset({"order.paid", "order.refunded"})


@dataclass(slots=True)
class Sleeping:
    """Where the waiting lots of a batch's accounts came from: entry → (event, rule version)."""

    births: dict[UUID, tuple[UUID | None, int | None]] = field(default_factory=dict)

    @classmethod
    def load(cls, kinds: Collection[str], account_ids: Collection[int]) -> "Sleeping":
        """One query, none for kinds that nothing waits for."""
        awaited = set(kinds) - NEVER_AWAITED
        if not awaited or not account_ids:
            return cls()
        lots = Lot.objects.open().filter(account_id__in=account_ids, awaits__in=awaited, activated_at=None)
        rows = lots.values_list("entry_id", "entry__event_id", "entry__rule_version_id")
        return cls({entry: (event, version) for entry, event, version in rows})

    def entry_ids(self) -> list[UUID]:
        """Entries whose lots the book must know."""
        return list(self.births)

    def wake(self, book: Book, draft: Draft, knowledge: Knowledge, bought: Mapping[OrderKey, OrderState]) -> None:
        """Wakes the lots that wait for this event: those of its order, or of its account where it names none."""
        if not self.births:
            return
        order_id = draft.payload.get("order_id")
        order = bought.get((draft.partner_id or 0, order_id)) if order_id else None
        for entry_id, (event_id, version_id) in self.births.items():
            lot = book.born[entry_id]
            meant = lot.purse.account_id == draft.account_id and lot.awaits == draft.kind
            if meant and (order is None or order.event_id == event_id):
                moving.wake(book, lot, at=draft.occurred_at, expires_at=_expires(lot, version_id, draft, knowledge))


def _expires(lot: LotState, version_id: int | None, draft: Draft, knowledge: Knowledge) -> datetime | None:
    """The expiry clock starts when the points wake; by the rule's own lifetime where it has one."""
    unit = next(unit for unit in knowledge.units.values() if unit.pk == lot.purse.currency_id)
    rules = rulebook.by_id([version_id] if version_id is not None else [])
    effects = [effect for rule in rules.values() for effect in rule.points if effect.currency == unit.code]
    own = next((effect.expiry for effect in effects if effect.wait), None)
    own = own or knowledge.lifetime(lot.purse.account_id, unit.pk, draft.occurred_on)
    return lifetimes.deadline(unit, knowledge.programme, draft.occurred_at, own)
