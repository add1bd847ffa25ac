"""How a reward looks to one member: in reach, short of points, sold out; and why it can't be taken."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.html import linebreaks
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from loyalty import programme
from loyalty.accounts import AccountFrozen
from loyalty.errors import LoyaltyError
from loyalty.ledger.spending import InsufficientPoints
from loyalty.models import Account, Entry
from loyalty.registry import Text
from loyalty.web import context
from members.models import Member
from members.web import cards
from rewards import privileges, redemptions, shelf, stock
from rewards.models import Privilege, Redemption, Reward
from rewards.privileges import Terms, Use

FEW = 20
IN_REACH = 4
NEAR_PERCENT = 60
Does = Privilege.Does


@dataclass(frozen=True, slots=True)
class Tile:
    """Keys as ``rewards/_tile.html`` reads them. ``state``: open, short, locked or gone. ``was`` is everybody's
    price where the member's is lower; ``flag`` what stands on the picture, ``note`` below the price.
    """

    code: str
    title: str
    image_url: str
    points: int
    state: str
    missing: int
    percent: int
    left: int
    was: int = 0
    flag: str = ""
    flag_icon: str = ""
    note: str = ""
    icon: str = "gift"


@dataclass(frozen=True, slots=True)
class Way:
    """One way to take a reward: for points, or with one use of a benefit (its code in ``benefit``).

    Where it is for points alone, ``label`` is empty.
    """

    url: str
    label: str
    points: int
    benefit: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Perk:
    """What a benefit does at a reward, and whether the member has it."""

    text: str
    is_mine: bool


def seen(member: Member, now: datetime) -> list[Terms]:
    """What the member can see at ``now``, on their terms: the cheapest first, sold out ones last.

    What opens earlier to some is seen by all from then on.
    """
    rewards = [reward for reward in shelf.around(now) if privileges.earliest(reward) <= now]
    mine = privileges.rights(member.pk, rewards, now=now)
    found = [privileges.terms(reward, mine) for reward in rewards]
    return sorted(found, key=lambda terms: (not terms.reward.stock_left, terms.least, terms.reward.pk))


def one(member: Member, code: str, now: datetime) -> Terms | None:
    """One reward the member can see, on their terms."""
    reward = shelf.around(now).filter(code=code).first()
    if reward is None or privileges.earliest(reward) > now:
        return None
    return privileges.terms(reward, privileges.rights(member.pk, [reward], now=now))


def tile(terms: Terms, balance: int, now: datetime) -> Tile:
    """``left`` is told only when few are left."""
    reward, shut = terms.reward, redemptions.shut_to(terms, now)
    missing = max(0, terms.least - balance)
    state = "gone" if not reward.stock_left else "locked" if shut else "short" if missing else "open"
    flag, icon = _flag(terms, now) if reward.stock_left else ("", "")
    return Tile(
        code=reward.code,
        title=reward.name,
        image_url=reward.picture.url if reward.picture else "",
        points=terms.points,
        state=state,
        missing=missing,
        percent=min(100, max(0, balance) * 100 // terms.least) if terms.least else 100,
        left=reward.stock_left if reward.stock_left <= FEW else 0,
        was=reward.price_points if terms.points < reward.price_points else 0,
        flag=flag,
        flag_icon=icon,
        note=shut.message if shut else _note(terms, now),
    )


def _flag(terms: Terms, now: datetime) -> tuple[str, str]:
    """The word on the picture, and its icon."""
    if terms.is_kept:
        return _("Reserved"), "lock"
    if now < terms.opens_at:
        return _("Soon"), "clock"
    return (_("First to you"), "spark") if now < terms.reward.starts_at else ("", "")


def _note(terms: Terms, now: datetime) -> str:
    """What the member's benefits do here, in a few words."""
    if terms.uses:
        return _use_text(terms.uses[0])
    if now < terms.reward.starts_at:
        return _("For everybody from %(at)s") % {"at": privileges.moment(terms.reward.starts_at)}
    return _("Your price with “%(benefit)s”") % {"benefit": terms.benefit.name} if terms.benefit else ""


def _use_text(use: Use) -> str:
    text = _("Just %(points)s with “%(benefit)s”") if use.points else _("Free with “%(benefit)s”")
    return text % {"benefit": use.benefit.name, "points": f"{use.points:,}"}


