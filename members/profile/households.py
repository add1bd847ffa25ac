"""Households: people who share a purse. The points are the books' business (``loyalty.ledger.pooling``).

This room keeps the invitations: the owner makes one, tells its code to somebody, and whoever enters the code
within seven days shares the purse, once. Only the code's keyed hash is kept. What somebody brought stays
theirs until it is spent, so leaving takes it along.
"""

import secrets
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from loyalty import accounts, faults, limits, readers
from loyalty.errors import LoyaltyError, NotFound
from loyalty.ledger import heading, pooling, purses
from loyalty.messaging import sending
from loyalty.models import Pool, PoolMembership
from members.models import HouseholdInvite
from members.profile.feast_words import HEADED, TAKEN

LASTS = timedelta(days=7)
MOST_OPEN = 10
TRIES_AN_HOUR = 10
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_LENGTH = 12
_NAME = readers.Text(longest=40)
INVITABLE = (PoolMembership.Role.ADULT, PoolMembership.Role.CONTRIBUTOR)


class InviteNotFound(NotFound):
    code = "invite_not_found"
    sentence = _("This invitation is not known, used or over. Please ask for a new code.")


class InvitesFull(LoyaltyError):
    code = "invites_full"
    sentence = _("There are %(limit)s open invitations already. Please withdraw one first.")


class OwnerOnly(LoyaltyError):
    code = "household_owner_only"
    sentence = _("Only who opened the shared purse can do this. Please ask them.")
    status = 403
    kind = "permission"


class Invited(NamedTuple):
    """An invitation and its code, which nobody can read again."""

    invite: HouseholdInvite
    code: str


def open_household(*, member_id: int, name: str, percent: int, now: datetime) -> Pool:
    """A purse with this member as its owner. Raises what ``pooling.open_purse`` raises."""
    if not name.strip():
        raise faults.Required(param="name")
    return pooling.open_purse(owner_id=member_id, name=_NAME.read(name, "name"), percent=percent, now=now)


def share(member_id: int) -> PoolMembership:
    """The member's share at present; raises ``PurseNotFound``."""
    found = purses.shared_by(member_id)
    if found is None:
        raise pooling.PurseNotFound(param="pool")
    return found


@transaction.atomic
def invite(*, member_id: int, role: PoolMembership.Role, now: datetime) -> Invited:
    """A code for one more person. Raises ``OwnerOnly``, ``InvitesFull``, ``PurseNotFound`` or ``InvalidChoice``."""
    if role not in INVITABLE:
        raise faults.InvalidChoice(param="role", choices=", ".join(INVITABLE))
    accounts.lock([member_id])
    own = _owned(member_id)
    if len(open_invites(own.pool_id, now=now)) >= MOST_OPEN:
        raise InvitesFull(limit=MOST_OPEN)
    code = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
    made = HouseholdInvite.objects.create(
        pool_id=own.pool_id,
        invited_by_id=member_id,
        role=role,
        code_hash=_hash(code),
        invited_at=now,
        expires_at=now + LASTS,
    )
    return Invited(made, "-".join(code[place : place + 4] for place in range(0, _LENGTH, 4)))


def open_invites(pool_id: int, *, now: datetime) -> list[HouseholdInvite]:
    rows = HouseholdInvite.objects.filter(pool_id=pool_id, taken_at=None, withdrawn_at=None, expires_at__gt=now)
    return list(rows.order_by("pk"))


def withdraw(*, member_id: int, invite_id: int, now: datetime) -> None:
    """Ends an open invitation; one that is over or taken stays as it is. Raises ``OwnerOnly``."""
    own = _owned(member_id)
    rows = HouseholdInvite.objects.filter(pk=invite_id, pool_id=own.pool_id, taken_at=None, withdrawn_at=None)
    rows.update(withdrawn_at=now)


