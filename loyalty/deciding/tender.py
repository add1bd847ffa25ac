"""Points as money at the till: how many of the points asked for can pay an order, and how much.

Points pay in whole steps (100 points are ¥5.00), up to a share of the order and the balance, and
not at all below the fewest the programme accepts. Pure; the till's hold is the ledger's business.
"""

from dataclasses import dataclass
from typing import Literal

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


def _limit(asked: int, points: int, wanted: int, owned: int, share: int) -> Limit:
    if points == asked:
        return ""
    if wanted <= min(owned, share):
        return "asked"
    return "balance" if owned <= share else "share"
