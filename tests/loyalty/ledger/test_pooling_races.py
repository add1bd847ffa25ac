"""Shared purses at one instant on PostgreSQL: spent once, joined once, each lot shared once."""

import pytest

from loyalty import accounts
from loyalty.accounts import Locked
from loyalty.ledger import contributing, pooling, store, verify
from loyalty.models import Account, Entry, Pool, PoolMembership, Transfer
from tests.loyalty.crowd import Call, all_read_first, at_once
from tests.loyalty.till import NOW, net, one_for_one, open_account, order, post

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def rule() -> None:
    one_for_one()


def buy(member: Account, points: int, name: str) -> None:
    post(order(f"{name}-{member.pk}", points * 100, member))


def family(size: int, *, percent: int = 0) -> tuple[Pool, list[Account]]:
    owner, *others = [open_account() for _ in range(size)]
    pool = pooling.open_purse(owner_id=owner.pk, name="一家人", now=NOW, percent=percent)
    for other in others:
        pooling.join(pool_id=pool.pk, account_id=other.pk, percent=percent, now=NOW)
    return pool, [owner, *others]


def payer(pool: Pool, member: Account, amount: int, key: str) -> Call:
    return lambda: pooling.spend(pool_id=pool.pk, account_id=member.pk, amount=amount, key=key, now=NOW)


def filled(points: int, size: int) -> tuple[Pool, list[Account]]:
    pool, members = family(size)
    buy(members[0], points, "A")
    pooling.contribute(pool_id=pool.pk, account_id=members[0].pk, amount=points, key="in", now=NOW)
    return pool, members


def test_a_family_that_spends_everything_at_once_spends_it_once() -> None:
    pool, members = filled(100, 8)

    answers = at_once([payer(pool, member, 100, f"s-{member.pk}") for member in members])

    assert answers == {"success": 1, "insufficient_points": 7}
    assert (net(pool.account), Entry.objects.filter(counter="redeemed").count(), verify.run(now=NOW)) == (0, 1, [])


def test_without_the_purses_lock_only_the_chain_of_entries_stands_in_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: nobody waits, everybody sees the same 100, and the database has to say no."""
    pool, members = filled(100, 4)
    monkeypatch.setattr(accounts, "lock", lambda ids: {each: Locked("active", "") for each in ids})
    monkeypatch.setattr(store, "load", all_read_first(store.load, len(members), rounds=2))

    answers = at_once([payer(pool, member, 100, f"s-{member.pk}") for member in members])

    assert (answers["success"], answers["integrity_error"]) == (1, 3)


def test_one_key_at_one_instant_is_one_payment() -> None:
    pool, members = filled(100, 1)

    answers = at_once([payer(pool, members[0], 30, "same") for _ in range(8)])

    assert (answers, net(pool.account)) == ({"success": 8}, 70)


def test_who_joins_two_purses_at_once_is_in_one() -> None:
    pools, member = [family(1)[0] for _ in range(6)], open_account()

    def joiner(pool: Pool) -> Call:
        return lambda: pooling.join(pool_id=pool.pk, account_id=member.pk, now=NOW)

    answers = at_once([joiner(pool) for pool in pools])

    assert answers == {"success": 1, "shares_another_purse": 5}
    assert PoolMembership.objects.filter(account=member, left_at=None).count() == 1


def test_a_family_that_buys_at_once_shares_each_lot_once_whoever_was_quicker() -> None:
    pool, members = family(6, percent=30)

    def buyer(member: Account) -> Call:
        return lambda: buy(member, 100, "B")

    jobs: list[Call] = [lambda: contributing.contribute_due(now=NOW)] * 2
    answers = at_once([*(buyer(member) for member in members), *jobs])
    contributing.contribute_due(now=NOW)

    assert answers == {"success": 8}
    assert (net(pool.account), [net(member) for member in members]) == (180, [70] * 6)
    assert (Transfer.objects.count(), verify.run(now=NOW)) == (6, [])


def test_leaving_and_spending_at_once_lose_no_point() -> None:
    pool, members = filled(100, 3)
    leaver = members[1]
    buy(leaver, 50, "L")
    pooling.contribute(pool_id=pool.pk, account_id=leaver.pk, amount=50, key="in", now=NOW)

    def leave() -> None:
        pooling.leave(pool_id=pool.pk, account_id=leaver.pk, now=NOW)

    answers = at_once([payer(pool, members[0], 120, "s"), leave, leave])

    spent = 120 if answers["insufficient_points"] == 0 else 0
    assert answers["success"] >= 2
    assert net(pool.account) + net(leaver) == 150 - spent
    assert verify.run(now=NOW) == []
