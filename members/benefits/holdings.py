"""What members hold on a day and what of it is left. Read by claiming, granting, pages and the API alike."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from members import tiers
from members.benefits import offers, quotas
from members.benefits.offers import Held
from members.benefits.quotas import Span
from members.models import Benefit, BenefitClaim, BenefitOffer

Way = Benefit.Way


@dataclass(frozen=True, slots=True)
class Holding:
    """A benefit held now. ``taken`` of the offer's times are gone in ``span``, whatever offered them then;
    ``place`` is the number the next one gets. ``until`` is the last day it can be claimed in this period.
    """

    held: Held
    span: Span
    taken: int
    place: int
    until: date | None

    @property
    def benefit(self) -> Benefit:
        return self.held.offer.benefit

    @property
    def offer(self) -> BenefitOffer:
        return self.held.offer

    @property
    def is_counted(self) -> bool:
        return self.benefit.way != Way.STANDING

    @property
    def left(self) -> int:
        """Times left in this period; 0 for what is never counted."""
        return max(0, self.offer.quota - self.taken) if self.is_counted else 0

    @property
    def is_waiting(self) -> bool:
        """Whether the member can claim it now."""
        return self.benefit.way == Way.CLAIMED and self.left > 0

    def usable_through(self, day: date) -> date | None:
        """The last day of use of what is claimed or granted on ``day``."""
        return quotas.usable_through(self.benefit.use_days, self.span.last, day)

    @property
    def token(self) -> str:
        """Names the next one to be claimed; a form that carries it claims that one only, however often it is sent."""
        return f"{self.span.name}.{self.place}"


def of(account_ids: Collection[int], *, now: datetime) -> dict[int, list[Holding]]:
    """What each of these members holds, in the benefits' order. At most six queries for any number."""
    day = tiers.business_day(now)
    held = offers.held_by(account_ids, day)
    counted = {pk for lines in held.values() for pk, each in lines.items() if each.benefit.way != Way.STANDING}
    taken = _taken(held, counted)
    return {
        account_id: [_holding(each, day, taken.get((account_id, pk), [])) for pk, each in sorted(lines.items())]
        for account_id, lines in held.items()
    }


def one(account_id: int, *, now: datetime) -> list[Holding]:
    """The same for one member."""
    return of([account_id], now=now).get(account_id, [])


def _taken(held: Mapping[int, Any], benefit_ids: Collection[int]) -> dict[tuple[int, int], list[BenefitClaim]]:
    """The claims of these benefits that count against a quota, by member and benefit. One query."""
    found: dict[tuple[int, int], list[BenefitClaim]] = {}
    if benefit_ids:
        rows = BenefitClaim.objects.filter(member_id__in=list(held), benefit_id__in=benefit_ids)
        rows = rows.exclude(period=quotas.GIVEN).only("member_id", "benefit_id", "period", "place", "claimed_at")
        for row in rows:
            found.setdefault((row.member_id, row.benefit_id), []).append(row)
    return found


def _holding(held: Held, day: date, claims: list[BenefitClaim]) -> Holding:
    """A claim counts in the period it was claimed in, even if another line with other periods offered it."""
    span = quotas.span(held.offer.period, day)
    here = [row for row in claims if row.period == span.name or span.holds(tiers.business_day(row.claimed_at))]
    place = max((row.place for row in here if row.period == span.name), default=0) + 1
    return Holding(held, span, len(here), place, claimable_through(held.offer, day))


def claimable_through(offer: BenefitOffer, day: date) -> date | None:
    """The last day of the offer's present period or of its set's season, whichever is first."""
    ends = (quotas.span(offer.period, day).last, offers.season_end(offer, day))
    return min((end for end in ends if end is not None), default=None)
