"""Orders that sell plans: what a till told, held against the terms it opened.

A line with a plan's article number buys as many terms as it has pieces. ``settle`` reckons from the order
as it stands (corrected, refunded, claimed) what its terms should be, and writes the difference. So a
repeat, a late order or refunds in any order and number never buy or end twice. See
docs/decisions/0012-orders-that-sell-plans.md.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from loyalty import audit, programme
from loyalty.configuration import Kept
from loyalty.messaging import sending
from loyalty.models import AuditRecord, Event, Order, OrderLine
from loyalty.registry import Happening, Occurrence, Watcher
from members.models import Member, Plan, PlanTerm
from members.paying import ending, opening, reckoning
from members.paying.happenings import REFUND
from members.paying.opening import Wish

MOST = 20  # terms a plan and order; more pieces are a slip at the till
REFUNDED = "plan.refunded"
ENDED_BY_STAFF = "members.planterm.ended"  # as by_hand records it
PAID, RETURNED, KEPT = "order.paid", "order.refunded", "order.refund_cancelled"


@dataclass(slots=True)
class Sold:
    """What an order says of one plan: for how much in all, how many terms, and how much of it was paid back."""

    plan: Plan
    terms: int = 0
    price: int = 0
    refunded: int = 0
    is_whole: bool = False
    lines: list[OrderLine] = field(default_factory=list)


def watch(seen: Sequence[Occurrence], now: datetime) -> list[Happening]:
    """Settles the orders of a batch that sell plans. Two queries where none does, one in a house without plans."""
    plans = _plans()
    if not plans:
        return []
    about: dict[tuple[int, str], list[Occurrence]] = {}
    for item in seen:
        if item.partner_id is not None and item.account_id is not None and _concerns(item, plans):
            about.setdefault((item.partner_id, item.payload["order_id"]), []).append(item)
    told: list[Happening] = []
    for order in _orders(about, plans):
        causes = about[order.partner_id, order.external_id]
        returns = [item.occurred_on for item in causes if item.kind == RETURNED]
        day = max(returns, default=programme.day_of(now))
        told += settle(order, plans, day=day, cause_id=causes[-1].id, now=now)
    return told


@Kept
def _plans() -> dict[str, Plan]:
    """Plans by article number; of several the one in use."""
    rows = Plan.objects.exclude(sku="").select_related("tier").order_by("archived_at")
    found: dict[str, Plan] = {}
    for plan in rows:
        if plan.archived_at is None or plan.sku not in found:
            found[plan.sku] = plan
    return found


def _concerns(item: Occurrence, plans: Mapping[str, Plan]) -> bool:
    if item.kind != PAID:
        return True
    return item.payload.get("version", 1) > 1 or any(line["sku"] in plans for line in item.payload["lines"])


def _orders(about: Mapping[tuple[int, str], Sequence[Occurrence]], plans: Mapping[str, Plan]) -> Iterable[Order]:
    """The orders that sell plans, or did before they were corrected; in the order they were placed."""
    if not about:
        return []
    numbers = {external_id for _partner, external_id in about}
    corrected = {key[1] for key, items in about.items() if any(item.payload.get("version", 1) > 1 for item in items)}
    sells = Q(lines__sku__in=list(plans)) | Q(external_id__in=corrected)
    rows = Order.objects.filter(sells, external_id__in=numbers, partner_id__in={partner for partner, _number in about})
    members = Member.objects.filter(pk__in=rows.values("account_id")).values_list("pk", flat=True)
    found = rows.filter(account_id__in=set(members)).distinct().prefetch_related("lines").select_related("event")
    return [row for row in found.order_by("placed_at", "pk") if (row.partner_id, row.external_id) in about]


def settle(
    order: Order, plans: Mapping[str, Plan], *, day: date, cause_id: UUID | None, now: datetime
) -> list[Happening]:
    """Opens what the order bought and is not there yet; cuts short or lets run on what was paid back or not."""
    known = _known(order)
    told: list[Happening] = []
    for sold in _sold(order, plans, known):
        prices = reckoning.parts(sold.price, sold.terms) if sold.terms else []
        backs = _shares(prices, sold.refunded)
        rows = known.get(sold.plan.pk, [])
        moved = [row for place, row in enumerate(rows) if _move(row, sold, prices, backs, place, day=day)]
        told += ending.cut_short(moved, why=REFUND, now=now, quiet=True) if moved else []
        _tell(moved, now)
        for place in range(len(rows), sold.terms):
            if not _is_gone(sold, prices[place], backs[place]):
                told += _open(order, sold, place, prices[place], backs[place], day=day, cause_id=cause_id, now=now)
    return told


def _known(order: Order) -> dict[int, list[PlanTerm]]:
    """The terms the order has opened, by plan, in the order of its pieces."""
    rows = PlanTerm.objects.filter(member_id=order.account_id, key__startswith=f"order:{order.pk.hex}:")
    found: dict[int, list[PlanTerm]] = {}
    for row in sorted(rows.select_related("plan"), key=lambda row: int(row.key.rpartition(":")[2])):
        found.setdefault(row.plan_id, []).append(row)
    return found


def _sold(order: Order, plans: Mapping[str, Plan], known: Mapping[int, Sequence[PlanTerm]]) -> list[Sold]:
    """Every plan the order tells of or once did, with what was paid for it and paid back."""
    lines = [line for line in order.lines.all() if not line.is_voided]
    sold = {rows[0].plan.sku: Sold(rows[0].plan) for rows in known.values()}
    for line in lines:
        if line.sku in plans or line.sku in sold:
            sold.setdefault(line.sku, Sold(plans.get(line.sku) or sold[line.sku].plan)).lines.append(line)
    listed, goods = sum(line.amount_minor for line in lines), order.total_minor - order.freight_minor
    for each in sold.values():
        each.terms = min(MOST, sum(max(line.quantity, 0) for line in each.lines))
        amount = sum(line.amount_minor for line in each.lines)
        each.price = max(0, amount * goods // listed) if listed > 0 else 0
    _share_out(order, sold)
    return list(sold.values())


def _share_out(order: Order, sold: Mapping[str, Sold]) -> None:
    """How much of what was paid back is each plan's.

    What a refund names by article is that article's. What it does not name is taken to be for everything
    else in the order first, and only what exceeds that is for plans.
    """
    back = min(order.refunded_minor, order.total_minor)
    named = _named(order) if back else {}
    for sku, each in sold.items():
        each.refunded = min(each.price, named.get(sku, 0), back)
        each.is_whole = back >= order.total_minor and bool(order.refunded_minor)
    others = order.total_minor - sum(each.price for each in sold.values())
    rest = back - sum(each.refunded for each in sold.values()) - others
    for each in sold.values():
        part = min(max(rest, 0), each.price - each.refunded)
        each.refunded += part
        rest -= part


def _named(order: Order) -> dict[str, int]:
    """What refunds of the order named by article, less the refunds that were cancelled."""
    as_guest = Q(account=None, state=Event.State.GUEST, occurred_at__gte=order.placed_at)
    decided = Q(account=order.account_id, state=Event.State.DECIDED) | as_guest
    about = {"partner": order.partner_id, "kind__in": (RETURNED, KEPT), "payload__order_id": order.external_id}
    events = Event.objects.filter(decided, **about)
    rows: list[tuple[str, dict[str, Any]]] = list(events.values_list("kind", "payload"))
    cancelled = {payload["refund_id"] for kind, payload in rows if kind == KEPT}
    found: dict[str, int] = {}
    for kind, payload in rows:
        if kind == RETURNED and payload["refund_id"] not in cancelled:
            for line in payload.get("returned", ()):
                found[line["sku"]] = found.get(line["sku"], 0) + line["amount_minor"]
    return found


def _shares(prices: Sequence[int], refunded: int) -> list[int]:
    """What was paid back of each term, of the last one first."""
    shares = [0] * len(prices)
    for place in reversed(range(len(prices))):
        shares[place] = min(refunded, prices[place])
        refunded -= shares[place]
    return shares


def _is_gone(sold: Sold, price: int, back: int) -> bool:
    """Whether nothing is left of what was paid for a term; of one that was free, of the order."""
    return sold.is_whole or (price > 0 and back >= price)


def _move(row: PlanTerm, sold: Sold, prices: Sequence[int], backs: Sequence[int], place: int, *, day: date) -> bool:
    """Brings a term in line with the order; whether anything changed."""
    is_there = place < len(prices)
    price, back = (prices[place], backs[place]) if is_there else (row.price_minor, row.price_minor)
    is_whole = not is_there or _is_gone(sold, price, back)
    if price != row.price_minor:
        row.price_minor = price
        row.save(update_fields=["price_minor"])
    is_over = row.ended_on is not None
    if back == row.refunded_minor and (is_over or not is_whole):
        return False
    more = back >= row.refunded_minor
    end = reckoning.cut(row, row.plan.refund, price=price, amount=back, is_whole=is_whole, day=day)
    before = row.ended_on if more else _ended_by_staff(row)
    if before is not None:  # what ended it before holds; less paid back undoes no deed of staff
        end = min(end or before, before)
    row.refunded_minor, row.ended_on = back, end
    return True


def _ended_by_staff(row: PlanTerm) -> date | None:
    """The first day off since staff ended the term, by the audit trail; ``None`` where nobody did. One query."""
    kept = AuditRecord.objects.filter(deed=ENDED_BY_STAFF, subject=audit.name_of(row)).order_by("-pk").first()
    on = kept.after.get("ended_on") if kept else None
    return date.fromisoformat(on) if on else None


def _open(
    order: Order, sold: Sold, place: int, price: int, back: int, *, day: date, cause_id: UUID | None, now: datetime
) -> list[Happening]:
    wish = Wish(
        account_id=order.account_id or 0,
        plan=sold.plan,
        key=f"order:{order.pk.hex}:{sold.plan.pk}:{place}",
        source=PlanTerm.Source.ORDER,
        start=_start(order, sold.plan, now),
        price_minor=price,
        at=order.placed_at,
        event_id=order.event_id,
        note=order.external_id,
    )
    term, told = opening.open_term(wish, now=now, cause_id=cause_id)
    if back and _move(term, sold, [price], [back], 0, day=day):
        told += ending.cut_short([term], why=REFUND, now=now, quiet=True)
    return told


def _start(order: Order, plan: Plan, now: datetime) -> date:
    """The day of the order. One that had to wait for its member or for a person begins on the day it counts,
    as long as it would still run: days nobody could use are not counted.
    """
    today = programme.day_of(now)
    waited = programme.day_of(order.event.recorded_at) < today
    runs = reckoning.last_day(order.placed_on, plan.length, plan.unit) >= today
    return today if waited and runs else order.placed_on


def _tell(moved: Collection[PlanTerm], now: datetime) -> None:
    for term in moved:
        if term.refunded_minor:
            key = f"{REFUNDED}:{term.pk}:{term.refunded_minor}"
            params = {"term": term.pk}
            sending.tell(account_ids=[term.member_id], kind=REFUNDED, params=params, key=key, now=now)


WATCHER = Watcher("plans", (PAID, RETURNED, KEPT), watch)
