"""Taking a reward for points: the price is paid and the item leaves the shelf together, or neither.

Locks are taken in the order account → reward. The reward's row is touched last and only by one
conditional update, so a rush on the last items sells each of them once and nobody waits long.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from loyalty import accounts, faults, ids
from loyalty.errors import Conflict, LoyaltyError, NotFound
from loyalty.events import intake
from loyalty.ledger import spending
from loyalty.models import Entry
from loyalty.registry import Happening
from rewards import stock
from rewards.models import Redemption, Reward

MOST_AT_ONCE = 100
_CODE_LENGTH = 12


class RewardNotFound(NotFound):
    code = "reward_not_found"
    sentence = _("We could not find this reward. It may have left the mall.")


class NotAvailable(LoyaltyError):
    code = "not_available"
    sentence = _("This reward cannot be redeemed right now. Please look when it opens, or choose another.")


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
    ``OutOfRange``, ``SpendingStopped`` or ``AccountFrozen``; then no point and no item has moved.
    """
    if not 1 <= quantity <= MOST_AT_ONCE:
        raise faults.OutOfRange(param="quantity", minimum=1, maximum=MOST_AT_ONCE)
    if first := _replayed(account_id, token, reward_code, quantity):
        return first
    reward = _offered(reward_code, quantity=quantity, quoted=quoted_points, now=now)
    with transaction.atomic():
        accounts.lock_spending(account_id)  # from here on this member's redemptions happen one by one
        if first := _replayed(account_id, token, reward_code, quantity):
            return first
        _check_limit(reward, account_id=account_id, quantity=quantity)
        points = reward.price_points * quantity
        entry = spending.spend(account_id=account_id, amount=points, now=now, memo=reward.code)
        redemption = _write(reward, entry, quantity=quantity, points=points, token=token, now=now)
        intake.record([_happening(redemption)], now=now)
        stock.take(reward, quantity)
    return redemption


def is_open(reward: Reward, now: datetime) -> bool:
    """Whether the reward is on the shelf at ``now``; its period is half-open."""
    return reward.is_on_shelf and reward.starts_at <= now and (reward.ends_at is None or now < reward.ends_at)


def _offered(code: str, *, quantity: int, quoted: int | None, now: datetime) -> Reward:
    """The reward as it stands, unlocked: most of a rush is turned away here without waiting.

    The price is the one read here; of the stock this is only a first look, the update decides.
    """
    reward = Reward.objects.filter(code=code).first()
    if reward is None:
        raise RewardNotFound(param="reward")
    if not is_open(reward, now):
        raise NotAvailable
    points = reward.price_points * quantity
    if quoted is not None and quoted != points:
        raise PriceChanged(points=points, quoted=quoted)
    if reward.stock_left < quantity:
        raise stock.OutOfStock(left=reward.stock_left)
    return reward


def _check_limit(reward: Reward, *, account_id: int, quantity: int) -> None:
    if not reward.limit_per_member:
        return
    used = taken(reward, account_id)
    if used + quantity > reward.limit_per_member:
        raise LimitReached(limit=reward.limit_per_member, taken=used)


def taken(reward: Reward, account_id: int) -> int:
    """How many of it the account has and keeps; cancelled ones don't count."""
    kept = Redemption.objects.filter(account_id=account_id, reward=reward).exclude(state=Redemption.State.CANCELLED)
    return int(kept.aggregate(taken=Sum("quantity"))["taken"] or 0)


def _replayed(account_id: int, token: str, reward_code: str, quantity: int) -> Redemption | None:
    """What this token has redeemed already, if anything."""
    first = Redemption.objects.select_related("reward").filter(account_id=account_id, token=token).first()
    if first is not None and (first.reward.code, first.quantity) != (reward_code, quantity):
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