def take(*, member_id: int, code: str, percent: int, now: datetime) -> PoolMembership:
    """Joins by a code, which is used up by that; whoever made it is told.

    Called outside a transaction, since tries are counted. Raises ``TooManyTries``, ``InviteNotFound``
    and what ``pooling.join`` raises.
    """
    limits.hit(bucket=f"household:{member_id}", limit=TRIES_AN_HOUR, per_seconds=3600, now=now)
    plain = "".join(each for each in code.upper() if each.isalnum())
    with transaction.atomic():
        open_ones = HouseholdInvite.objects.filter(taken_at=None, withdrawn_at=None, expires_at__gt=now)
        found = open_ones.filter(code_hash=_hash(plain), pool__closed_at=None).first()
        if found is None or found.invited_by_id == member_id:
            raise InviteNotFound(param="code")
        role = PoolMembership.Role(found.role)
        joined = pooling.join(pool_id=found.pool_id, account_id=member_id, role=role, percent=percent, now=now)
        if not open_ones.filter(pk=found.pk).update(taken_by=member_id, taken_at=now):
            raise InviteNotFound(param="code")  # somebody else was quicker; the joining is taken back
        params = {"member": member_id, "pool": found.pool_id}
        sending.tell(account_ids=[found.invited_by_id], kind=TAKEN, params=params, key=f"{TAKEN}:{found.pk}", now=now)
    return joined


@transaction.atomic
def set_percent(*, member_id: int, percent: int) -> None:
    """How much of what the member earns from now on goes into the purse."""
    if not 0 <= percent <= 100:
        raise faults.OutOfRange(param="percent", minimum=0, maximum=100)
    accounts.lock([member_id])
    PoolMembership.objects.filter(pk=share(member_id).pk).update(percent=percent)


def let_spend(*, member_id: int, share_id: int, may_spend: bool) -> None:
    """The owner says whether somebody may spend. Raises ``OwnerOnly`` or ``NotFound``, and what ``heading`` raises."""
    them = other(member_id, share_id)
    heading.let_spend(pool_id=them.pool_id, owner_id=member_id, account_id=them.account_id, may_spend=may_spend)


@transaction.atomic
def hand_over(*, member_id: int, share_id: int, now: datetime) -> None:
    """Somebody else looks after the household from now on, and is told; open invitations are withdrawn.

    Raises ``OwnerOnly`` or ``NotFound``, and what ``heading`` raises.
    """
    them = other(member_id, share_id)
    heading.hand_over(pool_id=them.pool_id, owner_id=member_id, heir_id=them.account_id)
    _withdraw_all(them.pool_id, now)
    params, key = {"member": member_id, "pool": them.pool_id}, f"{HEADED}:{them.pk}:{now:%Y%m%d%H%M%S%f}"
    sending.tell(account_ids=[them.account_id], kind=HEADED, params=params, key=key, now=now)


def contribute(*, member_id: int, points: int, key: str, now: datetime) -> None:
    """Puts points in, once for each key. Raises what ``pooling.contribute`` raises."""
    pooling.contribute(pool_id=share(member_id).pool_id, account_id=member_id, amount=points, key=key, now=now)


def leave(*, member_id: int, now: datetime) -> None:
    """What is left of one's own points comes along; an owner who is alone closes the purse by that."""
    pooling.leave(pool_id=share(member_id).pool_id, account_id=member_id, now=now)


def close(*, member_id: int, now: datetime) -> None:
    """Everybody gets back what is left of theirs. Raises ``OwnerOnly``."""
    own = _owned(member_id)
    pooling.close(pool_id=own.pool_id, now=now)
    _withdraw_all(own.pool_id, now)


def other(member_id: int, share_id: int) -> PoolMembership:
    """The share of somebody else in the household one owns. Raises ``OwnerOnly`` or ``NotFound``."""
    shares = PoolMembership.objects.filter(pool=_owned(member_id).pool_id, left_at=None)
    found = shares.exclude(account=member_id).filter(pk=share_id).first()
    if found is None:
        raise NotFound
    return found


def _withdraw_all(pool_id: int, now: datetime) -> None:
    HouseholdInvite.objects.filter(pool_id=pool_id, taken_at=None, withdrawn_at=None).update(withdrawn_at=now)


def _owned(member_id: int) -> PoolMembership:
    own = share(member_id)
    if own.role != PoolMembership.Role.OWNER:
        raise OwnerOnly
    return own


def _hash(code: str) -> str:
    return salted_hmac("members.household", code, algorithm="sha256").hexdigest()
