"""Looking again at what waits: members who have joined since, orders that have come since.

Also the two deeds by which people move an event on: claiming a guest order, and accepting or
refusing a late one. What comes late that way and changes what later events are worth is proposed to
staff (``replaying``); nothing of that moves by itself.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from loyalty import accounts, orders
from loyalty import programme as programmes
from loyalty.errors import Conflict, LoyaltyError, NotFound
from loyalty.events import customers, parking, pipeline, replaying
from loyalty.models import Event, Order, Replay
from loyalty.registry import EventKind, registry

LOOK = 500


class OrderNotFound(NotFound):
    """No order of that number for this partner."""

    code = "order_not_found"
    sentence = _("We could not find this order. Please check the number.")


class OrderAlreadyClaimed(Conflict):
    """The order belongs to a member."""

    code = "order_already_claimed"
    sentence = _("This order already belongs to a member.")


class ClaimTooLate(LoyaltyError):
    """The days in which a guest order can be claimed are over."""

    code = "claim_too_late"
    sentence = _("Orders can be claimed within %(days)s days.")


@transaction.atomic
def claim(*, partner_id: int, order_id: str, account_id: int, now: datetime) -> Order:
    """Gives a guest order to its buyer: decided as if paid by them then, dated and expiring from then.

    Raises ``OrderNotFound``, ``OrderAlreadyClaimed``, ``ClaimTooLate``, ``AccountFrozen``. A second
    claim by the same member changes nothing and returns the order.
    """
    accounts.lock_active(account_id)
    found = orders.find([(partner_id, order_id)], locked=True).get((partner_id, order_id))
    if found is None:
        raise OrderNotFound
    if found.account_id is None:
        days = programmes.current().claim_days
        if found.placed_at < now - timedelta(days=days):
            raise ClaimTooLate(days=days)
        _give(found, account_id, now)
    elif found.account_id != account_id:
        raise OrderAlreadyClaimed
    return Order.objects.get(pk=found.id)


def _give(order: orders.OrderState, account_id: int, now: datetime) -> None:
    Order.objects.filter(pk=order.id, account=None).update(account_id=account_id)
    event = Event.objects.get(pk=order.event_id)
    draft = parking.release(event, account_id=account_id, expected=Event.State.GUEST)
    if draft is not None:
        pipeline.follow_through([draft], now=now)
        replaying.propose(account_id=account_id, cause_event_id=event.pk, now=now)


def look_again(*, now: datetime) -> int:
    """Releases parked events whose member or order is there by now; returns how many."""
    waiting = Event.objects.filter(state=Event.State.PARKED).order_by("recorded_at").values_list("id", flat=True)
    return look_at(list(waiting[:LOOK]), now=now)


def look_at(event_ids: Sequence[UUID], *, now: datetime) -> int:
    """The same for these events, at once; returns how many were released."""
    return sum(_look_at(event_id, now) for event_id in event_ids)


@transaction.atomic
def _look_at(event_id: UUID, now: datetime) -> bool:
    event = Event.objects.get(pk=event_id)
    is_there, account_id = _owner(event)
    if not is_there:
        return False
    draft = parking.release(event, account_id=account_id)
    if draft is not None:
        pipeline.follow_through([draft], now=now)
    return draft is not None


def _owner(event: Event) -> tuple[bool, int | None]:
    """Whether all is there that the event must wait for, and whose it is then (``None``: a guest's)."""
    if registry.get(EventKind, event.kind).follows is None:
        if event.account_id is not None:
            return True, event.account_id
        reference = event.payload.get("customer", "")
        found = customers.resolve([reference], partner_id=event.partner_id) if reference else {}
        return not reference or reference in found, found.get(reference)
    order = Order.objects.filter(partner=event.partner, external_id=event.payload["order_id"]).first()
    return order is not None and _has_refund(event), order.account_id if order else None


def _has_refund(event: Event) -> bool:
    """Whether the refund that the event cancels has been decided; other events need none."""
    if event.kind != "order.refund_cancelled":
        return True
    key = event.key.replace(f":{event.kind}:", ":order.refunded:", 1)
    return Event.objects.filter(key=key, state__in=[Event.State.DECIDED, Event.State.GUEST]).exists()


@transaction.atomic
def accept(*, event_id: UUID, now: datetime) -> Replay | None:
    """Takes a late event out of review and decides it by the rules in force when it happened.

    Returns what is proposed where it changes what later events are worth. One that is no longer under
    review is left as it is; one whose order or member has not come waits for that.
    """
    event = Event.objects.select_for_update(no_key=True, of=("self",)).get(pk=event_id)
    is_there, account_id = _owner(event)
    if not is_there:
        Event.objects.filter(pk=event_id, state=Event.State.REVIEW).update(state=Event.State.PARKED)
        return None
    draft = parking.release(event, account_id=account_id, expected=Event.State.REVIEW)
    if draft is None:
        return None
    pipeline.follow_through([draft], now=now)
    if draft.account_id is None:
        return None
    return replaying.propose(account_id=draft.account_id, cause_event_id=draft.id, now=now)


def refuse(*, event_id: UUID) -> bool:
    """Refuses an event under review; it stays recorded and gives nothing."""
    return bool(Event.objects.filter(pk=event_id, state=Event.State.REVIEW).update(state=Event.State.REFUSED))
