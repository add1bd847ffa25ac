"""What an account has, as of an instant, without waiting for any job."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from loyalty.ledger import store
from loyalty.ledger.book import Holding, LotState
from loyalty.models import Currency, Programme
from loyalty.models.ledger import INSTANT


@dataclass(slots=True)
class Position:
    """One currency of one account. ``expiring``: (first instant gone, points), soonest first.

    ``pending_until``: (first instant available, points), soonest first.
    """

    currency: Currency
    available: int = 0
    pending: int = 0
    held: int = 0
    debt: int = 0
    expiring: list[tuple[datetime, int]] = field(default_factory=list)
    pending_until: list[tuple[datetime, int]] = field(default_factory=list)

    @property
    def next_to_go(self) -> tuple[datetime, int] | None:
        """The last instant of the points that expire first, and how many they are."""
        if not self.expiring:
            return None
        gone_at, points = self.expiring[0]
        return gone_at - INSTANT, points

    @property
    def net(self) -> int:
        """What a statement shows: available less what is owed."""
        return self.available - self.debt


def position(account_id: int, *, now: datetime, programme: Programme) -> dict[str, Position]:
    """The account's position in every currency of the programme, by code.

    Three queries, four where something is held. Points whose activation or expiry is due, and holds
    that should have lapsed, count as settled though no job ran.
    """
    return positions([account_id], now=now, programme=programme)[account_id]


def positions(account_ids: Collection[int], *, now: datetime, programme: Programme) -> dict[int, dict[str, Position]]:
    """The same for many accounts, in the same three or four queries."""
    day_of = store.days_of(programme)
    book = store.load(account_ids, with_lots=account_ids)
    for purse in list(book.lots):  # lots of open holds are among them
        book.settle(purse, now, day_of)
    units = {unit.pk: unit for unit in Currency.objects.order_by("id")}
    found = {account: {unit.code: Position(unit) for unit in units.values()} for account in account_ids}
    for purse, holding in book.holdings.items():
        _fill(found[purse.account_id][units[purse.currency_id].code], holding, book.lots.get(purse, []))
    return found


def _fill(place: Position, holding: Holding, lots: list[LotState]) -> None:
    place.available, place.pending = holding.available, holding.pending
    place.held, place.debt = holding.held, holding.debt
    for lot in sorted(lots, key=LotState.spending_order):
        if not lot.remaining:
            continue
        if lot.activated_at is None:
            _append(place.pending_until, lot.available_at, lot.remaining)
        elif lot.expires_at is not None:
            _append(place.expiring, lot.expires_at, lot.remaining)
    place.pending_until.sort()


def _append(piles: list[tuple[datetime, int]], at: datetime, points: int) -> None:
    """Adds to the last pile where it is of the same instant."""
    if piles and piles[-1][0] == at:
        points += piles.pop()[1]
    piles.append((at, points))
