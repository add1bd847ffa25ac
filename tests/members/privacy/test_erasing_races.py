"""Being forgotten while points are spent and returned: nobody is half erased, and the books add up."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count

import pytest
from django.db import connection

from loyalty.errors import LoyaltyError
from loyalty.ledger import spending, verify
from loyalty.models import Account, Balance
from members.models import Member
from members.privacy import erasing, wishes
from tests.loyalty import till
from tests.loyalty.till import NOW
from tests.members.privacy import canaries

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
MANY = 12


def at_once(deeds: list[Callable[[], object]]) -> list[BaseException]:
    """Each in a thread of its own; what went wrong, refusals aside."""

    def one(deed: Callable[[], object]) -> None:
        try:
            deed()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(deeds)) as pool:
        futures = [pool.submit(one, deed) for deed in deeds]
    failed = [error for future in futures if (error := future.exception()) is not None]
    return [error for error in failed if not isinstance(error, LoyaltyError)]


def people() -> list[Member]:
    till.one_for_one()
    till.open_till()
    members = [
        canaries.somebody(
            name=f"金丝雀{at}", phone=f"139111122{at:02}", email=f"canary{at}@example.com", till_id=f"CANARY-{at}"
        )
        for at in range(MANY)
    ]
    for member in members:
        wishes.ask(account_id=member.pk, now=NOW)
    return members


def test_members_are_erased_while_they_spend_and_return() -> None:
    """F30: erasing beside redemptions and refunds leaves no name and books that add up (I20)."""
    members, numbers, later = people(), count(1), NOW + timedelta(days=7)

    def spend(member: Member) -> Callable[[], object]:
        return lambda: spending.spend(account_id=member.pk, amount=120, now=later)

    def give_back(member: Member, at: int) -> Callable[[], object]:
        order_id = f"CANARY-{at}-order-1"[-9:]
        return lambda: till.post(till.refund(f"R-{next(numbers)}", order_id, 9000, later), now=later)

    def erase(member: Member) -> Callable[[], object]:
        return lambda: erasing.carry_out(member.pk, now=later)

    failed = at_once(
        [deed for at, each in enumerate(members) for deed in (spend(each), erase(each), give_back(each, at))]
    )
    erasing.empty_again(now=later)

    assert failed == []
    assert (Member.objects.count(), canaries.traces()) == (0, [])
    assert set(Account.objects.filter(pk__in=[each.pk for each in members]).values_list("status", flat=True)) == {
        "closed"
    }
    assert [row for row in Balance.objects.all() if row.net] == []
    assert [breach for breach in verify.run(now=later) if breach.invariant != "I22"] == []


def test_erased_by_two_workers_at_once_is_erased_once() -> None:
    members = people()[:3]

    failed = at_once([lambda each=each: erasing.carry_out(each.pk, now=NOW) for each in members for _twice in (1, 2)])  # type: ignore[misc]  # bound early

    assert failed == []
    assert Member.objects.filter(pk__in=[each.pk for each in members]).count() == 0
    assert Balance.objects.filter(account_id__in=[each.pk for each in members], available__gt=0).count() == 0
