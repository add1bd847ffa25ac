"""What benefits do in the mall: for whom a reward is kept, who may come earlier, and what a piece costs a member.

Reads only. ``terms`` is pure and answers alike for pages, the API and the deed; rewards come with their
``privileges`` prefetched, and nothing is asked of a member where no reward has any.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from loyalty import programme
from members.benefits import accepting, ahead, offers
from members.benefits.accepting import Rights
from members.models import Benefit, BenefitOffer
from rewards.models import Privilege, Reward

Does = Privilege.Does
NOBODY = Rights()


@dataclass(frozen=True, slots=True)
class Use:
    """A benefit that can pay for one piece now; ``left`` times."""

    benefit: Benefit
    points: int
    left: int


@dataclass(frozen=True, slots=True)
class Terms:
    """A reward for one member. ``points`` is what a piece costs without using anything up, at the price of
    ``benefit`` where that is not everybody's; ``uses`` the benefits they may use one of instead, the
    cheapest first; ``mine`` what all this follows from.
    """

    reward: Reward
    mine: Rights
    opens_at: datetime
    is_kept: bool
    points: int
    benefit: Benefit | None
    uses: tuple[Use, ...]

    @property
    def least(self) -> int:
        """The fewest points a piece can cost them now."""
        return min([self.points, *(use.points for use in self.uses)])

    def is_open(self, now: datetime) -> bool:
        """Whether the shelf is open to them at ``now``; half-open, as for everybody."""
        reward = self.reward
        return reward.is_on_shelf and self.opens_at <= now and (reward.ends_at is None or now < reward.ends_at)


def rights(account_id: int, rewards: Iterable[Reward], *, now: datetime) -> Rights:
    """What the member holds, as far as these rewards ask for it. No query where none does."""
    asked = any(reward.privileges.all() for reward in rewards)
    return accepting.rights(account_id, now=now) if asked else NOBODY


def terms(reward: Reward, mine: Rights = NOBODY) -> Terms:
    """The reward for who has these rights. No query."""
    found = list(reward.privileges.all())
    kept = [each for each in found if each.does == Does.RESERVED]
    points, benefit = _price(reward, found, mine)
    uses = [
        Use(each.benefit, each.price_points or 0, mine.uses(each.benefit_id))
        for each in found
        if each.does == Does.PRICE and is_counted(each) and mine.uses(each.benefit_id)
    ]
    return Terms(
        reward=reward,
        mine=mine,
        opens_at=reward.starts_at - _ahead(each for each in found if mine.has(each.benefit_id)),
        is_kept=bool(kept) and not any(mine.has(each.benefit_id) for each in kept),
        points=points,
        benefit=benefit,
        uses=tuple(sorted(uses, key=lambda use: use.points)),
    )


def _price(reward: Reward, found: Iterable[Privilege], mine: Rights) -> tuple[int, Benefit | None]:
    """The lowest price they have by what is always theirs, and by which benefit."""
    best, by = reward.price_points, None
    theirs = (each for each in found if each.does == Does.PRICE and mine.has(each.benefit_id))
    for each in theirs:
        points = each.price_points or 0
        if points < best and not is_counted(each):
            best, by = points, each.benefit
    return best, by


def _ahead(found: Iterable[Privilege]) -> timedelta:
    return timedelta(hours=max((each.hours or 0 for each in found if each.does == Does.EARLY), default=0))


def earliest(reward: Reward) -> datetime:
    """When it opens to the first who may come."""
    return reward.starts_at - _ahead(reward.privileges.all())


def accepted(reward: Reward, code: str) -> Privilege | None:
    """What the benefit of that code pays for a piece, where it pays for one here."""
    found = (each for each in reward.privileges.all() if each.does == Does.PRICE)
    return next((each for each in found if each.benefit.code == code), None)


def is_counted(privilege: Privilege) -> bool:
    """Whether a price by it takes one use of the benefit."""
    return bool(privilege.benefit.way != Benefit.Way.STANDING)


def lines(now: datetime) -> list[BenefitOffer]:
    """What is in force today, to say who has a benefit; not asked again where the configuration is kept."""
    return offers.in_force(programme.day_of(now))


def who(privileges: Iterable[Privilege], in_force: Iterable[BenefitOffer]) -> str:
    """Those who have one of the benefits, in words: "Gold members and above or members with PLUS"."""
    in_force, words = list(in_force), []
    for each in privileges:
        found = ahead.bringing(each.benefit_id, in_force)
        words += [_bringer(line) for line in found]
        if not found:
            words.append(_("members with “%(benefit)s”") % {"benefit": each.benefit.name})
    return pgettext("people", " or ").join(dict.fromkeys(words))


def _bringer(line: BenefitOffer) -> str:
    if line.tier is None:
        return _("members with %(plan)s") % {"plan": line.plan.name if line.plan else ""}
    text = _("%(tier)s members and above") if line.and_above else _("%(tier)s members")
    return text % {"tier": line.tier.name}


def for_whom(reward: Reward, does: str, now: datetime) -> str:
    """Who may do that with the reward, in words."""
    return who((each for each in reward.privileges.all() if each.does == does), lines(now))


def moment(at: datetime) -> str:
    """An instant as pages tell it, in the site's zone."""
    return formats.date_format(timezone.localtime(at), _("F j, Y, H:i"))
