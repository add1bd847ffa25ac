"""What members care about: ticks on the brand's list."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from loyalty import accounts
from members.models import Interest, MemberInterest
from members.profile import completeness


def offered() -> list[Interest]:
    """The list as it is today, in the brand's order."""
    return list(Interest.objects.filter(archived_at=None))


def of(member_id: int) -> set[str]:
    """Codes of what a member ticked, retired ones included."""
    return set(MemberInterest.objects.filter(member_id=member_id).values_list("interest__code", flat=True))


@transaction.atomic
def choose(*, member_id: int, codes: Collection[str], now: datetime) -> None:
    """Replaces the ticks on today's list; what has been retired since stays, unknown codes are passed over."""
    accounts.lock_living(member_id)
    ids = {each.code: each.pk for each in offered()}
    wanted = {ids[code] for code in codes if code in ids}
    ticks = MemberInterest.objects.filter(member_id=member_id, interest__in=ids.values())
    there = set(ticks.values_list("interest_id", flat=True))
    ticks.filter(interest__in=there - wanted).delete()
    MemberInterest.objects.bulk_create(MemberInterest(member_id=member_id, interest_id=pk) for pk in wanted - there)
    completeness.settle(member_id, now=now)
