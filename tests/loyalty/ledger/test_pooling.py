"""Shared purses: put in, spent together, and what everybody takes along."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from loyalty import accounts, faults
from loyalty.ledger import contributing, holding, pooling, spending, transferring, verify
from loyalty.models import Account, Currency, Entry, Lot, Pool, PoolMembership, Transfer
from tests.loyalty.till import NOW, net, one_for_one, open_account, order, post

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
Role = PoolMembership.Role


@pytest.fixture(autouse=True)
def programme() -> None:
    one_for_one()


def unit(**columns: Any) -> None:
    Currency.objects.filter(code="points").update(**columns)


def holder(points: int = 100) -> Account:
    member = open_account()
    buy(member, points, "A")
    return member


def buy(member: Account, points: int, name: str, *, now: Any = NOW) -> None:
    if points:
        post(order(f"{name}-{member.pk}", points * 100, member, now), now=now)


def family(*members: Account, percent: int = 0) -> Pool:
    owner, *others = members
    pool = pooling.open_purse(owner_id=owner.pk, name="一家人", now=NOW, percent=percent)
    for other in others:
        pooling.join(pool_id=pool.pk, account_id=other.pk, percent=percent, now=NOW)
    return pool


def put(pool: Pool, member: Account, amount: int, *, key: str = "p-1", now: Any = NOW) -> Transfer:
    return pooling.contribute(pool_id=pool.pk, account_id=member.pk, amount=amount, key=key, now=now)


def spend(pool: Pool, member: Account, amount: int, *, key: str = "s-1", now: Any = NOW) -> Entry:
    return pooling.spend(pool_id=pool.pk, account_id=member.pk, amount=amount, key=key, now=now)


def leave(pool: Pool, member: Account, *, now: Any = NOW) -> PoolMembership:
    return pooling.leave(pool_id=pool.pk, account_id=member.pk, now=now)


def test_what_is_put_in_remembers_who_brought_it_and_keeps_its_dates() -> None:
    member = holder()
    pool = family(member)

    put(pool, member, 60)

    mine, shared = Lot.objects.get(account=member), Lot.objects.get(account=pool.account)
    assert (shared.amount, shared.origin, shared.expires_at) == (60, member, mine.expires_at)
    assert (net(member), net(pool.account), verify.run(now=NOW)) == (40, 60, [])


def test_putting_in_is_done_once_for_its_key() -> None:
    member = holder()
    pool = family(member)
    first = put(pool, member, 60)

    assert put(pool, member, 60).pk == first.pk
    with pytest.raises(transferring.TransferMismatch):
        put(pool, member, 61)
    with pytest.raises(spending.InsufficientPoints):
        put(pool, member, 41, key="p-2")
    assert net(pool.account) == 60


def test_who_leaves_takes_along_what_is_left_of_their_own_lots() -> None:
    """E85: the purse has spent half; the unspent share of the leaver's own lots returns by lot order, dates kept."""
    unit(expiry_mode="days", expiry_length=30)
    stays, leaves = holder(0), holder(0)
    buy(leaves, 60, "early", now=NOW - 20 * DAY)
    buy(stays, 100, "middle", now=NOW - 10 * DAY)
    buy(leaves, 40, "late")
    pool = family(stays, leaves)
    put(pool, leaves, 100)
    put(pool, stays, 100)
    spend(pool, stays, 100)  # 60 that go first and 40 of the other's

    share = leave(pool, leaves)

    [back] = Lot.objects.filter(account=leaves).open()
    [kept] = Lot.objects.filter(account=pool.account).open()
    assert share.left_at == NOW
    assert (back.remaining, back.earned_at, back.expires_at, back.origin) == (40, NOW, back.expires_at, None)
    assert back.expires_at == Lot.objects.get(account=pool.account, origin=leaves, earned_at=NOW).expires_at
    assert (kept.remaining, kept.origin, net(leaves), net(pool.account)) == (60, stays, 40, 60)
    assert verify.run(now=NOW) == []


def test_leaving_twice_returns_nothing_again() -> None:
    stays, leaves = holder(), holder()
    pool = family(stays, leaves)
    put(pool, leaves, 100)
    first = leave(pool, leaves)

    assert leave(pool, leaves, now=NOW + DAY) == first
    assert (net(leaves), Transfer.objects.filter(kind="pool_out").count()) == (100, 1)


def test_a_payment_names_who_spent_and_is_done_once() -> None:
    owner, adult = holder(), holder()
    pool = family(owner, adult)
    put(pool, owner, 100)

    paid = spend(pool, adult, 30)

    assert paid.event is not None
    assert (paid.account, paid.amount, paid.event.kind, paid.event.account) == (pool.account, -30, "pool.spent", adult)
    assert spend(pool, adult, 30, now=NOW + DAY).pk == paid.pk
    for member, amount in ((adult, 31), (owner, 30)):
        with pytest.raises(pooling.SpendingMismatch):
            spend(pool, member, amount)
    assert net(pool.account) == 70


def test_who_only_contributes_cannot_spend_nor_can_strangers() -> None:
    owner, child = holder(), holder()
    pool = family(owner)
    pooling.join(pool_id=pool.pk, account_id=child.pk, role=Role.CONTRIBUTOR, now=NOW)
    put(pool, child, 50)

    with pytest.raises(pooling.MayNotSpend):
        spend(pool, child, 10)
    with pytest.raises(pooling.PurseNotFound):
        spend(pool, holder(), 10)
    with pytest.raises(spending.InsufficientPoints):
        spend(pool, owner, 51)
    assert Entry.objects.filter(counter="redeemed").count() == 0


