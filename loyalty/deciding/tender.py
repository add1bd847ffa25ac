"""Points as money at the till: how many of the points asked for can pay an order, and how much.

Points pay in whole steps (100 points are ¥5.00), up to a share of the order and the balance, and
not at all below the fewest the programme accepts. ``split`` tells what they pay of each line. Pure;
the till's hold is the ledger's business.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from loyalty.deciding.lines import share_out

Limit = Literal["", "asked", "balance", "share", "minimum", "off"]


@dataclass(frozen=True, slots=True)
class TenderPolicy:
    """``points`` pay ``minor`` units of money; at least ``minimum`` points, at most
    ``share_percent`` of an order. Zero points or money a step means points do not pay."""

    points: int
    minor: int
    minimum: int = 0
    share_percent: int = 100


@dataclass(frozen=True, slots=True)
class Paid:
    """What points pay of one line, and what of it is left to pay."""

    points: int
    value_minor: int
    left_minor: int


@dataclass(frozen=True, slots=True)
class Tender:
    """``points`` pay ``value_minor``. ``limit`` names what kept it below what was asked for:
    ``asked`` (not whole steps), ``balance``, ``share``, ``minimum``, ``off``; empty if nothing.
    ``most`` is what the member could use on this order at best."""

    points: int
    value_minor: int
    limit: Limit
    most: int


def quote(*, asked: int, balance: int, order_minor: int, policy: TenderPolicy) -> Tender:
    """The largest whole number of steps within what is asked for, the balance and the share.

    ``order_minor`` is what is to be paid before points. Fewer than the minimum pay nothing.
    """
    if policy.points <= 0 or policy.minor <= 0:
        return Tender(0, 0, "off", 0)
    share = max(order_minor, 0) * policy.share_percent // 100 // policy.minor
    owned = max(balance, 0) // policy.points
    wanted = max(asked, 0) // policy.points
    most = min(share, owned) * policy.points
    most = most if most >= policy.minimum else 0
    steps = min(wanted, owned, share)
    points = steps * policy.points
    if points < policy.minimum:
        return Tender(0, 0, "minimum", most)
    return Tender(points, steps * policy.minor, _limit(asked, points, wanted, owned, share), most)


def split(offer: Tender, amounts: Sequence[int], remainder: str = "last") -> list[Paid]:
    """The points of ``offer`` and their worth over lines of these amounts, in proportion to them.

    Every part is rounded down; the rest goes to the last line (``last``) or to where most was cut
    off (``largest``). No line is paid more than it costs: what the last has no room for goes to the
    one before. A line that costs nothing gets nothing. The points follow the money they pay.
    """
    costs = [max(amount, 0) for amount in amounts]
    values = _fitted(share_out(min(offer.value_minor, sum(costs)), costs, remainder), costs)
    points = share_out(offer.points, values, remainder) if any(values) else [0] * len(costs)
    return [Paid(*each, cost - each[1]) for each, cost in zip(zip(points, values, strict=True), costs, strict=True)]


def _fitted(parts: list[int], costs: Sequence[int]) -> list[int]:
    """Parts that add up to no more than the costs, moved towards the first until each has room."""
    over = 0
    for place in reversed(range(len(parts))):
        wanted = parts[place] + over
        parts[place] = min(wanted, costs[place])
        over = wanted - parts[place]
    return parts


def _limit(asked: int, points: int, wanted: int, owned: int, share: int) -> Limit:
    if points == asked:
        return ""
    if wanted <= min(owned, share):
        return "asked"
    return "balance" if owned <= share else "share"
