"""A ledger in the plainest words: piles of points in lists, one move at a time, no database.

The oracle of the machine that drives the real one. It shares no code with the product and knows its
laws only: what goes first goes first, debt is paid before anything can be spent, refunds follow the
cumulative target, what goes back goes back to where it came from.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

FOREVER = datetime.max.replace(tzinfo=UTC)


@dataclass(eq=False)
class Pile:
    """Points that came together. ``gone`` is how many of them expired."""

    left: int
    earned: datetime
    begins: datetime
    ends: datetime | None
    number: int
    is_open: bool = False
    gone: int = 0


class Position(NamedTuple):
    available: int
    pending: int
    held: int
    debt: int


@dataclass
class Bought:
    """An order: what it earned, what was taken back of it and from where."""

    total: int
    earned: int
    pile: Pile | None
    refunded: int = 0
    asked: int = 0
    takes: list[tuple[Pile | None, int]] = field(default_factory=list)
    paid: int = 0
    paid_takes: list[tuple[Pile | None, int]] = field(default_factory=list)
    returned: int = 0


@dataclass
class Aside:
    until: datetime
    parts: list[tuple[Pile, int]]


@dataclass
class Plain:
    """One member's points. Call ``settle`` before looking or moving."""

    pending: timedelta
    lasts: timedelta | None
    piles: list[Pile] = field(default_factory=list)
    holds: dict[str, Aside] = field(default_factory=dict)
    orders: dict[str, Bought] = field(default_factory=dict)
    debt: int = 0

    @property
    def position(self) -> Position:
        return Position(
            sum(pile.left for pile in self.piles if pile.is_open),
            sum(pile.left for pile in self.piles if not pile.is_open),
            sum(points for hold in self.holds.values() for _, points in hold.parts),
            self.debt,
        )

    def settle(self, now: datetime) -> None:
        """Everything that fell due by ``now``, each at its own time."""
        due: list[tuple[datetime, str, object]] = []
        for pile in self.piles:
            if pile.left and not pile.is_open and pile.begins <= now:
                due.append((pile.begins, "activate", pile))
            if pile.ends is not None and pile.ends <= now:
                due.append((pile.ends, "expire", pile))
        due += [(hold.until, "lapse", key) for key, hold in self.holds.items() if hold.until <= now]
        for at, deed, what in sorted(due, key=lambda item: item[:2]):
            if isinstance(what, str):
                self.end_hold(what, at)
            elif isinstance(what, Pile):
                self._open(what) if deed == "activate" else self._let_go(what)

    def give(self, points: int, now: datetime, *, pending: bool = False) -> Pile:
        begins = now + self.pending if pending else now
        ends = None if self.lasts is None else _midnight(begins + self.lasts)
        pile = Pile(points, now, begins, ends, len(self.piles))
        self.piles.append(pile)
        if begins <= now:
            self._open(pile)
        return pile

    def spend(self, points: int) -> list[tuple[Pile | None, int]]:
        """From what ends first; the caller has seen that there is enough."""
        return self._take(points, self._in_order())

    def set_aside(self, key: str, points: int, until: datetime) -> None:
        self.holds[key] = Aside(until, [(pile, part) for pile, part in self.spend(points) if pile is not None])

    def capture(self, key: str, points: int, now: datetime) -> None:
        hold = self.holds.pop(key)
        rest = []
        for pile, part in hold.parts:
            taken = min(points, part)
            points -= taken
            if part > taken:
                rest.append((pile, part - taken))
        self._back(rest, now)

    def end_hold(self, key: str, at: datetime) -> None:
        self._back(self.holds.pop(key).parts, at)

    def buy(self, name: str, total: int, points: int, now: datetime) -> None:
        pile = self.give(points, now, pending=True) if points else None
        self.orders[name] = Bought(total, points, pile)

    def refund(self, name: str, minor: int, now: datetime) -> None:
        """Moves the order's refund by ``minor`` (below zero: cancelled) and takes or gives what follows."""
        order = self.orders[name]
        order.refunded = max(order.refunded + minor, 0)
        share = min(order.refunded, order.total)
        target = order.earned * share // order.total
        if target < order.asked and order.takes:
            order.asked = target
            points = sum(part for _, part in order.takes) - target
            if points > 0:
                self._undo(order.takes, points, now, ends=order.pile.ends if order.pile else None)
        elif order.pile is not None:
            wanted = min(target, order.earned - order.pile.gone) - order.asked
            if wanted > 0:
                order.asked += wanted
                others = [pile for pile in self._in_order() if pile is not order.pile]
                _merge(order.takes, self._take(wanted, [order.pile, *others]))

    def _undo(self, takes: list[tuple[Pile | None, int]], points: int, now: datetime, *, ends: datetime | None) -> None:
        fresh = 0
        parts = []
        for pile, part in reversed(list(takes)):
            back = min(points, part)
            points -= back
            if back:
                _merge(takes, [(pile, -back)])
                if pile is None:
                    fresh += back
                else:
                    parts.append((pile, back))
        if fresh:
            new = Pile(fresh, now, now, ends, len(self.piles))
            self.piles.append(new)
            self._open(new)
        for pile, part in parts:
            pile.left += part
            if pile.is_open:
                self._repay(pile, part)
                if pile.ends is not None and pile.ends <= now:
                    self._let_go(pile)

    def _in_order(self) -> list[Pile]:
        piles = [pile for pile in self.piles if pile.left and pile.is_open]
        return sorted(piles, key=lambda pile: (pile.ends or FOREVER, pile.earned, pile.number))

    def _take(self, points: int, piles: list[Pile]) -> list[tuple[Pile | None, int]]:
        taken: list[tuple[Pile | None, int]] = []
        for pile in piles:
            part = min(points, pile.left)
            if part:
                pile.left -= part
                points -= part
                taken.append((pile, part))
        if points:
            self.debt += points
            taken.append((None, points))
        return taken

    def _back(self, parts: list[tuple[Pile, int]], at: datetime) -> None:
        for pile, part in parts:
            pile.left += part
            self._repay(pile, part)
            if pile.ends is not None and pile.ends <= at:
                self._let_go(pile)

    def _open(self, pile: Pile) -> None:
        pile.is_open = True
        self._repay(pile, pile.left)

    def _repay(self, pile: Pile, points: int) -> None:
        paid = min(self.debt, points)
        self.debt -= paid
        pile.left -= paid

    def _let_go(self, pile: Pile) -> None:
        pile.gone += pile.left
        pile.left = 0


def _merge(takes: list[tuple[Pile | None, int]], more: list[tuple[Pile | None, int]]) -> None:
    for pile, part in more:
        place = next((i for i, (known, _) in enumerate(takes) if known is pile), None)
        if place is None:
            takes.append((pile, part))
        else:
            takes[place] = (pile, takes[place][1] + part)


def _midnight(at: datetime) -> datetime:
    """The end of that day in Shanghai, which is 16:00 UTC and knows no summer time."""
    local = at + timedelta(hours=8)
    return local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1, hours=-8)
