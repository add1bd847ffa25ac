"""Benefits accepted as payment by rooms that give something for them: what a member holds, and using one at once.

What is claimed and still open is used first, the one that lapses first; where there is none, one that is
left in the period is claimed and used in one step. So nobody has to claim first, and no quota gives more than
it has. The callers hold the account's lock and record what happened.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import F, Q, QuerySet

from loyalty import programme
from loyalty.registry import Happening
from members.benefits import holdings, issuing, using
from members.benefits.claiming import BenefitUnknown, QuotaUsed
from members.benefits.holdings import Holding
from members.benefits.issuing import Wish
from members.benefits.using import Scan, WrongPlace
from members.models import Benefit, BenefitClaim

State, Place, Way = BenefitClaim.State, Benefit.Place, Benefit.Way


@dataclass(frozen=True, slots=True)
class Rights:
    """What a member holds: by tier and plan, by id of the benefit; and how many open claims of each."""

    held: Mapping[int, Holding] = field(default_factory=dict)
    claims: Mapping[int, int] = field(default_factory=dict)

    def has(self, benefit_id: int) -> bool:
        """Whether the benefit is theirs now, whatever is left of it in this period."""
        return benefit_id in self.held or benefit_id in self.claims

    def uses(self, benefit_id: int) -> int:
        """How often it can be used now: what is claimed, and what is left to claim. 0 for what is never counted."""
        holding = self.held.get(benefit_id)
        return self.claims.get(benefit_id, 0) + (holding.left if holding else 0)


def rights(account_id: int, *, now: datetime) -> Rights:
    """What the member holds now. At most six queries, fewer where the configuration is kept."""
    found: dict[int, int] = {}
    for benefit_id in _open(account_id, programme.day_of(now)).values_list("benefit_id", flat=True):
        found[benefit_id] = found.get(benefit_id, 0) + 1
    return Rights({each.benefit.pk: each for each in holdings.one(account_id, now=now)}, found)


def use_one(
    *, account_id: int, benefit: Benefit, place: str, reference: str, now: datetime
) -> tuple[BenefitClaim, list[Happening]]:
    """Uses one of the benefit; what happened is the caller's to record.

    Raises ``WrongPlace``, ``BenefitUnknown`` where the member does not hold it, or ``QuotaUsed``.
    """
    if benefit.used_in not in (Place.ANYWHERE, place):
        raise WrongPlace(place=benefit.get_used_in_display())
    told: list[Happening] = []
    waiting = _open(account_id, programme.day_of(now)).filter(benefit=benefit)
    row = waiting.order_by(F("usable_through").asc(nulls_last=True), "pk").first()
    if row is None:
        made, told = issuing.issue([_wish(account_id, benefit, now)], now=now)
        row = made[0]
    scan = Scan(row.code, place, account_id=account_id, reference=reference)
    return row, [*told, using.mark(row, scan, now=now)]


def give_back(claim_id: int, *, reference: str) -> bool:
    """Opens a used claim again, through its own last day, as what it paid for under that reference was taken back.

    Whether there was one to open: what staff opened before, and was perhaps used anew, is left alone. What
    rules gave for the use stays, as when staff undo it.
    """
    rows = BenefitClaim.objects.filter(pk=claim_id, state=State.USED, reference=reference)
    opened = {"used_at": None, "used_in": "", "reference": "", "used_by": None, "partner": None}
    return bool(rows.update(state=State.OPEN, **opened))


def _open(account_id: int, day: date) -> QuerySet[BenefitClaim]:
    """Claims that can be used on ``day``, the night's mark awaited or not."""
    in_time = Q(usable_through=None) | Q(usable_through__gte=day)
    return BenefitClaim.objects.filter(in_time, member=account_id, state=State.OPEN)


def _wish(account_id: int, benefit: Benefit, now: datetime) -> Wish:
    """The claim to be used at once: the next of the period, as the member's own press would make it."""
    held = holdings.one(account_id, now=now)
    holding = next((each for each in held if each.benefit.pk == benefit.pk), None)
    if holding is None or not holding.is_counted:
        raise BenefitUnknown(param="benefit")
    if not holding.left:
        raise QuotaUsed(taken=holding.taken, quota=holding.offer.quota)
    return Wish(
        account_id=account_id,
        benefit=holding.benefit,
        offer=holding.offer,
        tier_id=holding.held.tier_id,
        period=holding.span.name,
        place=holding.place,
        usable_through=holding.usable_through(programme.day_of(now)),
        source=issuing.BY_MEMBER if benefit.way == Way.CLAIMED else issuing.BY_ITSELF,
    )