def test_a_purse_in_doubt_neither_pays_nor_lets_go() -> None:
    owner, adult = holder(), holder()
    pool = family(owner, adult)
    put(pool, adult, 50)
    Account.objects.filter(pk=pool.account_id).update(spending_stopped_at=NOW)

    for deed in (
        lambda: spend(pool, owner, 1),
        lambda: leave(pool, adult),
        lambda: pooling.close(pool_id=pool.pk, now=NOW),
    ):
        with pytest.raises(accounts.SpendingStopped):
            deed()


def test_somebody_is_in_one_purse_at_a_time() -> None:
    one, other, member = holder(), holder(), holder()
    first, second = family(one, member), family(other)

    with pytest.raises(pooling.SharesAnother):
        pooling.join(pool_id=second.pk, account_id=member.pk, now=NOW)
    with pytest.raises(pooling.SharesAnother):
        family(member)
    again = pooling.join(pool_id=first.pk, account_id=member.pk, percent=50, now=NOW)
    leave(first, member)

    assert again.percent == 0
    assert pooling.join(pool_id=second.pk, account_id=member.pk, now=NOW).pool == second


def test_a_purse_has_one_owner_who_stays_until_it_is_closed() -> None:
    owner, adult = holder(), holder()
    pool = family(owner, adult)

    with pytest.raises(faults.InvalidChoice):
        pooling.join(pool_id=pool.pk, account_id=holder().pk, role=Role.OWNER, now=NOW)
    with pytest.raises(pooling.OwnerStays):
        leave(pool, owner)
    leave(pool, adult)
    leave(pool, owner)

    pool.refresh_from_db()
    assert (pool.closed_at, pool.account.status) == (NOW, "closed")


def test_a_share_lies_between_nothing_and_all() -> None:
    pool = family(holder())

    with pytest.raises(faults.OutOfRange):
        pooling.join(pool_id=pool.pk, account_id=holder().pk, percent=101, now=NOW)


def test_closing_gives_everybody_their_own_and_releases_what_is_set_aside() -> None:
    owner, adult = holder(), holder()
    pool = family(owner, adult)
    put(pool, owner, 70)
    put(pool, adult, 50)
    holding.hold(account_id=pool.account_id, amount=30, key="h", now=NOW)

    pooling.close(pool_id=pool.pk, now=NOW)

    assert (net(owner), net(adult), net(pool.account)) == (100, 100, 0)
    assert pool.memberships.filter(left_at=None).count() == 0
    assert pooling.close(pool_id=pool.pk, now=NOW + DAY).closed_at == NOW
    assert verify.run(now=NOW) == []
    with pytest.raises(pooling.PurseNotFound):
        put(pool, owner, 1, key="p-9")


def test_what_somebody_brought_who_is_gone_falls_to_the_owner() -> None:
    owner, adult = holder(), holder()
    pool = family(owner, adult)
    put(pool, adult, 50)
    Account.objects.filter(pk=adult.pk).update(status="closed")

    pooling.close(pool_id=pool.pk, now=NOW)

    assert net(owner) == 150


def test_a_share_of_new_points_goes_into_the_purse_once() -> None:
    member = holder(0)
    buy(member, 100, "before", now=NOW - DAY)
    pool = family(member, percent=30)

    buy(member, 50, "new")

    assert (net(member), net(pool.account)) == (100 + 35, 15)
    assert contributing.contribute_due(now=NOW) == 0
    buy(member, 50, "new")  # told again
    assert (net(pool.account), verify.run(now=NOW)) == (15, [])


def test_pending_points_are_shared_when_they_can_be_spent() -> None:
    unit(pending_days=7)
    member = holder(0)
    pool = family(member, percent=50)

    buy(member, 100, "new")
    before = net(pool.account)
    early = contributing.contribute_due(now=NOW + 7 * DAY - timedelta(microseconds=1))
    ripe = contributing.contribute_due(now=NOW + 7 * DAY)

    assert (before, early, ripe) == (0, 0, 1)
    assert (net(member, NOW + 7 * DAY), net(pool.account, NOW + 7 * DAY)) == (50, 50)
    assert contributing.contribute_due(now=NOW + 8 * DAY) == 0


def test_a_share_is_rounded_down_and_at_most_what_is_left() -> None:
    unit(pending_days=1)
    member = holder(0)
    pool = family(member, percent=33)
    buy(member, 10, "ten")
    buy(member, 2, "two")  # 0.66 of a point
    spending.spend(account_id=member.pk, amount=8, now=NOW + DAY)  # before the job came by

    contributing.contribute_due(now=NOW + DAY)

    assert (net(member, NOW + DAY), net(pool.account, NOW + DAY)) == (2, 2)


def test_a_suspended_member_shares_nothing() -> None:
    member = holder(0)
    pool = family(member, percent=50)
    Account.objects.filter(pk=member.pk).update(status="frozen")

    buy(member, 100, "new")

    assert (contributing.contribute_due(now=NOW), net(pool.account)) == (0, 0)


def test_where_nobody_shares_an_event_costs_one_query_more() -> None:
    member = holder(0)

    with CaptureQueriesContext(connection) as queries:
        contributing.follow([member.pk], {}, NOW)

    assert len(queries) == 1
