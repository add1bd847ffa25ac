"""What a change of policies would have made of the last weeks, told before it is published.

Real events are judged by the policies of the present and by the changed ones, refunds aimed at both,
and the points of those weeks given both lifetimes. Nothing is written. A change of the calendar
(zone, start of day) or of what happens to single members at a refund is not played through.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple

from django.db.models import Sum

from loyalty import deciding, policies, policybook, rulebook
from loyalty import programme as programmes
from loyalty.events import backtesting
from loyalty.ledger import lifetimes
from loyalty.models import Balance, Currency, Decision, Lot, Order, Programme
from loyalty.models.accounts import NET
from loyalty.policybook import Changes, Terms

CHUNK = 500
_DAY = timedelta(days=1)
WORTH = frozenset({"tender_points", "tender_minor"})
JUDGING = frozenset(
    {
        "stacking",
        "multiplier_ceiling",
        "rounding_step",
        "rounding_mode",
        "remainder",
        "free_items_earn",
        "tier_judged",
    }
)
LIVES = frozenset({"expiry_mode", "expiry_length", "expiry_dates", "grace_days", "pending_days"})


class Pair(NamedTuple):
    """A figure without and with the change."""

    before: int
    after: int

    @property
    def change(self) -> int:
        return self.after - self.before


@dataclass(slots=True)
class Lives:
    """Points of the period that would go sooner, later or when they go now; one day as an example."""

    currency: str
    sooner: int = 0
    later: int = 0
    same: int = 0
    example: tuple[date, date | None, date | None] | None = None


@dataclass(slots=True)
class Preview:
    """``report``: what events would have brought; ``taken``: what refunds of these orders would take
    back. ``worth``: all points that members have, in minor units. ``None`` where the change cannot
    touch it. ``over_cap``: members who hold more than they could, by currency; they keep it.
    """

    since: datetime
    until: datetime
    before: Terms
    after: Terms
    differs: Terms
    report: backtesting.Report | None = None
    taken: Pair | None = None
    outstanding: int = 0
    worth: Pair | None = None
    lives: list[Lives] = field(default_factory=list)
    over_cap: dict[str, int] = field(default_factory=dict)

    @property
    def cost(self) -> Pair | None:
        """What the points of the period are worth as money, in minor units, each by its own terms."""
        if self.report is None:
            return None
        return Pair(_worth(self.report.before, self.before), _worth(self.report.after, self.after))


def preview(*, changes: Changes, since: datetime, until: datetime) -> Preview:
    """What the changes would have made of [since, until). Raises as ``policies.publish`` does."""
    before = policies.standing()
    after, differs = policies.differing(before, changes)
    found = Preview(since, until, before, after, differs)
    programme = programmes.current()
    changed: Terms = differs["changed"].get("programme") or {}
    old, new = (policybook.policy_of(terms, programme) for terms in (before, after))
    if JUDGING & set(changed):
        found.report = _judged(old, new, since, until)
    if "threshold_refund" in changed:
        found.taken = _taken(old, new, since, until)
    if WORTH & set(changed):
        held = Balance.objects.filter(currency__code="points").aggregate(sum=Sum("available"))["sum"] or 0
        found.outstanding, found.worth = held, Pair(_worth(held, before), _worth(held, after))
    for code, values in (differs["changed"].get("currencies") or {}).items():
        if LIVES & set(values):
            found.lives.append(_lives(code, before, after, programme, since, until))
        if values.get("balance_cap") is not None:
            held_by = Balance.objects.filter(currency__code=code).annotate(held_net=NET)
            found.over_cap[code] = held_by.filter(held_net__gt=values["balance_cap"]).count()
    return found


def _worth(points: int, terms: Terms) -> int:
    house = terms["programme"]
    return points * house["tender_minor"] // house["tender_points"] if house["tender_points"] else 0


def _judged(old: deciding.Policy, new: deciding.Policy, since: datetime, until: datetime) -> backtesting.Report:
    rules = rulebook.in_force(since=since, until=until)
    sides = [backtesting.Measures(rules, policybook.History.always(policy)) for policy in (old, new)]
    kinds = sorted({rule.kind for rule in rules})
    return backtesting.compare(kinds, before=sides[0], after=sides[1], since=since, until=until)


def _taken(old: deciding.Policy, new: deciding.Policy, since: datetime, until: datetime) -> Pair:
    """Points that the refunds so far of orders of the period take back, by either policy."""
    totals = [0, 0]
    for receipt, payload, refunded, day, rules in _refunded(since, until):
        for side, policy in enumerate((old, new)):
            targets = deciding.refund_targets(receipt, payload, refunded, policy, rules=rules, day=day)
            totals[side] += sum(target.target for target in targets if target.currency == "points")
    return Pair(*totals)


def _refunded(
    since: datetime, until: datetime
) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any], int, date, Any]]:
    orders = Order.objects.filter(placed_at__gte=since, placed_at__lt=until, refunded_minor__gt=0)
    rows = orders.exclude(account=None).values_list("event_id", "event__payload", "refunded_minor", "placed_on")
    found = rows.iterator(chunk_size=CHUNK)
    while chunk := list(islice(found, CHUNK)):
        decided = Decision.objects.filter(event_id__in=[row[0] for row in chunk]).order_by("number")
        receipts = dict(decided.values_list("event_id", "receipt"))
        rules = rulebook.by_id({step["version"] for each in receipts.values() for step in each.get("steps", ())})
        for event_id, payload, refunded, day in chunk:
            if event_id in receipts:
                yield receipts[event_id], payload, refunded, day, rules


def _lives(code: str, before: Terms, after: Terms, programme: Programme, since: datetime, until: datetime) -> Lives:
    """What becomes of points earned in the period; those that a rule gives a life of its own count as others."""
    found = Lives(code)
    units = [Currency(code=code, **terms["currencies"][code]) for terms in (before, after)]
    known: dict[date, tuple[date | None, date | None]] = {}
    lots = Lot.objects.filter(currency__code=code, awaits="", earned_at__gte=since, earned_at__lt=until)
    for earned_at, amount in lots.values_list("earned_at", "amount").iterator(chunk_size=2000):
        day = programme.day_of(earned_at)
        if day not in known:
            known[day] = _ends(units, programme, earned_at)
        old, new = known[day]
        if old == new:
            found.same += amount
        elif (new or date.max) > (old or date.max):
            found.later += amount
        else:
            found.sooner += amount
        found.example = (day, old, new)
    return found


def _ends(units: Sequence[Currency], programme: Programme, earned_at: datetime) -> tuple[date | None, date | None]:
    """The last day of points by either currency."""
    ends = [lifetimes.span(unit, programme, earned_at)[1] for unit in units]
    days = [None if end is None else programme.day_of(end) for end in ends]
    last = [None if day is None else day - _DAY for day in days]
    return last[0], last[1]
