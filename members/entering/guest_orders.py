"""Purchases from before somebody was a member, or without showing the code: they come to their buyer once.

Orders that named the customer wait for the member and come by themselves (:func:`attach`). Nameless ones
are claimed: by the receipt (:func:`claim`), by the till that took them (:func:`claim_for_till`), or by staff
(``loyalty.events.releasing.claim``). They are decided as if paid by the member then.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Q, Sum
from django.utils.translation import gettext_lazy as _

from loyalty import clock, limits, money
from loyalty import programme as programmes
from loyalty.errors import LoyaltyError, NotFound
from loyalty.events import releasing
from loyalty.models import AccountReference, Entry, Event, Order
from members.entering import phones
from members.models import Member

HOUR, DAY = 3600, 24 * 3600
TRIES, TRIES_A_DAY, TRIES_OF_NETWORK = 6, 15, 60
LONGEST = 100


class NotClaimable(NotFound):
    """Unknown, somebody else's, too old or not as printed: who asks does not learn which."""

    code = "order_not_claimable"
    sentence = _(
        "We found no open purchase with this number, day and amount. Purchases can be added for %(days)s days; "
        "a till may need a few minutes to tell us. Please check the receipt, or show it in the shop."
    )
    status = 422


@dataclass(frozen=True, slots=True)
class Claimed:
    """``points`` is what the order has given so far."""

    order: Order
    points: int


def attach(member: Member, *, now: datetime) -> int:
    """Lets orders that named this member before there was one come; returns how many.

    Only those that are waiting are looked at, in one query. Call it where the phone number, the e-mail
    address or the till's own id is proven to be theirs.
    """
    waiting = Event.objects.filter(_names(member), state=Event.State.PARKED, kind="order.paid")
    return releasing.look_at(list(waiting.order_by("occurred_at", "id").values_list("id", flat=True)), now=now)


def _names(member: Member) -> Q:
    """Events whose customer is written in one of the usual ways."""
    words = {member.account.number, member.email or ""}
    if member.phone:
        shown = phones.show(member.phone)
        words |= {member.phone, member.phone.removeprefix("+"), shown, shown.replace(" ", "")}
    found = Q(payload__customer__in=[f"{scheme}{word}" for word in sorted(words - {""}) for scheme in ("", "m:", "p:")])
    for partner_id, external_id in AccountReference.objects.filter(account_id=member.pk).values_list(
        "partner_id", "external_id"
    ):
        found |= Q(partner_id=partner_id, payload__customer__in=[external_id, f"x:{external_id}"])
    return found


def claim(member: Member, *, number: str, amount: Decimal, on: date, network: str, now: datetime) -> Claimed:
    """The purchase of a receipt: its number, what was paid and the printed day must all be right.

    Tries are counted first, by member and by network; call it outside a transaction. Claimed again by the
    same member it is answered alike. Raises ``TooManyTries``, ``NotClaimable`` or ``AccountFrozen``.
    """
    for bucket, limit, seconds in (
        (f"claim-net:{network}", TRIES_OF_NETWORK, HOUR),
        (f"claim:{member.pk}", TRIES, HOUR),
        (f"claim:{member.pk}", TRIES_A_DAY, DAY),
    ):
        limits.hit(bucket=bucket, limit=limit, per_seconds=seconds, now=now)
    running = programmes.current()
    for order in _printed(number, amount, on):
        if order.account_id not in (None, member.pk):
            continue
        try:
            return _claimed(order.partner_id, order.external_id, member.pk, now)
        except (releasing.OrderNotFound, releasing.OrderAlreadyClaimed, releasing.ClaimTooLate):
            continue
    raise NotClaimable(param="number", days=running.claim_days)


def _printed(number: str, amount: Decimal, on: date) -> list[Order]:
    """Orders as printed; after midnight a till may still print under the business day of the eve."""
    plain = number.strip().replace("\x00", "")[:LONGEST]
    if not plain or amount <= 0:
        return []
    zone = programmes.current().timezone
    rows = Order.objects.filter(external_id=plain, placed_on__range=(on - timedelta(days=1), on)).order_by("placed_at")
    return [
        order
        for order in rows
        if order.total_minor == _minor(amount, order.currency)
        and on in (order.placed_on, clock.business_day(order.placed_at, zone))
    ]


def _minor(amount: Decimal, currency: str) -> int:
    return int(amount.scaleb(money.digits(currency)))


def _claimed(partner_id: int, order_id: str, account_id: int, now: datetime) -> Claimed:
    order = releasing.claim(partner_id=partner_id, order_id=order_id, account_id=account_id, now=now)
    given = Entry.objects.filter(account_id=account_id, event_id=order.event_id, currency__code="points")
    return Claimed(order, given.aggregate(points=Sum("amount"))["points"] or 0)


def claim_for_till(
    member: Member, order_ids: Sequence[str], *, partner_id: int, now: datetime
) -> dict[str, LoyaltyError | None]:
    """A partner's own orders, given to a member; what was refused stands beside its number, the others count."""
    told: dict[str, LoyaltyError | None] = {}
    for order_id in order_ids:
        try:
            releasing.claim(partner_id=partner_id, order_id=order_id, account_id=member.pk, now=now)
        except LoyaltyError as refusal:
            told[order_id] = refusal
        else:
            told[order_id] = None
    return told
