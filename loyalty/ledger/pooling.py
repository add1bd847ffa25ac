"""Shared purses: several accounts put points together and spend them together.

The purse is an account of its own, so every law of the books holds for it. Its lots remember who
brought them (``Lot.origin``): who leaves takes along what is left of their own lots, in spending order
and with their dates. Somebody is in one purse at a time; the owner stays until it is closed or
handed over (``heading``). All
changes of a purse are made under the lock of its account.
"""

from collections.abc import Collection
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from loyalty import accounts, faults, retrying
from loyalty.errors import Conflict, LoyaltyError, NotFound
from loyalty.events import intake
from loyalty.ledger import handing, moving, spending, transferring
from loyalty.ledger.handing import Hands
from loyalty.ledger.rows import Purse
from loyalty.models import Account, Currency, Entry, Event, Lot, Pool, PoolMembership, Transfer
from loyalty.models.ledger import LIMIT
from loyalty.registry import EventField, EventKind, Happening, ValueType

SPENDERS = (PoolMembership.Role.OWNER, PoolMembership.Role.ADULT)


class PurseNotFound(NotFound):
    """No such shared purse, or it is closed, or the member is not in it."""

    code = "shared_purse_not_found"
    sentence = _("There is no shared purse of this member. Please check which one is meant.")


class SharesAnother(Conflict):
    """One shared purse at a time."""

    code = "shares_another_purse"
    sentence = _("This member is in another shared purse. They can join once they have left it.")


class MayNotSpend(LoyaltyError):
    """The role only contributes."""

    code = "may_not_spend"
    sentence = _("You can put points into this purse. To spend from it, ask its owner to let you.")
    status = 403
    kind = "permission"


class OwnerStays(Conflict):
    """The owner cannot leave the others behind."""

    code = "owner_stays"
    sentence = _("The owner cannot leave while others share the purse. Please hand it over or close it first.")


class SpendingMismatch(Conflict):
    """The key was used before with other content."""

    code = "spending_mismatch"
    sentence = _("This id already belongs to another payment. Please take a fresh one.")


SPENT = EventKind(
    "pool.spent",
    _("points spent from a shared purse"),
    dict,
    fields=(EventField("amount", _("points moved"), ValueType.NUMBER, lambda payload: payload["amount"]),),
    is_activity=True,
    title=_("Thank you for sharing"),
    icon="ticket",
)


def open_purse(*, owner_id: int, name: str, now: datetime, percent: int = 0) -> Pool:
    """Opens a purse with its owner as the first to share it. Raises ``SharesAnother``."""
    return retrying.atomically(lambda: _open(owner_id, name, percent, now))


def join(
    *,
    pool_id: int,
    account_id: int,
    now: datetime,
    role: PoolMembership.Role = PoolMembership.Role.ADULT,
    percent: int = 0,
) -> PoolMembership:
    """Lets somebody share the purse; ``percent`` of what they earn from now on goes into it.

    Who shares it already stays as they are. Raises ``SharesAnother``, ``PurseNotFound``,
    ``OutOfRange``, ``AccountFrozen``, ``AccountNotFound``.
    """
    pool = find(pool_id)

    def deed() -> PoolMembership:
        _lock(pool, account_id)
        return _join(pool, account_id, role, percent, now)

    return retrying.atomically(deed)


def find(pool_id: int) -> Pool:
    """The purse, open or closed. Raises ``PurseNotFound``."""
    found = Pool.objects.filter(pk=pool_id).first()
    if found is None:
        raise PurseNotFound(param="pool")
    return found


def contribute(
    *, pool_id: int, account_id: int, amount: int, key: str, now: datetime, currency: str = "points", memo: str = ""
) -> Transfer:
    """Puts ``amount`` > 0 available points into the purse; the member's same key moves nothing again.

    Raises ``TransferMismatch``, ``InsufficientPoints``, ``NotSpendable``, ``PurseNotFound``,
    ``SpendingStopped``, ``AccountFrozen``, ``AccountNotFound`` or a fault of what was sent.
    """
    pool, unit = find(pool_id), _checked(amount, currency)
    wanted = Transfer(
        key=f"pool:in:{pool.pk}:{account_id}:{key}",
        kind=Transfer.Kind.POOL_IN,
        giver_id=account_id,
        receiver_id=pool.account_id,
        currency=unit,
        amount=amount,
        memo=memo,
    )
    return transferring.first(wanted) or retrying.atomically(lambda: _contribute(pool, wanted, now))


