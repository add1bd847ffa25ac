"""Merges at one instant on PostgreSQL: once, and nothing that happens meanwhile is lost."""

import pytest

from loyalty.errors import LoyaltyError
from loyalty.ledger import merging, spending, verify
from loyalty.models import Account, Balance, Merge
from tests.loyalty.crowd import Call, at_once
from tests.loyalty.till import NOW, net, one_for_one, open_account, order, post, refund

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def rule() -> None:
    one_for_one()


def holder(points: int) -> Account:
    member = open_account()
    post(order(f"A-{member.pk}", points * 100, member))
    return member


def merger(survivor: Account, duplicate: Account) -> Call:
    return lambda: merging.merge(
        survivor_id=survivor.pk, duplicate_id=duplicate.pk, reason="one person", by=None, now=NOW
    )


def left(account: Account) -> int:
    return Balance.objects.get(account=account, currency__code="points").net


def test_two_clerks_merge_the_same_pair_once() -> None:
    survivor, duplicate = holder(100), holder(200)

    answers = at_once([merger(survivor, duplicate)] * 8)

    assert (answers, Merge.objects.count(), net(survivor)) == ({"success": 8}, 1, 300)
    assert verify.run(now=NOW) == []


def test_two_clerks_who_merge_crosswise_leave_one_account() -> None:
    one, other = holder(100), holder(200)

    answers = at_once([merger(one, other), merger(other, one)])

    assert answers == {"success": 1, "member_not_found": 1}
    assert (net(one) + net(other), Account.objects.filter(status="closed").count()) == (300, 1)
    assert verify.run(now=NOW) == []


@pytest.mark.parametrize("round_number", range(3))
def test_purchases_and_returns_under_way_find_the_survivor(round_number: int) -> None:
    survivor, duplicate = holder(100), holder(200)

    def buyer(number: int) -> Call:
        return lambda: post(order(f"B-{round_number}-{number}", 1000, duplicate))

    def returner(number: int) -> Call:
        return lambda: post(refund(f"R-{round_number}-{number}", f"A-{duplicate.pk}", 500))

    answers = at_once(
        [merger(survivor, duplicate), *(buyer(number) for number in range(6)), *(returner(n) for n in range(4))]
    )

    assert answers == {"success": 11}
    assert (net(survivor), left(duplicate)) == (100 + 200 + 60 - 20, 0)
    assert verify.run(now=NOW) == []


def test_spending_and_merging_at_once_spend_each_point_once() -> None:
    survivor, duplicate = holder(1), holder(100)

    def spend() -> None:
        spending.spend(account_id=duplicate.pk, amount=100, now=NOW)

    answers = at_once([merger(survivor, duplicate), spend, spend])

    assert answers["success"] in (1, 2)
    assert net(survivor) == (101 if answers["success"] == 1 else 1)
    assert (left(duplicate), verify.run(now=NOW)) == (0, [])


def test_taking_a_merge_back_twice_at_once_returns_once() -> None:
    survivor, duplicate = holder(100), holder(200)
    merger(survivor, duplicate)()
    row = Merge.objects.get()

    def unmerge() -> None:
        merging.unmerge(merge_id=row.pk, reason="two persons", by=None, now=NOW)

    answers = at_once([unmerge] * 6)

    assert answers == {"success": 6}
    assert (net(survivor), net(duplicate), verify.run(now=NOW)) == (100, 200, [])


def test_a_refused_merge_leaves_nothing_behind() -> None:
    survivor, duplicate = holder(100), holder(200)
    Account.objects.filter(pk=survivor.pk).update(status="frozen")

    with pytest.raises(LoyaltyError):
        merger(survivor, duplicate)()

    assert (Merge.objects.count(), net(duplicate)) == (0, 200)
