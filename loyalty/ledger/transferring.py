"""Giving points to another member: lot by lot, each keeping the day it was earned and the day it goes.

Only points that can be spent may be given; pending and held ones stay. A gift cannot be taken back,
only given back. Both accounts are locked in ascending order before anything is read, so gifts that
cross each other wait but never deadlock. ``points.given`` and ``points.received`` are recorded in the
same transaction, after the points have moved: what rules give for a gift can never pay for it.
"""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from loyalty import accounts, faults, programme, retrying
from loyalty.errors import Conflict, LoyaltyError, NotFound
from loyalty.events import intake
from loyalty.ledger import moving, store
from loyalty.ledger.handing import Hands
from loyalty.ledger.rows import Purse
from loyalty.ledger.spending import InsufficientPoints
from loyalty.models import Account, Currency, Partner, Transfer
from loyalty.models.ledger import LIMIT
from loyalty.registry import EventField, EventKind, Happening, ValueType


class SameMember(LoyaltyError):
    """Giver and receiver are one account."""

    code = "same_member"
    sentence = _("Giver and receiver are the same member. Please choose somebody else.")


class NotTransferable(LoyaltyError):
    """The currency stays with whoever earned it."""

    code = "not_transferable"
    sentence = _("%(currency)s cannot be given to others.")
    currency: str | Promise


class OverDailyLimit(LoyaltyError):
    """More than may be given away in one business day; ``left`` may be still."""

    code = "over_daily_limit"
    sentence = _("At most %(limit)s can be given away in a day. %(left)s are left for today.")
    limit: int
    left: int


class OverBalanceCap(LoyaltyError):
    """The receiver would hold more than ``cap``; how much more stays theirs to know."""

    code = "over_balance_cap"
    sentence = _("The receiver has no room for that many: a member can hold %(cap)s at most. Please give less.")
    cap: int


class ReceiverUnavailable(LoyaltyError):
    """The receiver's account is suspended; why is not the giver's business."""

    code = "receiver_unavailable"
    sentence = _("This member cannot receive points at the moment. Please choose somebody else.")


class TransferMismatch(Conflict):
    """The key was used before with other content."""

    code = "transfer_mismatch"
    sentence = _("This id already belongs to another transfer. Please take a fresh one.")


class TransferNotFound(NotFound):
    """No such transfer, or it is another partner's."""

    code = "transfer_not_found"
    sentence = _("There is no gift of yours with this id.")


_FIELDS = (
    EventField("amount", _("points moved"), ValueType.NUMBER, lambda payload: payload["amount"]),
    EventField("currency", _("unit"), ValueType.TEXT, lambda payload: payload["currency"]),
)
GIVEN = EventKind(
    "points.given",
    _("points given away"),
    dict,
    fields=_FIELDS,
    is_activity=True,
    title=_("Thank you for giving"),
    icon="gift",
)
RECEIVED = EventKind(
    "points.received", _("points received"), dict, fields=_FIELDS, title=_("A gift arrived"), icon="gift"
)


def transfer(
    *,
    giver_id: int,
    receiver_id: int,
    amount: int,
    key: str,
    now: datetime,
    currency: str = "points",
    memo: str = "",
    partner: Partner | None = None,
) -> Transfer:
    """Gives ``amount`` > 0 available points, those that expire first, to another member.

    ``key`` is the partner's own, or the product's where there is none; the same key with the same
    content is the first gift, nothing moves again. What arrives pays the receiver's debt first.
    Raises ``TransferMismatch``, ``SameMember``, ``NotTransferable``, ``OverDailyLimit``,
    ``OverBalanceCap``, ``InsufficientPoints``, ``ReceiverUnavailable``, ``SpendingStopped``,
    ``AccountFrozen``, ``AccountNotFound`` or a fault of what was sent.
    """
    unit = _checked(giver_id, receiver_id, amount, currency)
    wanted = Transfer(
        key=key_of(key, partner),
        kind=Transfer.Kind.GIFT,
        giver_id=giver_id,
        receiver_id=receiver_id,
        currency=unit,
        amount=amount,
        memo=memo,
    )
    return first(wanted) or retrying.atomically(lambda: _transfer(wanted, now))


def key_of(key: str, partner: Partner | None) -> str:
    """The key in the table: a partner's keys are its own name space."""
    return f"{partner.code}:transfer:{key}" if partner else key


