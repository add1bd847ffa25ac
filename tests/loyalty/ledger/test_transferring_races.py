"""Gifts at one instant on PostgreSQL: nothing is given twice, nothing is lost, nobody is told of a deadlock."""

import time
from collections.abc import Sequence

import pytest
from django.db.models import F, Sum

from loyalty import accounts, retrying
from loyalty.accounts import Locked
from loyalty.ledger import store, transferring, verify
from loyalty.models import Account, Balance, Currency, Transfer
from tests.loyalty.crowd import Call, all_read_first, at_once
from tests.loyalty.till import NOW, net, one_for_one, open_account, order, post

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
AT_ONCE = 20
ROUNDS = 500


@pytest.fixture(autouse=True)
def programme() -> None:
    one_for_one()
    Currency.objects.filter(code="points").update(is_transferable=True)


def holder(points: int) -> Account:
    member = open_account()
    post(order(f"A{member.pk}", points * 100, member))
    return member


def gift(giver: Account, receiver: Account, amount: int, key: str) -> Call:
    return lambda: transferring.transfer(giver_id=giver.pk, receiver_id=receiver.pk, amount=amount, key=key, now=NOW)


def everything() -> int:
    return int(Balance.objects.aggregate(all=Sum("available"))["all"])


def test_twenty_gifts_of_everything_to_twenty_people_are_one() -> None:
    """C10: balance 100, 20 parallel gifts of 100 to 20 receivers: 1 success, the sum stays 100."""
    giver, receivers = holder(100), [open_account() for _ in range(AT_ONCE)]

    answers = at_once([gift(giver, other, 100, f"g-{other.pk}") for other in receivers])

    assert answers == {"success": 1, "insufficient_points": AT_ONCE - 1}
    assert sorted(net(other) for other in receivers) == [0] * (AT_ONCE - 1) + [100]
    assert (everything(), net(giver), verify.run(now=NOW)) == (100, 0, [])


def test_who_reads_checks_and_saves_gives_the_same_points_again() -> None:
    """C10, the negative control: the same race as other engines wrote it makes points out of nothing."""
    giver, receivers = holder(100), [open_account() for _ in range(8)]
    points = Currency.objects.get(code="points")
    for other in receivers:
        Balance.objects.create(account=other, currency=points)

    def naive(other: Account) -> Call:
        def give() -> None:
            balance = Balance.objects.get(account=giver, currency=points)
            assert balance.available >= 100
            time.sleep(0.2)
            balance.available -= 100
            balance.save()
            Balance.objects.filter(account=other).update(available=F("available") + 100)

        return give

    answers = at_once([naive(other) for other in receivers])

    assert answers["success"] > 1
    assert everything() == 100 * answers["success"]


def test_without_the_locks_the_chain_of_entries_still_keeps_the_sum(monkeypatch: pytest.MonkeyPatch) -> None:
    """C10: the second line of defense. Nobody waits, so the others meet the version of an entry that is taken."""
    giver, receivers = holder(100), [open_account() for _ in range(8)]
    monkeypatch.setattr(accounts, "lock", lambda ids: {each: Locked("active", "") for each in ids})
    monkeypatch.setattr(store, "load", all_read_first(store.load, len(receivers)))

    answers = at_once([gift(giver, other, 100, f"g-{other.pk}") for other in receivers])

    assert answers == {"success": 1, "integrity_error": 7}
    assert everything() == 100


def test_one_key_at_one_instant_is_one_gift() -> None:
    giver, receiver = holder(100), open_account()

    answers = at_once([gift(giver, receiver, 30, "same") for _ in range(AT_ONCE)])

    assert (answers, net(giver), net(receiver)) == ({"success": AT_ONCE}, 70, 30)


def test_one_key_for_two_receivers_at_one_instant_belongs_to_one() -> None:
    givers, receiver = [holder(100) for _ in range(4)], open_account()

    answers = at_once([gift(giver, receiver, 30, "same") for giver in givers])

    assert answers == {"success": 1, "transfer_mismatch": 3}
    assert (net(receiver), everything()) == (30, 400)


def test_gifts_that_cross_each_other_neither_deadlock_nor_lose_a_point() -> None:
    """F6: A to B and B to A, 500 rounds each: the sum is constant, no deadlock surfaces, hardly any is repeated."""
    one, other = holder(100), holder(100)
    before = (retrying.counts.deeds, retrying.counts.repeats)

    def many(giver: Account, receiver: Account) -> Call:
        def give() -> None:
            for number in range(ROUNDS):
                transferring.transfer(
                    giver_id=giver.pk, receiver_id=receiver.pk, amount=1, key=f"{giver.pk}-{number}", now=NOW
                )

        return give

    answers = at_once([many(one, other), many(other, one)])

    deeds, repeats = retrying.counts.deeds - before[0], retrying.counts.repeats - before[1]
    assert answers == {"success": 2}
    assert (net(one) + net(other), Transfer.objects.count()) == (200, 2 * ROUNDS)
    assert deeds >= 2 * ROUNDS
    assert repeats < deeds / 100
    assert verify.run(now=NOW) == []


def test_locking_in_any_order_would_deadlock(monkeypatch: pytest.MonkeyPatch) -> None:
    """F6, the negative control: giver first, then receiver, and the database has to end some of them."""
    one, other = holder(100), holder(100)
    lock, before = accounts.lock, retrying.counts.repeats

    def in_the_order_of_the_deed(account_ids: Sequence[int]) -> dict[int, Locked]:
        found: dict[int, Locked] = {}
        for account_id in account_ids:
            found |= lock([account_id])
            time.sleep(0.05)
        return found

    monkeypatch.setattr(accounts, "lock", in_the_order_of_the_deed)

    at_once([gift(one, other, 1, "there"), gift(other, one, 1, "back")])

    assert retrying.counts.repeats > before
