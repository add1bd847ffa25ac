"""What comes by itself: each night for everybody, and at once on joining, on a new tier and on a new plan.

Both roads ask the same question, what of the present period is still owed, so neither gives twice and
what one missed the other makes good. A period that passed unseen is not made up for.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from loyalty import accounts, periods, programme
from loyalty.events import intake
from loyalty.models import Account
from loyalty.registry import Follower, Happening, Job, Stride
from members.benefits import holdings, issuing, offers
from members.benefits.holdings import Holding
from members.benefits.issuing import Wish
from members.climbing import telling
from members.models import Benefit, Member
from members.paying import happenings

RANGE = 500
RANGES_A_STRIDE = 10
AT_ONCE = ("member.joined", telling.UPGRADED, happenings.STARTED, happenings.RENEWED)


def grant_due(
    account_ids: Sequence[int], *, now: datetime, causes: Mapping[int, UUID] | None = None
) -> list[Happening]:
    """Grants these members what they are owed for the present periods; what rules are to be told of it.

    Runs in the caller's transaction. Suspended and closed memberships get nothing.
    """
    locked = accounts.lock(sorted(account_ids))
    active = [account_id for account_id, row in locked.items() if row.status == Account.Status.ACTIVE]
    day = programme.day_of(now)
    wishes = [
        Wish(
            account_id=account_id,
            benefit=holding.benefit,
            offer=holding.offer,
            tier_id=holding.held.tier_id,
            period=holding.span.name,
            place=holding.place + number,
            usable_through=holding.usable_through(day),
            source=issuing.BY_ITSELF,
            cause_id=(causes or {}).get(account_id),
        )
        for account_id, holding in _owed(active, now)
        for number in range(holding.left)
    ]
    return issuing.issue(wishes, now=now)[1]


def _owed(account_ids: Sequence[int], now: datetime) -> list[tuple[int, Holding]]:
    held = holdings.of(account_ids, now=now) if account_ids else {}
    return [
        (account_id, holding)
        for account_id, found in held.items()
        for holding in found
        if holding.benefit.way == Benefit.Way.GRANTED and holding.left
    ]


def grants_anything(now: datetime) -> bool:
    """Whether any line in season today comes by itself."""
    return any(line.benefit.way == Benefit.Way.GRANTED for line in offers.in_force(programme.day_of(now)))


def follow(account_ids: Sequence[int], causes: Mapping[int, UUID], now: datetime) -> list[Happening]:
    """Grants at once to who has just joined, risen or bought a plan. The pipeline holds the accounts' locks."""
    return grant_due(account_ids, now=now, causes=causes) if grants_anything(now) else []


def walk(as_of: datetime, _period: str, cursor: str) -> Stride:
    """Some thousand members in order of their account, from ``cursor`` on; one transaction a range."""
    granted, last = 0, int(cursor or 0)
    if not grants_anything(as_of):
        return Stride("", {"granted": granted})
    for _range in range(RANGES_A_STRIDE):
        members = Member.objects.filter(pk__gt=last).order_by("pk")
        account_ids = list(members.values_list("pk", flat=True)[:RANGE])
        if not account_ids:
            return Stride("", {"granted": granted})
        with transaction.atomic():
            told = grant_due(account_ids, now=as_of)
            if told:
                intake.record(told, now=as_of)
        granted, last = granted + len(told), account_ids[-1]
    return Stride(str(last), {"granted": granted})


FOLLOWER = Follower("benefits", follow, kinds=AT_ONCE)
JOB = Job("grant_benefits", _("Grant benefits that come by themselves"), periods.day, walk=walk, catch_up=0)