def spend(
    *, pool_id: int, account_id: int, amount: int, key: str, now: datetime, currency: str = "points", memo: str = ""
) -> Entry:
    """Spends from the purse, what expires first whoever brought it; the event of the entry names who did.

    The same key and content are the first payment. Raises ``SpendingMismatch``, ``MayNotSpend``,
    ``PurseNotFound`` and what ``spending.spend`` raises.
    """
    pool, unit = find(pool_id), _checked(amount, currency)
    payload = {"amount": amount, "currency": unit.code, "pool": pool.pk, "memo": memo}
    deed = Happening(SPENT.code, f"{SPENT.code}:{pool.pk}:{key}", account_id, now, payload)
    return _spent(deed) or retrying.atomically(lambda: _spend(pool, deed))


def leave(*, pool_id: int, account_id: int, now: datetime) -> PoolMembership:
    """Ends somebody's share: what is left of their own lots goes back to them, dates and all.

    What the purse has spent of them is gone, and what it has set aside stays with it. Who left before
    has left. Raises ``OwnerStays``, ``PurseNotFound``, ``SpendingStopped``.
    """
    pool = find(pool_id)
    return retrying.atomically(lambda: _leave(pool, account_id, now))


def close(*, pool_id: int, now: datetime) -> Pool:
    """Ends the purse: holds are released, and everybody gets back what is left of their own lots.

    What somebody brought whose account is closed meanwhile goes to the owner. Closed before: nothing
    is done again.
    """
    pool = find(pool_id)
    return retrying.atomically(lambda: _close(pool, now))


def _checked(amount: int, currency: str) -> Currency:
    if not 1 <= amount <= LIMIT:
        raise faults.OutOfRange(param="amount", minimum=1, maximum=LIMIT)
    units = accounts.currencies()
    unit = units.get(currency)
    if unit is None:
        raise faults.InvalidChoice(param="currency", choices=", ".join(units))
    if not unit.is_spendable:
        raise spending.NotSpendable(currency=unit.name)
    return unit


def _lock(pool: Pool, account_id: int, *, spending_ids: Collection[int] = ()) -> None:
    """Locks purse and person; a purse that was closed is not found."""
    pool.refresh_from_db()
    if pool.closed_at is not None:
        raise PurseNotFound(param="pool")
    handing.lock_open([pool.account_id, account_id], spending=spending_ids)


def _open(owner_id: int, name: str, percent: int, now: datetime) -> Pool:
    accounts.lock_active(owner_id)
    account = accounts.open_account(now=now)
    account.kind = Account.Kind.POOL
    account.save(update_fields=["kind"])
    pool = Pool.objects.create(account=account, name=name, opened_at=now)
    _join(pool, owner_id, PoolMembership.Role.OWNER, percent, now)
    return pool


def _join(pool: Pool, account_id: int, role: PoolMembership.Role, percent: int, now: datetime) -> PoolMembership:
    if not 0 <= percent <= 100:
        raise faults.OutOfRange(param="percent", minimum=0, maximum=100)
    shared = PoolMembership.objects.filter(account_id=account_id, left_at=None).first()
    if shared is not None and shared.pool_id == pool.pk:
        return shared
    if shared is not None:
        raise SharesAnother
    if not Account.objects.filter(pk=account_id, kind=Account.Kind.MEMBER).exists():
        raise accounts.AccountNotFound(param="account")
    if role == PoolMembership.Role.OWNER and pool.memberships.filter(role=role, left_at=None).exists():
        raise faults.InvalidChoice(param="role", choices="adult, contributor")
    return PoolMembership.objects.create(pool=pool, account_id=account_id, role=role, percent=percent, joined_at=now)


def _share(pool: Pool, account_id: int) -> PoolMembership:
    found = pool.memberships.filter(account_id=account_id, left_at=None).first()
    if found is None:
        raise PurseNotFound(param="pool")
    return found


def _contribute(pool: Pool, wanted: Transfer, now: datetime) -> Transfer:
    _lock(pool, wanted.giver_id, spending_ids=[wanted.giver_id])
    if found := transferring.first(wanted):
        return found
    _share(pool, wanted.giver_id)
    hands = Hands.over([wanted.giver_id, wanted.receiver_id], now)
    giver = Purse(wanted.giver_id, wanted.currency_id)
    if (missing := wanted.amount - hands.book.holding(giver).available) > 0:
        raise spending.InsufficientPoints(missing=missing)
    parts = moving.portions(hands.book.spendable(giver), wanted.amount)
    hands.carry(wanted, parts, origin_id=wanted.giver_id)
    hands.write()
    return wanted


