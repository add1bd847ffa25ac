"""Who may do what with a shared purse: the role of each who shares it, and who heads it.

A purse has one owner at any time; that changes only here and by closing. Points do not move by it: lots
remember who brought them, whoever heads the purse. All of it happens under the lock of the purse's account.
"""

from django.utils.translation import gettext_lazy as _

from loyalty import retrying
from loyalty.errors import LoyaltyError
from loyalty.ledger import handing, pooling
from loyalty.models import Pool, PoolMembership

Role = PoolMembership.Role


class NotTheOwner(LoyaltyError):
    """Somebody else heads the purse, perhaps since a moment."""

    code = "not_the_purse_owner"
    sentence = _("Somebody else looks after this purse now. Please ask them.")
    status = 403
    kind = "permission"


class OwnerHandsOver(LoyaltyError):
    """The owner's role is no one's to take or to give in passing."""

    code = "owner_hands_over"
    sentence = _("Who looks after the purse keeps that role until they hand it over to somebody who shares it.")


def let_spend(*, pool_id: int, owner_id: int, account_id: int, may_spend: bool) -> PoolMembership:
    """The owner lets somebody who shares the purse spend from it, or only put points in.

    Raises ``NotTheOwner``, ``OwnerHandsOver``, ``PurseNotFound`` or ``AccountNotFound``.
    """
    pool = pooling.find(pool_id)

    def deed() -> PoolMembership:
        _share(pool, owner_id, account_id)
        share = _of(pool, account_id)
        if share.role == Role.OWNER:
            raise OwnerHandsOver
        share.role = Role.ADULT if may_spend else Role.CONTRIBUTOR
        share.save(update_fields=["role"])
        return share

    return retrying.atomically(deed)


def hand_over(*, pool_id: int, owner_id: int, heir_id: int) -> PoolMembership:
    """Somebody who shares the purse heads it from now on; the owner until now goes on sharing and spending.

    Raises ``NotTheOwner``, ``PurseNotFound`` or ``AccountNotFound``.
    """
    pool = pooling.find(pool_id)

    def deed() -> PoolMembership:
        own = _share(pool, owner_id, heir_id)
        heir = _of(pool, heir_id)
        own.role = Role.ADULT
        own.save(update_fields=["role"])
        heir.role = Role.OWNER
        heir.save(update_fields=["role"])
        return heir

    return retrying.atomically(deed)


def _share(pool: Pool, owner_id: int, other_id: int) -> PoolMembership:
    """Locks purse and people; the owner's share. Raises ``NotTheOwner`` or ``PurseNotFound``."""
    handing.lock_open([pool.account_id, owner_id, other_id])
    own = _of(pool, owner_id)
    if own.role != Role.OWNER:
        raise NotTheOwner
    return own


def _of(pool: Pool, account_id: int) -> PoolMembership:
    found = pool.memberships.filter(account_id=account_id, left_at=None).first()
    if found is None:
        raise pooling.PurseNotFound(param="pool")
    return found
