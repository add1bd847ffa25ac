"""What a book is made of: balances, lots and open holds as they stand, and rows to be written.

Pure. ``book`` moves these, ``store`` loads and writes them; both names are theirs alone.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import NamedTuple
from uuid import UUID

NEVER = datetime.max.replace(tzinfo=UTC)
SOMEDAY = datetime(9999, 1, 1, tzinfo=UTC)  # when a lot that waits for an event becomes available


class Purse(NamedTuple):
    """One account's holding of one currency."""

    account_id: int
    currency_id: int


class Stamp(NamedTuple):
    """When and why an entry is made: instants, the business day, the event and the rule version."""

    effective_at: datetime
    effective_on: date
    recorded_at: datetime
    event_id: UUID | None = None
    rule_version_id: int | None = None


@dataclass(slots=True)
class Holding:
    """The balance columns of one purse."""

    available: int = 0
    pending: int = 0
    held: int = 0
    debt: int = 0
    deferred: int = 0
    version: int = 0

    @property
    def net(self) -> int:
        return self.available + self.pending + self.held - self.owed

    @property
    def owed(self) -> int:
        """Debt that is due and debt that is paid by instalments."""
        return self.debt + self.deferred


@dataclass(slots=True)
class LotState:
    """A lot as it stands; ``is_new`` lots are inserted, others updated, dates only of stretched ones."""

    id: UUID
    entry_id: UUID
    purse: Purse
    amount: int
    remaining: int
    earned_at: datetime
    available_at: datetime
    activated_at: datetime | None
    expires_at: datetime | None
    born_expires_at: datetime | None = None
    awaits: str = ""
    origin_id: int | None = None
    is_new: bool = False
    is_stretched: bool = False

    def spending_order(self) -> tuple[datetime, datetime, UUID]:
        """Earliest expiry first (none last), then earned first, then id."""
        return (self.expires_at or NEVER, self.earned_at, self.id)


class EntryRow(NamedTuple):
    """An entry to be written, columns in the model's order."""

    id: UUID
    account_id: int
    currency_id: int
    version: int
    counter: str
    amount: int
    balance_after: int
    stamp: Stamp
    reverses_id: UUID | None
    desired: int | None
    memo: str


class AllocationRow(NamedTuple):
    """An allocation to be written."""

    entry_id: UUID
    lot_id: UUID | None
    kind: str
    amount: int


class Part(NamedTuple):
    """What a hold set aside of one lot."""

    lot: LotState
    amount: int


@dataclass(slots=True)
class HoldState:
    """An open hold: its parts in spending order, and the instant it lapses by itself."""

    id: UUID
    purse: Purse
    lapses_at: datetime
    parts: list[Part] = field(default_factory=list)

    @property
    def amount(self) -> int:
        return sum(part.amount for part in self.parts)


class HoldEnd(NamedTuple):
    """How a hold ended, to be written; of what was captured there is an entry."""

    hold_id: UUID
    state: str
    at: datetime
    captured: int = 0
    entry_id: UUID | None = None
