"""What members hold on a day and what of it is left. Read by claiming, granting, pages and the API alike."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from loyalty import programme
from loyalty.ledger import store
from members.benefits import offers, quotas
from members.benefits.offers import Held
from members.benefits.quotas import Span
from members.models import Benefit, BenefitClaim, BenefitOffer

Way = Benefit.Way
Claims = dict[tuple[str, int], date]  # period and number → the day it was claimed


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
    def again_on(self) -> date | None:
        """The first day of the next period, where the season lasts till then."""
        if self.span.last is None or (self.until is not None and self.until < self.span.last):
            return None
        return self.span.last + timedelta(days=1)

    @property
    def token(self) -> str:
        """Names the next one to be claimed; a form that carries it claims that one only, however often it is sent."""
        return f"{self.span.name}.{self.place}"


def of(account_ids: Collection[int], *, now: datetime) -> dict[int, list[Holding]]:
    """What each of these members holds, in the benefits' order. At most six queries for any number."""
    day_of = store.days_of(programme.current())
    day = day_of(now)
    held = offers.held_by(account_ids, day)
    counted = {pk for lines in held.values() for pk, each in lines.items() if each.benefit.way != Way.STANDING}
    taken = _taken(held, counted, day_of)
    return {
        account_id: [_holding(each, day, taken.get((account_id, pk), {})) for pk, each in sorted(lines.items())]
        for account_id, lines in held.items()
    }


def one(account_id: int, *, now: datetime) -> list[Holding]:
    """The same for one member."""
    return of([account_id], now=now).get(account_id, [])


def _taken(
    held: Mapping[int, Any], benefit_ids: Collection[int], day_of: Callable[[datetime], date]
) -> dict[tuple[int, int], Claims]:
    """The claims of these benefits that count against a quota, by member and benefit. One query."""
    found: dict[tuple[int, int], Claims] = {}
    if benefit_ids:
        rows = BenefitClaim.objects.filter(member_id__in=list(held), benefit_id__in=benefit_ids)
        columns = ("member_id", "benefit_id", "period", "place", "claimed_at")
        for member_id, benefit_id, period, place, at in rows.exclude(period=quotas.GIVEN).values_list(*columns):
            found.setdefault((member_id, benefit_id), {})[period, place] = day_of(at)
    return found


def _holding(held: Held, day: date, claims: Claims) -> Holding:
    """A claim counts in the period it was claimed in, even if another line with other periods offered it."""
    span = quotas.span(held.offer.period, day)
    taken = sum(period == span.name or span.holds(on) for (period, _place), on in claims.items())
    place = max((number for period, number in claims if period == span.name), default=0) + 1
    return Holding(held, span, taken, place, claimable_through(held.offer, day))


def claimable_through(offer: BenefitOffer, day: date) -> date | None:
    """The last day of the offer's present period or of its set's season, whichever is first."""
    ends = (quotas.span(offer.period, day).last, offers.season_end(offer, day))
    return min((end for end in ends if end is not None), default=None)