def find(*, partner: Partner, transfer_id: UUID | None = None, key: str = "") -> Transfer:
    """The partner's own gift of that id or key. Raises ``TransferNotFound``."""
    named = (
        Transfer.objects.filter(pk=transfer_id) if transfer_id else Transfer.objects.filter(key=key_of(key, partner))
    )
    mine = named.filter(key__startswith=key_of("", partner))
    found = mine.select_related("giver", "receiver", "currency").first()
    if found is None:
        raise TransferNotFound(param="id")
    return found


def first(wanted: Transfer) -> Transfer | None:
    """What this key has moved already, if anything. Raises ``TransferMismatch`` for other content."""
    found = Transfer.objects.select_related("giver", "receiver", "currency").filter(key=wanted.key).first()
    if found is not None and _content(found) != _content(wanted):
        raise TransferMismatch(param="token")
    return found


def given_on_day(account_id: int, currency: Currency, *, now: datetime) -> int:
    """What an account has given away on the business day of ``now``."""
    day = store.days_of(programme.current())(now)
    gifts = Transfer.objects.filter(giver_id=account_id, transferred_on=day, currency=currency, kind=Transfer.Kind.GIFT)
    return gifts.aggregate(given=Sum("amount"))["given"] or 0


def _content(row: Transfer) -> tuple[object, ...]:
    return (row.kind, row.giver_id, row.receiver_id, row.currency_id, row.amount, row.memo)


def _checked(giver_id: int, receiver_id: int, amount: int, currency: str) -> Currency:
    if not 1 <= amount <= LIMIT:
        raise faults.OutOfRange(param="amount", minimum=1, maximum=LIMIT)
    if giver_id == receiver_id:
        raise SameMember(param="receiver")
    units = accounts.currencies()
    unit = units.get(currency)
    if unit is None:
        raise faults.InvalidChoice(param="currency", choices=", ".join(units))
    if not (unit.is_transferable and unit.is_spendable):
        raise NotTransferable(param="currency", currency=unit.name)
    return unit


def _transfer(wanted: Transfer, now: datetime) -> Transfer:
    _lock(wanted)
    if found := first(wanted):
        return found
    hands = Hands.over([wanted.giver_id, wanted.receiver_id], now)
    _refuse_too_much(wanted, hands)
    giver = Purse(wanted.giver_id, wanted.currency_id)
    hands.carry(wanted, moving.portions(hands.book.spendable(giver), wanted.amount))
    try:
        with transaction.atomic():
            hands.write()
    except IntegrityError:  # the same key for other accounts, just now
        first(wanted)
        raise
    intake.record(_happenings(wanted, now), now=now)
    return wanted


def _lock(wanted: Transfer) -> None:
    """Locks both accounts; who is suspended or gone neither gives nor receives."""
    ids = [wanted.giver_id, wanted.receiver_id]
    locked = accounts.lock(ids)
    persons = set(Account.objects.filter(pk__in=ids, kind=Account.Kind.MEMBER).values_list("pk", flat=True))
    for name, account_id in (("giver", wanted.giver_id), ("receiver", wanted.receiver_id)):
        row = locked.get(account_id)
        if row is None or account_id not in persons or row.status == Account.Status.CLOSED:
            raise accounts.AccountNotFound(param=name)
    if locked[wanted.giver_id].status == Account.Status.FROZEN:
        raise accounts.AccountFrozen(param="giver")
    if locked[wanted.receiver_id].status == Account.Status.FROZEN:
        raise ReceiverUnavailable(param="receiver")
    if locked[wanted.giver_id].spending_stopped_at is not None:
        raise accounts.SpendingStopped(param="giver")


def _refuse_too_much(wanted: Transfer, hands: Hands) -> None:
    unit = wanted.currency
    available = hands.book.holding(Purse(wanted.giver_id, unit.pk)).available
    if wanted.amount > available:
        raise InsufficientPoints(missing=wanted.amount - available)
    if unit.transfer_daily_limit is not None:
        left = max(unit.transfer_daily_limit - given_on_day(wanted.giver_id, unit, now=hands.now), 0)
        if wanted.amount > left:
            raise OverDailyLimit(param="amount", limit=unit.transfer_daily_limit, left=left)
    net = hands.book.holding(Purse(wanted.receiver_id, unit.pk)).net
    if unit.balance_cap is not None and net + wanted.amount > unit.balance_cap:
        raise OverBalanceCap(param="amount", cap=unit.balance_cap)


def _happenings(gift: Transfer, now: datetime) -> list[Happening]:
    payload = {"amount": gift.amount, "currency": gift.currency.code, "transfer": gift.pk.hex}
    return [
        Happening(kind.code, f"{kind.code}:{gift.pk.hex}", account_id, now, payload)
        for kind, account_id in ((GIVEN, gift.giver_id), (RECEIVED, gift.receiver_id))
    ]
