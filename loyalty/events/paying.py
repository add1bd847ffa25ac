"""Orders paid in part with points: the hold that was captured for them, and the way back.

A till captures a hold and names it in the order. When the order is refunded, the same share of those
points goes back to the very lots they came from; where the order held a redeemed gift, only once the
gift is back (policy ``gifts_first``).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from loyalty import accounts
from loyalty.errors import Conflict, LoyaltyError
from loyalty.events.incoming import Draft, Outcome, Status
from loyalty.events.undoing import Taken
from loyalty.ledger import holding, lifetimes, moving
from loyalty.ledger.book import Book, DayOf
from loyalty.ledger.rows import Purse, Stamp
from loyalty.models import Currency, Entry, Hold, Order, OrderLine, Partner, Programme
from loyalty.orders import OrderState


class HoldNotCaptured(LoyaltyError):
    """The hold that is to have paid was not captured."""

    code = "hold_not_captured"
    sentence = _("This hold was not captured (%(state)s). Capture it first, then tell the order.")


class HoldOfAnother(LoyaltyError):
    """The hold is another customer's."""

    code = "hold_of_another"
    sentence = _("This hold belongs to another customer than the order.")


class HoldSpent(Conflict):
    """The hold paid another order already."""

    code = "hold_spent"
    sentence = _("This hold has paid another order already (%(order)s).")


class PointsDiffer(LoyaltyError):
    """``points_paid`` is not what the hold captured."""

    code = "points_paid_differ"
    sentence = _("The hold captured %(captured)s points. Leave points_paid out, or send the same number.")


def resolve(drafts: Sequence[Draft], partner: Partner) -> dict[int, Outcome]:
    """Ties orders to the entries of the holds that paid; returns the refusals by identity of the draft.

    The payload learns ``payment`` (the entry's hex id) and how many points it was.
    """
    refused: dict[int, Outcome] = {}
    for draft in drafts:
        if draft.payload.get("points_hold"):
            try:
                _tie(draft, partner)
            except LoyaltyError as refusal:
                refused[id(draft)] = Outcome(Status.REFUSED, error=refusal)
    return refused


def _tie(draft: Draft, partner: Partner) -> None:
    told = draft.payload["points_hold"]
    hold = _find(told, partner)
    if hold.entry_id is None:
        raise HoldNotCaptured(param="points_hold", state=hold.get_state_display())
    if draft.account_id not in (hold.account_id, accounts.living([hold.account_id])[hold.account_id]):
        raise HoldOfAnother(param="points_hold")
    if draft.payload["points_paid"] not in (0, hold.captured):
        raise PointsDiffer(param="points_paid", captured=hold.captured)
    other = Order.objects.filter(payment_id=hold.entry_id).exclude(external_id=draft.payload["order_id"]).first()
    if other is not None:
        raise HoldSpent(param="points_hold", order=other.external_id)
    draft.payload = {**draft.payload, "points_paid": hold.captured, "payment": hold.entry_id.hex}


def _find(told: str, partner: Partner) -> Hold:
    if told.startswith("t:"):
        return holding.find(key=told[2:], partner=partner)
    try:
        return holding.find(hold_id=UUID(told), partner=partner)
    except ValueError:
        raise holding.HoldNotFound(param="points_hold") from None


def payments_of(drafts: Sequence[Draft], known: Collection[OrderState]) -> set[UUID]:
    """The paying entries of these orders, new and known."""
    told = {UUID(draft.payload["payment"]) for draft in drafts if draft.payload.get("payment")}
    return told | {state.payment_id for state in known if state.payment_id is not None}


def has_gift(payload: Mapping[str, Any]) -> bool:
    """Whether a redeemed gift went out with the order."""
    return any(line["kind"] == OrderLine.Kind.REWARD and not line["voided"] for line in payload.get("lines", ()))


@dataclass(frozen=True, slots=True)
class Returns:
    """Gives back what points paid of refunded orders."""

    book: Book
    taken: Taken
    programme: Programme
    units: Mapping[str, Currency]
    day_of: DayOf

    def move(self, order: OrderState, payload: Mapping[str, Any], stamp: Stamp) -> dict[str, Any] | None:
        """Brings what was given back to its target for the order's refunds; tells what moved.

        The target is the paid points' share of the refunded amount, rounded down; all of them for a
        full refund. A refund that is cancelled takes them again, by debt where need be.
        """
        if order.payment_id is None:
            return None
        if self.programme.gifts_first and has_gift(payload) and order.gift_returned_at is None:
            return {"waiting": "gift", "points": 0} if order.refunded_minor else None
        total, paid = max(payload["amount_minor"], 0), payload["points_paid"]
        gone = min(order.refunded_minor, total)
        target = paid * gone // total if total else paid if order.refunded_minor else 0
        change = target - order.points_returned
        if not change:
            return None
        order.points_returned, order.is_touched = target, True
        entry_id = self._give(order.payment_id, change, stamp) if change > 0 else self._take(order, -change, stamp)
        return {"points": change, "entry": entry_id.hex, "reverses": order.payment_id.hex}

    def _give(self, payment: UUID, points: int, stamp: Stamp) -> UUID:
        purse = self.taken.purses[payment]
        unit = next(unit for unit in self.units.values() if unit.pk == purse.currency_id)
        until = lifetimes.deadline(unit, self.programme, stamp.recorded_at)
        anew = unit.returned == Currency.Returned.ANEW
        back = moving.Back((), points) if anew else self.taken.unwind(payment, points, self.book)
        back = moving.kept_by(back, purse)
        entry = moving.give_back(
            self.book,
            purse,
            back,
            counter=Entry.Counter.REDEEMED,
            stamp=stamp,
            day_of=self.day_of,
            reverses_id=payment,
            rest_until=until,
        )
        self.taken.follow(payment, entry, self.book, fresh=back.rest)
        return entry.id

    def _take(self, order: OrderState, points: int, stamp: Stamp) -> UUID:
        payment = order.payment_id or UUID(int=0)
        purse = Purse(*self.taken.purses[payment])
        entry = self.book.debit(
            purse, points, counter=Entry.Counter.REDEEMED, stamp=stamp, may_owe=True, reverses_id=payment
        )
        self.taken.follow(payment, entry, self.book)
        return entry.id