def _spent(deed: Happening) -> Entry | None:
    event = Event.objects.filter(key=deed.key).first()
    if event is None:
        return None
    if (event.account_id, event.payload) != (deed.account_id, deed.payload):
        raise SpendingMismatch(param="token")
    return Entry.objects.get(event=event, counter=Entry.Counter.REDEEMED)


def _spend(pool: Pool, deed: Happening) -> Entry:
    person = deed.account_id or 0
    _lock(pool, person, spending_ids=[pool.account_id])
    if found := _spent(deed):
        return found
    if _share(pool, person).role not in SPENDERS:
        raise MayNotSpend
    intake.record([deed], now=deed.occurred_at)
    event = Event.objects.only("pk").get(key=deed.key)
    return spending.spend(
        account_id=pool.account_id,
        amount=deed.payload["amount"],
        currency=deed.payload["currency"],
        event_id=event.pk,
        memo=deed.payload["memo"],
        now=deed.occurred_at,
    )


def _leave(pool: Pool, account_id: int, now: datetime) -> PoolMembership:
    accounts.lock([pool.account_id, account_id])
    share = pool.memberships.filter(account_id=account_id).order_by("pk").last()
    if share is None:
        raise PurseNotFound(param="pool")
    if share.left_at is not None:
        return share
    if share.role == PoolMembership.Role.OWNER:
        if pool.memberships.filter(left_at=None).count() > 1:
            raise OwnerStays
        _close(pool, now)
        share.refresh_from_db()
        return share
    _refuse_doubt(pool)
    hands = Hands.over([pool.account_id, account_id], now)
    _return(hands, pool, account_id, account_id, f"pool:out:{share.pk}")
    hands.write()
    share.left_at = now
    share.save(update_fields=["left_at"])
    return share


def _refuse_doubt(pool: Pool) -> None:
    if Account.objects.filter(pk=pool.account_id, spending_stopped_at__isnull=False).exists():
        raise accounts.SpendingStopped


def _return(hands: Hands, pool: Pool, origin_id: int, receiver_id: int, key: str) -> None:
    """What is left of the lots that ``origin_id`` brought, in spending order, to ``receiver_id``."""
    for purse in [purse for purse in hands.book.lots if purse.account_id == pool.account_id]:
        own = [lot for lot in hands.book.spendable(purse) if lot.origin_id == origin_id]
        parts = moving.portions(own, sum(lot.remaining for lot in own))
        if parts:
            wanted = Transfer(
                key=f"{key}:{purse.currency_id}",
                kind=Transfer.Kind.POOL_OUT,
                giver_id=pool.account_id,
                receiver_id=receiver_id,
                currency_id=purse.currency_id,
            )
            hands.carry(wanted, parts)


def _close(pool: Pool, now: datetime) -> Pool:
    heirs = _heirs(pool)
    accounts.lock({pool.account_id, *heirs, *heirs.values()})
    pool.refresh_from_db()
    if pool.closed_at is not None:
        return pool
    if _heirs(pool) != heirs:  # somebody joined or contributed meanwhile
        raise Conflict
    _refuse_doubt(pool)
    hands = Hands.over({pool.account_id, *heirs.values()}, now)
    hands.release_holds(pool.account_id)
    for origin_id, receiver_id in sorted(heirs.items()):
        _return(hands, pool, origin_id, receiver_id, f"pool:close:{pool.pk}:{origin_id}")
    hands.write()
    pool.memberships.filter(left_at=None).update(left_at=now)
    Account.objects.filter(pk=pool.account_id).update(status=Account.Status.CLOSED)
    pool.closed_at = now
    pool.save(update_fields=["closed_at"])
    return pool


def _heirs(pool: Pool) -> dict[int, int]:
    """Whoever shares the purse or has brought something of it → who gets it back."""
    owner = pool.memberships.filter(role=PoolMembership.Role.OWNER).earliest("pk").account_id
    brought = Lot.objects.filter(account=pool.account_id, origin__isnull=False).values_list("origin_id", flat=True)
    people = {*brought.distinct(), *pool.memberships.filter(left_at=None).values_list("account_id", flat=True)}
    gone = {*Account.objects.filter(pk__in=people, status=Account.Status.CLOSED).values_list("pk", flat=True)}
    return {account_id: owner if account_id in gone else account_id for account_id in people}
