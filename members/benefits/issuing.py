"""Writing claims: the rows, their codes, and the event that tells rules of each. The callers hold the locks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from loyalty import ids
from loyalty.registry import Happening
from members.models import Benefit, BenefitClaim, BenefitOffer, Tier

CLAIMED, USED = "benefit.claimed", "benefit.used"
CODE_LENGTH = 12
BY_MEMBER, BY_ITSELF, BY_RULE, BY_STAFF = "member", "itself", "rule", "staff"


@dataclass(frozen=True, slots=True)
class Wish:
    """One claim to be written."""

    account_id: int
    benefit: Benefit
    offer: BenefitOffer | None
    tier_id: int | None
    period: str
    place: int
    usable_through: date | None
    source: str
    cause_id: UUID | None = None
    note: str = ""


def issue(wishes: Sequence[Wish], *, now: datetime) -> tuple[list[BenefitClaim], list[Happening]]:
    """The claims, and what rules are to be told of them. Two statements for any number."""
    if not wishes:
        return [], []
    rows = BenefitClaim.objects.bulk_create(
        [
            BenefitClaim(
                member_id=wish.account_id,
                benefit=wish.benefit,
                offer=wish.offer,
                tier_id=wish.tier_id,
                period=wish.period,
                place=wish.place,
                code=ids.code(CODE_LENGTH),
                claimed_at=now,
                usable_through=wish.usable_through,
                note=wish.note,
            )
            for wish in wishes
        ],
        batch_size=500,
    )
    tiers = {wish.tier_id for wish in wishes if wish.tier_id is not None}
    codes = dict(Tier.objects.filter(pk__in=tiers).values_list("pk", "code")) if tiers else {}
    pairs = zip(rows, wishes, strict=True)
    return rows, [_happening(row, wish, codes.get(wish.tier_id or 0, "")) for row, wish in pairs]


def _happening(row: BenefitClaim, wish: Wish, tier: str) -> Happening:
    return Happening(
        kind=CLAIMED,
        key=f"{CLAIMED}:{row.pk}",
        account_id=row.member_id,
        occurred_at=row.claimed_at,
        payload={
            "claim": row.pk,
            "benefit": wish.benefit.code,
            "kind": wish.benefit.kind,
            "tier": tier,
            "set": wish.offer.set.code if wish.offer else "",
            "source": wish.source,
        },
        cause_id=wish.cause_id,
    )
