"""How a reward looks to one member: in reach, short of points, sold out; and why it can't be taken."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet
from django.utils.html import linebreaks
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from loyalty.accounts import AccountFrozen
from loyalty.errors import LoyaltyError
from loyalty.ledger.spending import InsufficientPoints
from loyalty.models import Account
from loyalty.registry import Text
from members.models import Member
from members.web import cards
from rewards import redemptions, stock
from rewards.models import Redemption, Reward

FEW = 20
IN_REACH = 4
NEAR_PERCENT = 60
_IS_GONE = ExpressionWrapper(Q(stock_left=0), output_field=BooleanField())


@dataclass(frozen=True, slots=True)
class Tile:
    """Keys as ``rewards/_tile.html`` reads them. ``state``: open, short or gone."""

    code: str
    title: str
    image_url: str
    points: int
    state: str
    missing: int
    percent: int
    left: int
    icon: str = "gift"


def shelf(now: datetime) -> QuerySet[Reward]:
    """What can be seen at ``now``, the cheapest first, sold out ones last."""
    on_shelf = Reward.objects.filter(is_on_shelf=True, starts_at__lte=now)
    on_shelf = on_shelf.filter(Q(ends_at=None) | Q(ends_at__gt=now))
    return on_shelf.order_by(_IS_GONE, "price_points", "id")


def tile(reward: Reward, balance: int) -> Tile:
    """``left`` is told only when few are left."""
    missing = max(0, reward.price_points - balance)
    state = "gone" if not reward.stock_left else "short" if missing else "open"
    return Tile(
        code=reward.code,
        title=reward.name,
        image_url=reward.picture.url if reward.picture else "",
        points=reward.price_points,
        state=state,
        missing=missing,
        percent=min(100, max(0, balance) * 100 // reward.price_points),
        left=reward.stock_left if reward.stock_left <= FEW else 0,
    )


def description(reward: Reward) -> SafeString:
    """The operator's words, escaped, with their line breaks."""
    return mark_safe(linebreaks(reward.text, autoescape=True))  # noqa: S308 -- escaped by linebreaks


def terms(reward: Reward) -> list[str]:
    """What to know before taking it."""
    told = []
    if reward.limit_per_member:
        told.append(_("Each member can take this %(limit)s times.") % {"limit": reward.limit_per_member})
    told.append(_("Show the ticket in the shop to receive it."))
    return told


def refusal(reward: Reward, member: Member, balance: int, now: datetime) -> LoyaltyError | None:
    """Why the member cannot take one now, as redeeming it would say; ``None``: they can. One query."""
    if member.account.status == Account.Status.FROZEN:
        return AccountFrozen()
    if not redemptions.is_open(reward, now):
        return redemptions.NotAvailable()
    if not reward.stock_left:
        return stock.OutOfStock(left=0)
    taken = redemptions.taken(reward, member.pk) if reward.limit_per_member else 0
    if reward.limit_per_member and taken >= reward.limit_per_member:
        return redemptions.LimitReached(limit=reward.limit_per_member, taken=taken)
    if balance < reward.price_points:
        return InsufficientPoints(missing=reward.price_points - balance)
    return None


def panel(member: Member, now: datetime) -> Mapping[str, Any] | None:
    """What the member can take or is near to, dearest first; nothing for suspended ones."""
    if member.account.status != Account.Status.ACTIVE:
        return None
    place, _programme = cards.position(member, now)
    most = place.available * 100 // NEAR_PERCENT
    near = shelf(now).filter(stock_left__gt=0, price_points__lte=most).order_by("-price_points")[:IN_REACH]
    tiles = sorted((tile(reward, place.available) for reward in near), key=lambda each: each.missing)
    return {"rewards": tiles} if tiles else None


def captions(entry_ids: Collection[UUID]) -> Mapping[UUID, Text]:
    """Entry id → name of the reward it paid for. One query."""
    rows = Redemption.objects.filter(entry_id__in=entry_ids).select_related("reward")
    return {row.entry_id: row.reward.name for row in rows}
