"""Taking a reward for points: the price is paid and the item leaves the shelf together, or neither.

Locks are taken in the order account → reward. The reward's row is touched last and only by one
conditional update, so a rush on the last items sells each of them once and nobody waits long.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import F, Sum
from django.utils.translation import gettext_lazy as _

from loyalty import accounts, faults, ids
from loyalty.errors import Conflict, LoyaltyError, NotFound
from loyalty.events import intake
from loyalty.ledger import spending
from loyalty.models import Entry
from loyalty.registry import Happening
from rewards.models import Redemption, Reward

MOST_AT_ONCE = 100
_CODE_LENGTH = 12


class RewardNotFound(NotFound):
    code = "reward_not_found"
    sentence = _("We could not find this reward. It may have left the mall.")


class NotAvailable(LoyaltyError):
    code = "not_available"
    sentence = _("This reward cannot be redeemed right now. Please look when it opens, or choose another.")


class OutOfStock(LoyaltyError):
    code = "out_of_stock"
    sentence = _("Sorry, the last one has just gone. Your points are untouched.")
    left: int


class LimitReached(LoyaltyError):
    code = "limit_reached"
    sentence = _("Each member can redeem this %(limit)s times; you have redeemed it %(taken)s times already.")
    limit: int
    taken: int


class PriceChanged(Conflict):
    code = "price_changed"
    sentence = _("The price is %(points)s points now, not %(quoted)s. Please look again before you redeem.")
    points: int


class TokenReused(Conflict):
    code = "token_reused"
    sentence = _("This token already belongs to another redemption. Please send a new one.")


def place(
    *, account_id: int, reward_code: str, quantity: int, token: str, now: datetime, quoted_points: int | None = None
) -> Redemption:
    """Redeems ``quantity`` of a reward. The same ``token`` again returns the first redemption.

    ``quoted_points`` is the total the member was shown. Raises ``RewardNotFound``, ``NotAvailable``,
    ``OutOfStock``, ``LimitReached``, ``PriceChanged``, ``TokenReused``, ``InsufficientPoints``,
    ``OutOfRange`` or ``AccountFrozen``; then no point and no item has moved.
    """
    if not 1 <= quantity <= MOST_AT_ONCE:
        raise faults.OutOfRange(param="quantity", minimum=1, maximum=MOST_AT_ONCE)
    with transaction.atomic():
        accounts.lock([account_id])  # from here on this member's redemptions happen one by one
        first = Redemption.objects.select_related("reward").filter(account_id=account_id, token=token).first()
        if first is not None:
            return _replayed(first, reward_code, quantity)
        accounts.lock_active(account_id)
        reward = Reward.objects.filter(code=reward_code).first()
        if reward is None:
            raise RewardNotFound(param="reward")
        points = reward.price_points * quantity
        _check(reward, account_id=account_id, quantity=quantity, points=points, quoted=quoted_points, now=now)
        entry = spending.spend(account_id=account_id, amount=points, now=now, memo=reward.code)
        redemption = _write(reward, entry, quantity=quantity, points=points, token=token, now=now)
        intake.record([_happening(redemption)], now=now)
        take_from_stock(reward, quantity)
    return redemption


def is_open(reward: Reward, now: datetime) -> bool:
    """Whether the reward is on the shelf at ``now``; its period is half-open."""
    return reward.is_on_shelf and reward.starts_at <= now and (reward.ends_at is None or now < reward.ends_at)


def take_from_stock(reward: Reward, quantity: int) -> None:
    """Takes items only if that many are left, in one statement; raises ``OutOfStock``."""
    enough = Reward.objects.filter(pk=reward.pk, stock_left__gte=quantity)
    if not enough.update(stock_left=F("stock_left") - quantity):
        raise OutOfStock(left=0)


def _check(reward: Reward, *, account_id: int, quantity: int, points: int, quoted: int | None, now: datetime) -> None:
    if not is_open(reward, now):
        raise NotAvailable
    if quoted is not None and quoted != points:
        raise PriceChanged(points=points, quoted=quoted)
    if reward.limit_per_member:
        taken = _taken(reward, account_id)
        if taken + quantity > reward.limit_per_member:
            raise LimitReached(limit=reward.limit_per_member, taken=taken)
    if reward.stock_left < quantity:  # spares the work; the update decides
        raise OutOfStock(left=reward.stock_left)


def _taken(reward: Reward, account_id: int) -> int:
    """How many of it the account has and keeps; cancelled ones don't count."""
    kept = Redemption.objects.filter(account_id=account_id, reward=reward).exclude(state=Redemption.State.CANCELLED)
    return int(kept.aggregate(taken=Sum("quantity"))["taken"] or 0)


def _replayed(first: Redemption, reward_code: str, quantity: int) -> Redemption:
    if (first.reward.code, first.quantity) != (reward_code, quantity):
        raise TokenReused(param="token")
    return first


def _write(reward: Reward, entry: Entry, *, quantity: int, points: int, token: str, now: datetime) -> Redemption:
    return Redemption.objects.create(
        number=ids.code(_CODE_LENGTH),
        token=token,
        account_id=entry.account_id,
        reward=reward,
        quantity=quantity,
        points=points,
        entry=entry,
        redeemed_at=now,
    )


def _happening(redemption: Redemption) -> Happening:
    return Happening(
        kind="reward.redeemed",
        key=f"redeem:{redemption.account_id}:{redemption.token}",
        account_id=redemption.account_id,
        occurred_at=redemption.redeemed_at,
        payload={
            "reward": redemption.reward.code,
            "quantity": redemption.quantity,
            "points": redemption.points,
            "number": redemption.number,
        },
    )
