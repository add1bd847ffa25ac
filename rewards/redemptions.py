"""Taking a reward for points or a benefit: it is paid for and the item leaves the shelf together, or neither.

Locks are taken in the order account → reward. The reward's row is touched last and only by one
conditional update, so a rush on the last items sells each of them once and nobody waits long.
"""

from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from loyalty import accounts, faults, ids
from loyalty.errors import Conflict, LoyaltyError, NotFound
from loyalty.events import intake
from loyalty.ledger import spending
from loyalty.registry import Happening
from members.benefits import accepting
from members.benefits.claiming import BenefitUnknown
from members.models import Benefit
from rewards import privileges, shelf, stock
from rewards.models import Privilege, Redemption, Reward
from rewards.privileges import Terms

MOST_AT_ONCE = 100
_CODE_LENGTH = 12


class RewardNotFound(NotFound):
    code = "reward_not_found"
    sentence = _("We could not find this reward. It may have left the mall.")


class NotAvailable(LoyaltyError):
    code = "not_available"
    sentence = _("This reward cannot be redeemed right now. Please look when it opens, or choose another.")


class NotOpenYet(NotAvailable):
    """Open already to others."""

    code = "opens_later"
    sentence = _("This opens on %(opens)s. Earlier already: %(who)s.")


class Reserved(LoyaltyError):
    code = "reward_reserved"
    sentence = _("This is kept for %(who)s.")


class BenefitNotAccepted(LoyaltyError):
    """The benefit pays for nothing here."""

    code = "benefit_not_accepted"
    sentence = _("This benefit pays for nothing here. Please leave it out, or choose another reward.")


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
    *,
    account_id: int,
    reward_code: str,
    quantity: int,
    token: str,
    now: datetime,
    quoted_points: int | None = None,
    benefit: str = "",
) -> Redemption:
    """Redeems ``quantity`` of a reward. The same ``token`` again returns the first redemption.

    ``quoted_points`` is the total the member was shown. ``benefit`` is the code of one that pays: at its price,
    and, where it is claimed or granted, with one use of it for the one piece; what is always theirs lowers
    the price without being named. Raises ``RewardNotFound``, ``NotAvailable``, ``NotOpenYet``, ``Reserved``,
    ``OutOfStock``, ``LimitReached``, ``PriceChanged``, ``TokenReused``, ``BenefitNotAccepted``,
    ``BenefitUnknown``, ``QuotaUsed``, ``WrongPlace``, ``InsufficientPoints``, ``OutOfRange``,
    ``SpendingStopped`` or ``AccountFrozen``; then no point, no use and no item has moved.
    """
    if not 1 <= quantity <= MOST_AT_ONCE:
        raise faults.OutOfRange(param="quantity", minimum=1, maximum=MOST_AT_ONCE)
    if first := _replayed(account_id, token, reward_code, quantity):
        return first
    reward = _offered(reward_code, now=now)
    price = _price(reward, account_id=account_id, benefit=benefit, quantity=quantity, now=now)
    if quoted_points is not None and quoted_points != price.points:
        raise PriceChanged(points=price.points, quoted=quoted_points)
    if reward.stock_left < quantity:
        raise stock.OutOfStock(left=reward.stock_left)
    with transaction.atomic():
        accounts.lock_spending(account_id)  # from here on this member's redemptions happen one by one
        if first := _replayed(account_id, token, reward_code, quantity):
            return first
        _check_limit(reward, account_id=account_id, quantity=quantity)
        redemption, told = _pay(reward, price, account_id=account_id, quantity=quantity, token=token, now=now)
        intake.record([*told, _happening(redemption)], now=now)
        stock.take(reward, quantity)
    return redemption


class Price(NamedTuple):
    """Points in all, the benefit whose price it is, and whether a use of it is taken."""

    points: int
    benefit: Benefit | None
    takes_use: bool


def is_open(reward: Reward, now: datetime) -> bool:
    """Whether the reward is on the shelf at ``now``; its period is half-open."""
    return reward.is_on_shelf and reward.starts_at <= now and (reward.ends_at is None or now < reward.ends_at)


def _offered(code: str, *, now: datetime) -> Reward:
    """The reward as it stands, unlocked: most of a rush is turned away here without waiting.

    The price is the one read here; of the stock this is only a first look, the update decides.
    """
    reward = shelf.rewards().filter(code=code).first()
    if reward is None:
        raise RewardNotFound(param="reward")
    ends = reward.ends_at
    if not reward.is_on_shelf or now < privileges.earliest(reward) or (ends is not None and ends <= now):
        raise NotAvailable
    return reward


def _price(reward: Reward, *, account_id: int, benefit: str, quantity: int, now: datetime) -> Price:
    """What the member pays, where the reward is open to them: their tier and plan are judged at this moment."""
    mine = privileges.terms(reward, privileges.rights(account_id, [reward], now=now))
    if shut := shut_to(mine, now):
        raise shut
    if not benefit:
        return Price(mine.points * quantity, mine.benefit, takes_use=False)
    named = privileges.accepted(reward, benefit)
    if named is None:
        raise BenefitNotAccepted(param="benefit")
    if privileges.is_counted(named):
        if quantity != 1:
            raise faults.OutOfRange(param="quantity", minimum=1, maximum=1)
        return Price(named.price_points or 0, named.benefit, takes_use=True)
    if mine.benefit is None:
        raise BenefitUnknown(param="benefit")
    return Price(mine.points * quantity, mine.benefit, takes_use=False)


def shut_to(mine: Terms, now: datetime) -> LoyaltyError | None:
    """Why the reward is not open to a member, whatever they have; ``None``: it is."""
    reward = mine.reward
    if mine.is_kept:
        return Reserved(who=privileges.for_whom(reward, Privilege.Does.RESERVED, now))
    if mine.is_open(now):
        return None
    if reward.is_on_shelf and privileges.earliest(reward) <= now < reward.starts_at:
        who = privileges.for_whom(reward, Privilege.Does.EARLY, now)
        return NotOpenYet(opens=privileges.moment(reward.starts_at), who=who)
    return NotAvailable()


def _pay(
    reward: Reward, price: Price, *, account_id: int, quantity: int, token: str, now: datetime
) -> tuple[Redemption, list[Happening]]:
    """Takes the points and the use, and writes what was taken for them. The account is locked."""
    number, claim, entry = ids.code(_CODE_LENGTH), None, None
    told: list[Happening] = []
    if price.takes_use and price.benefit is not None:
        claim, told = accepting.use_one(
            account_id=account_id, benefit=price.benefit, place=Benefit.Place.MALL, reference=number, now=now
        )
    if price.points:
        entry = spending.spend(account_id=account_id, amount=price.points, now=now, memo=reward.code)
    redemption = Redemption.objects.create(
        number=number,
        token=token,
        account_id=account_id,
        reward=reward,
        quantity=quantity,
        points=price.points,
        entry=entry,
        benefit=price.benefit,
        claim=claim,
        redeemed_at=now,
    )
    return redemption, told


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
            "benefit": redemption.benefit.code if redemption.benefit else "",
        },
    )