def ways(terms: Terms) -> list[Way]:
    """How the member can take it: what a benefit pays for first, then for points."""
    address = reverse("rewards:redeem", args=[terms.reward.code])
    found = [
        Way(f"{address}?with={use.benefit.code}", _use_text(use), use.points, use.benefit.code, _left(use))
        for use in terms.uses
    ]
    return [*found, Way(address, "" if terms.points else _("Take it for free"), terms.points)]


def _left(use: Use) -> str:
    return ngettext("%(left)s time left", "%(left)s times left", use.left) % {"left": use.left}


def way(terms: Terms, benefit: str) -> Way:
    """The way that was chosen; for points where the benefit pays for nothing here any more."""
    found = ways(terms)
    return next((each for each in found if each.benefit == benefit), found[-1])


def perks(terms: Terms, now: datetime) -> list[Perk]:
    """What benefits do here, as sentences. No query where the configuration is kept."""
    found = list(terms.reward.privileges.all())
    in_force = privileges.lines(now) if found else []
    has = terms.mine.has
    return [Perk(_perk_text(each, privileges.who([each], in_force)), has(each.benefit_id)) for each in found]


def _perk_text(each: Privilege, who: str) -> str:
    words = {"who": who, "benefit": each.benefit.name, "points": f"{each.price_points or 0:,}"}
    words["unit"] = context.brand(programme.current()).points_unit if each.price_points else ""
    match each.does:
        case Does.RESERVED:
            return _("Kept for %(who)s") % words
        case Does.EARLY:
            hours = each.hours or 0
            text = ngettext(
                "Opens %(hours)s hour earlier for %(who)s", "Opens %(hours)s hours earlier for %(who)s", hours
            )
            return text % {**words, "hours": hours}
    if privileges.is_counted(each):
        free = _("Free with one use of “%(benefit)s”: %(who)s")
        return (_("%(points)s %(unit)s with one use of “%(benefit)s”: %(who)s") if each.price_points else free) % words
    return (_("%(points)s %(unit)s for %(who)s") if each.price_points else _("Free for %(who)s")) % words


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


def refusal(terms: Terms, member: Member, balance: int, now: datetime, *, points: int) -> LoyaltyError | None:
    """Why the member cannot take one for that many points now, as redeeming it would say; ``None``: they can.

    One query.
    """
    reward = terms.reward
    if member.account.status == Account.Status.FROZEN:
        return AccountFrozen()
    if shut := redemptions.shut_to(terms, now):
        return shut
    if not reward.stock_left:
        return stock.OutOfStock(left=0)
    taken = redemptions.taken(reward, member.pk) if reward.limit_per_member else 0
    if reward.limit_per_member and taken >= reward.limit_per_member:
        return redemptions.LimitReached(limit=reward.limit_per_member, taken=taken)
    return InsufficientPoints(missing=points - balance) if balance < points else None


def panel(member: Member, now: datetime) -> Mapping[str, Any] | None:
    """What the member can take or is near to, dearest first; nothing for suspended ones."""
    if member.account.status != Account.Status.ACTIVE:
        return None
    place, _programme = cards.position(member, now)
    most = place.available * 100 // NEAR_PERCENT
    near = [terms for terms in seen(member, now) if terms.least <= most and terms.reward.stock_left]
    near = [terms for terms in near if not redemptions.shut_to(terms, now)]
    near.sort(key=lambda terms: -terms.least)
    tiles = sorted((tile(terms, place.available, now) for terms in near[:IN_REACH]), key=lambda each: each.missing)
    return {"rewards": tiles} if tiles else None


def captions(entry_ids: Collection[UUID]) -> Mapping[UUID, Text]:
    """Entry id → name of the reward it paid for or gave back for. One query, two where any came back."""
    back = dict(Entry.objects.filter(pk__in=entry_ids).exclude(reverses=None).values_list("pk", "reverses_id"))
    rows = Redemption.objects.filter(entry_id__in=[*entry_ids, *back.values()]).select_related("reward")
    names: dict[UUID, Text] = {row.entry_id: row.reward.name for row in rows if row.entry_id is not None}
    return names | {entry: names[spent] for entry, spent in back.items() if spent in names}
