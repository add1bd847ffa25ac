"""The member card and what it says: person, tier, points and what of them is on its way."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from loyalty import programme as programmes
from loyalty.ledger import reading
from loyalty.models import Account, Programme
from loyalty.web import codes, colors
from members.entering import numbers, phones
from members.models import Member, Tier

POINTS = "points"
ICONS = ("sprout", "leaf", "star", "crown", "gem")
SOON = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class TierView:
    """A rung as it is drawn; ``deep`` ones are dark and carry light text."""

    code: str
    name: str
    icon: str
    deep: bool = False


@dataclass(frozen=True, slots=True)
class Expiring:
    """``on`` is the last day the points can be used."""

    points: int
    on: date


@dataclass(frozen=True, slots=True)
class Card:
    """``expiring`` is the next pile to go, however far ahead."""

    tier: TierView
    points: int
    pending: int
    held: int
    debt: int
    expiring: Expiring | None
    qr: SafeString


@dataclass(frozen=True, slots=True)
class Person:
    """The member as pages address them."""

    name: str
    number: str
    number_text: str
    joined_on: date
    contact_text: str
    suspended: bool


def tier_view(tier: Tier | None) -> TierView:
    """A rung, drawn by its rank from the sprout up; members without one are at the beginning."""
    if tier is None:
        return TierView("none", _("Member"), ICONS[0])
    icon = tier.icon or ICONS[min(tier.rank, len(ICONS) - 1)]
    return TierView(tier.code, tier.name, icon, deep=colors.oklch(tier.color_from).is_deep)


def person(member: Member) -> Person:
    """Name and number; someone without a name goes by "member"."""
    contact = phones.show(member.phone) if member.phone else member.email or ""
    number = member.account.number
    return Person(
        name=member.name or _("Member"),
        number=number,
        number_text=numbers.show(number),
        joined_on=member.joined_on,
        contact_text=contact,
        suspended=member.account.status == Account.Status.FROZEN,
    )


def position(member: Member, now: datetime) -> tuple[reading.Position, Programme]:
    """What the member has in points, and the programme whose days count. Four queries."""
    programme = programmes.current()
    return reading.position(member.pk, now=now, programme=programme)[POINTS], programme


def card(member: Member, now: datetime) -> Card:
    """The card with its figures. Four queries."""
    place, programme = position(member, now)
    expiring = None
    if place.next_to_go is not None:
        last_at, points = place.next_to_go
        expiring = Expiring(points, programme.day_of(last_at))
    return Card(
        tier=tier_view(member.tier),
        points=place.available,
        pending=place.pending,
        held=place.held,
        debt=place.debt,
        expiring=expiring,
        qr=codes.qr(member.account.number),
    )


def code_only(member: Member) -> dict[str, object]:
    """Tier and code, for the page that shows no figures. No query."""
    return {"tier": tier_view(member.tier), "qr": codes.qr(member.account.number)}


def is_soon(expiring: Expiring | None, now: datetime) -> bool:
    """Whether the next pile goes soon enough to say so on the card."""
    return expiring is not None and expiring.on <= (now + SOON).date()
