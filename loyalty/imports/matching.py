"""Which orders does a cancellation take back, where it does not say so itself?

The newest first: earlier or simultaneous orders of the same customer, partner and money, each up to
what is left of it, until the cancellation is used up. Orders of one instant go by their id. Since
documents come in order of time, every order that could be meant has been placed before: in an
earlier batch, in this one, or long ago. So the answer does not depend on where batches are cut.
"""

from collections.abc import Collection, Hashable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import F

from loyalty.models import Order

_COLUMNS = ("account_id", "external_id", "placed_at", "currency", "total_minor", "refunded_minor")


@dataclass(slots=True)
class Purchase:
    """An order, and how much of it has not been refunded."""

    order_id: str
    at: datetime
    currency: str
    left: int


@dataclass(slots=True)
class Purchases:
    """What buyers have bought and could give back. A buyer is an account, or a reference to one."""

    by_buyer: dict[Hashable, list[Purchase]] = field(default_factory=dict)
    by_id: dict[str, Purchase] = field(default_factory=dict)
    _loaded: set[int] = field(default_factory=set)

    def load(self, partner_id: int, account_ids: Collection[int]) -> None:
        """Takes in what accounts not met yet have bought from the partner: one query."""
        fresh = set(account_ids) - self._loaded
        if not fresh:
            return
        self._loaded |= fresh
        rows = Order.objects.filter(partner_id=partner_id, account_id__in=fresh, refunded_minor__lt=F("total_minor"))
        for account, order_id, at, currency, total, refunded in rows.values_list(*_COLUMNS):
            self.add(account, Purchase(order_id, at, currency, total - refunded))

    def load_named(self, partner_id: int, order_ids: Collection[str]) -> None:
        """Takes in orders that cancellations name: one query."""
        fresh = [order_id for order_id in order_ids if order_id not in self.by_id]
        if not fresh:
            return
        rows = Order.objects.filter(partner_id=partner_id, external_id__in=fresh)
        for account, order_id, at, currency, total, refunded in rows.values_list(*_COLUMNS):
            self.add(account, Purchase(order_id, at, currency, max(0, total - refunded)))

    def add(self, buyer: Hashable | None, purchase: Purchase) -> None:
        """An order placed; one that is known already stays as it is."""
        if purchase.order_id not in self.by_id:
            self.by_id[purchase.order_id] = purchase
            if buyer is not None:
                self.by_buyer.setdefault(buyer, []).append(purchase)

    def give_back(self, buyer: Hashable, at: datetime, currency: str, minor: int) -> list[tuple[str, int]]:
        """(order id, amount) pairs, newest order first, that make up as much of ``minor`` as there is."""
        found: list[tuple[str, int]] = []
        candidates = (each for each in self.by_buyer.get(buyer, ()) if each.currency == currency and each.left)
        for purchase in sorted(candidates, key=lambda each: (each.at, each.order_id), reverse=True):
            part = min(minor, purchase.left) if purchase.at <= at else 0
            if part:
                purchase.left -= part
                minor -= part
                found.append((purchase.order_id, part))
        return found

    def give_back_of(self, order_id: str, currency: str, minor: int) -> list[tuple[str, int]]:
        """The whole amount against the order that was named, where it is known and of that money."""
        purchase = self.by_id.get(order_id)
        if purchase is None or purchase.currency != currency:
            return []
        purchase.left = max(0, purchase.left - minor)
        return [(order_id, minor)]
