"""Two accounts made one and taken apart again: lots, debt, holds, names, tallies, refunds."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest

from loyalty import accounts, approvals
from loyalty.bookkeeping import MergeStep
from loyalty.events import customers
from loyalty.events.incoming import Incoming
from loyalty.ledger import holding, merging, pooling, spending, verify
from loyalty.models import (
    Account,
    AccountReference,
    AuditRecord,
    Balance,
    Currency,
    Entry,
    Event,
    Hold,
    Lot,
    Merge,
    Order,
    Tally,
)
from loyalty.registry import Belonging, registry
from tests.loyalty.desk import person
from tests.loyalty.till import NOW, net, one_for_one, open_account, open_till, order, post, publish, refund

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def programme() -> None:
    one_for_one()


def unit(**columns: Any) -> None:
    Currency.objects.filter(code="points").update(**columns)


def holder(points: int = 100, *, at: Any = NOW) -> Account:
    member = open_account()
    if points:
        buy(member, points, "A", at=at)
    return member


def buy(member: Account, points: int, name: str, *, at: Any = NOW) -> str:
    order_id = f"{name}-{member.pk}"
    post(order(order_id, points * 100, member, at), now=at)
    return order_id


def indebted(debt: int) -> Account:
    """Spent what was given back later."""
    member = holder(0)
    order_id = buy(member, debt, "debt")
    spending.spend(account_id=member.pk, amount=debt, now=NOW)
    post(refund(f"R-{member.pk}", order_id, debt * 100))
    return member


def merge(survivor: Account, duplicate: Account, *, now: Any = NOW, **more: Any) -> Merge:
    wish: dict[str, Any] = {"reason": "one person, two phones", "by": None, **more}
    return merging.merge(survivor_id=survivor.pk, duplicate_id=duplicate.pk, now=now, **wish)


def unmerge(row: Merge, *, now: Any = NOW + HOUR, **more: Any) -> Merge:
    wish: dict[str, Any] = {"reason": "two persons after all", "by": None, **more}
    return merging.unmerge(merge_id=row.pk, now=now, **wish)


def balance(member: Account) -> tuple[int, int, int, int]:
    row = Balance.objects.get(account=member, currency__code="points")
    return row.available, row.pending, row.held, row.debt


def tally(member: Account) -> int:
    return sum(Tally.objects.filter(account=member, metric__code="spend").values_list("value", flat=True))


def test_hundred_and_two_hundred_are_three_hundred_on_one_card() -> None:
    survivor, duplicate = holder(100), holder(200)

    merge(survivor, duplicate)

    duplicate.refresh_from_db()
    assert (net(survivor), balance(duplicate)) == (300, (0, 0, 0, 0))
    assert (duplicate.status, duplicate.merged_into) == ("closed", survivor)
    assert verify.run(now=NOW) == []


def test_lots_keep_their_dates_and_pending_ones_stay_pending() -> None:
    unit(pending_days=14, expiry_mode="days", expiry_length=30)
    survivor, duplicate = holder(0), holder(100, at=NOW - 20 * DAY)
    buy(duplicate, 50, "late")
    before = sorted(Lot.objects.filter(account=duplicate).values_list("earned_at", "available_at", "expires_at"))

    merge(survivor, duplicate)

    after = sorted(Lot.objects.filter(account=survivor).values_list("earned_at", "available_at", "expires_at"))
    assert (after, balance(survivor)) == (before, (100, 50, 0, 0))
    assert (net(survivor, NOW + 14 * DAY), verify.run(now=NOW)) == (150, [])


def test_the_same_merge_again_moves_nothing_and_another_is_refused() -> None:
    survivor, duplicate, other = holder(100), holder(200), holder(0)
    first = merge(survivor, duplicate)

    assert merge(survivor, duplicate, now=NOW + DAY).pk == first.pk
    with pytest.raises(merging.AlreadyMerged):
        merge(other, duplicate)
    with pytest.raises(accounts.AccountNotFound):
        merge(duplicate, other)
    assert (net(survivor), Merge.objects.count()) == (300, 1)


def test_debt_goes_over_and_is_paid_from_what_is_there() -> None:
    survivor, duplicate = holder(100), indebted(30)

    row = merge(survivor, duplicate)

    assert (balance(survivor), balance(duplicate)) == ((70, 0, 0, 0), (0, 0, 0, 0))
    assert verify.run(now=NOW) == []

    unmerge(row)
    assert (balance(survivor), balance(duplicate)) == ((100, 0, 0, 0), (0, 0, 0, 30))
    assert verify.run(now=NOW) == []


def test_points_of_the_duplicate_pay_the_debt_of_the_survivor() -> None:
    survivor, duplicate = indebted(30), holder(100)

    row = merge(survivor, duplicate)
    back = unmerge(row)

    assert back.record["unreturned"] == {"points": 30}
    assert (balance(survivor), balance(duplicate)) == ((0, 0, 0, 0), (70, 0, 0, 0))
    assert verify.run(now=NOW) == []


def test_debt_on_both_sides_adds_up() -> None:
    survivor, duplicate = indebted(30), indebted(20)

    row = merge(survivor, duplicate)
    together = balance(survivor)
    buy(survivor, 40, "later")
    unmerge(row)

    assert (together, balance(survivor), balance(duplicate)) == ((0, 0, 0, 50), (10, 0, 0, 0), (0, 0, 0, 20))
    assert verify.run(now=NOW) == []


def test_debt_by_instalments_stays_so() -> None:
    unit(recoup_percent=50)
    survivor, duplicate = holder(100), indebted(30)
    buy(duplicate, 20, "after")  # half of it pays

    merge(survivor, duplicate)

    row = Balance.objects.get(account=survivor, currency__code="points")
    assert (row.available - row.debt - row.deferred, verify.run(now=NOW)) == (100 + 20 - 30, [])


def test_open_holds_are_released_first() -> None:
    survivor, duplicate = holder(0), holder(100)
    held = holding.hold(account_id=duplicate.pk, amount=60, key="h", now=NOW)

    row = merge(survivor, duplicate)

    held.refresh_from_db()
    assert (held.state, balance(survivor), row.record["holds"]) == ("released", (100, 0, 0, 0), [held.pk.hex])
    assert verify.run(now=NOW) == []


def test_the_duplicate_leaves_its_shared_purse_and_its_share_goes_over() -> None:
    owner, survivor, duplicate = holder(100), holder(0), holder(100)
    pool = pooling.open_purse(owner_id=owner.pk, name="一家人", now=NOW)
    pooling.join(pool_id=pool.pk, account_id=duplicate.pk, now=NOW)
    pooling.contribute(pool_id=pool.pk, account_id=duplicate.pk, amount=80, key="p", now=NOW)

    merge(survivor, duplicate)

    assert (net(survivor), net(pool.account), pool.memberships.filter(left_at=None).count()) == (100, 0, 1)
    pooling.join(pool_id=pool.pk, account_id=survivor.pk, now=NOW)
    with pytest.raises(pooling.OwnerStays):
        merge(survivor, owner)
    assert verify.run(now=NOW) == []


def test_names_orders_and_waiting_events_go_over_and_come_back() -> None:
    survivor, duplicate, till = holder(0), holder(100), open_till()
    AccountReference.objects.create(partner=till, external_id="C-2", account=duplicate)
    late = {"pk": post(order("late", 5000, duplicate, NOW - 30 * DAY))[0].event_id}

    row = merge(survivor, duplicate)
    told = post(order("by-reference", 1000, None, customer="x:C-2"), order("by-number", 1000, duplicate))

    assert [outcome.status for outcome in told] == ["accepted", "accepted"]
    assert Event.objects.get(**late).account == survivor
    assert (net(survivor), Order.objects.filter(account=survivor).count()) == (120, 4 - 1)

    unmerge(row)
    assert AccountReference.objects.get().account == duplicate
    assert Event.objects.get(**late).account == duplicate
    assert Order.objects.get(external_id=f"A-{duplicate.pk}").account == duplicate
    assert (net(survivor), net(duplicate), verify.run(now=NOW)) == (20, 100, [])


def test_tallies_are_added_and_subtracted() -> None:
    survivor, duplicate = holder(100), holder(200)

    row = merge(survivor, duplicate)
    together = tally(survivor)
    unmerge(row)

    assert (together, tally(survivor), tally(duplicate)) == (30000, 10000, 20000)


def test_a_refund_of_an_old_order_is_taken_from_the_survivor() -> None:
    survivor, duplicate = holder(100), holder(200)
    merge(survivor, duplicate)

    post(refund("R1", f"A-{duplicate.pk}", 5000), now=NOW + HOUR)

    assert (net(survivor), net(duplicate), balance(duplicate)) == (250, 0, (0, 0, 0, 0))
    assert verify.run(now=NOW + HOUR) == []


def test_a_refund_takes_the_moved_lot_first_though_it_is_pending() -> None:
    unit(pending_days=14)
    survivor, duplicate = holder(100), holder(200)
    merge(survivor, duplicate)

    post(refund("R1", f"A-{duplicate.pk}", 20000), now=NOW + HOUR)

    assert (balance(survivor), Lot.objects.get(account=survivor, amount=200).remaining) == ((0, 100, 0, 0), 0)


def test_points_that_paid_an_old_order_go_back_to_the_survivor() -> None:
    survivor, duplicate, till = holder(0), holder(3000), open_till()
    holding.hold(account_id=duplicate.pk, amount=2000, key="T-1", partner=till, now=NOW)
    holding.capture(key="T-1", partner=till, now=NOW)
    post(order("P1", 10000, duplicate, points_paid_minor=2000, points_hold="t:T-1"))
    before = net(duplicate)
    merge(survivor, duplicate)

    post(refund("R1", "P1", 5000), now=NOW + HOUR)
    post(refund("R2", "P1", 5000), now=NOW + HOUR)

    assert (before, net(survivor, NOW + HOUR), balance(duplicate)) == (1080, 3000, (0, 0, 0, 0))
    assert verify.run(now=NOW + HOUR) == []


def test_points_that_wait_for_an_event_wake_with_the_survivor_and_after_coming_back() -> None:
    rate = {"effect": "points.rate", "currency": "points", "points": 1, "per_minor": 100}
    publish("patient", [rate | {"wait": {"for": "order.completed", "days": 30}}], kind="order.paid")
    survivor, duplicate = holder(0), open_account()
    post(order("W1", 10000, duplicate), order("W2", 5000, duplicate))

    row = merge(survivor, duplicate)
    post(Incoming("order.completed", {"order_id": "W1"}, NOW + HOUR), now=NOW + HOUR)
    with_survivor = balance(survivor)
    unmerge(row)
    post(Incoming("order.completed", {"order_id": "W2"}, NOW + HOUR), now=NOW + HOUR)

    assert (with_survivor, balance(survivor), balance(duplicate)) == (
        (150 + 100, 50, 0, 0),
        (0, 0, 0, 0),
        (150 + 150, 0, 0, 0),
    )
    assert verify.run(now=NOW + HOUR) == []


def test_an_event_under_way_while_accounts_are_merged_is_the_survivors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose it is was looked up before the merge; the lock comes after it."""
    survivor, duplicate = holder(0), holder(100)
    merge(survivor, duplicate)
    monkeypatch.setattr(customers, "resolve", lambda refs, **_more: dict.fromkeys(refs, duplicate.pk))

    told = post(order("U1", 5000, duplicate))[0]

    assert told.event_id is not None
    assert (net(survivor), balance(duplicate)) == (150, (0, 0, 0, 0))
    assert Event.objects.get(pk=told.event_id).account == survivor


def test_what_was_spent_cannot_be_returned_and_is_told() -> None:
    survivor, duplicate = holder(0), holder(100)
    buy(duplicate, 50, "second")
    row = merge(survivor, duplicate)
    spending.spend(account_id=survivor.pk, amount=120, now=NOW)

    back = unmerge(row)

    assert back.record["unreturned"] == {"points": 120}
    assert (net(survivor), net(duplicate), verify.run(now=NOW)) == (0, 30, [])
    record = AuditRecord.objects.get(deed="account.unmerged")
    assert (record.after["unreturned"], record.reason) == ({"points": 120}, "two persons after all")


def test_there_and_back_leaves_everything_as_it_was_and_can_be_done_again() -> None:
    survivor, duplicate = holder(100), holder(200, at=NOW - 5 * DAY)
    unit(pending_days=3)
    buy(duplicate, 30, "new")
    before = (balance(survivor), balance(duplicate), tally(survivor))

    for round_number in range(2):
        row = merge(survivor, duplicate, now=NOW + round_number * HOUR)
        unmerge(row, now=NOW + round_number * HOUR)
        assert unmerge(row, now=NOW + DAY).undone_at == NOW + round_number * HOUR

    duplicate.refresh_from_db()
    assert (balance(survivor), balance(duplicate), tally(survivor)) == before
    assert (duplicate.status, duplicate.merged_into, Merge.objects.count()) == ("active", None, 2)
    assert verify.run(now=NOW + HOUR) == []


def test_merges_in_a_row_are_followed_and_undone_from_the_last() -> None:
    first, second, third = holder(10), holder(20), holder(40)
    inner = merge(second, first)
    outer = merge(third, second)

    with pytest.raises(merging.SurvivorGone):
        unmerge(inner)
    post(refund("R1", f"A-{first.pk}", 1000))
    told = post(order("old-card", 500, first))

    assert (told[0].status, accounts.living([first.pk, third.pk])) == (
        "accepted",
        {first.pk: third.pk, third.pk: third.pk},
    )
    assert net(third) == 10 + 20 + 40 - 10 + 5
    unmerge(outer)
    unmerge(inner)
    assert (net(first), net(second), net(third), verify.run(now=NOW)) == (0, 20, 45, [])


@pytest.mark.parametrize(
    ("columns", "refusal"),
    [
        ({"status": "frozen"}, accounts.AccountFrozen),
        ({"status": "closed"}, accounts.AccountNotFound),
        ({"kind": "pool"}, accounts.AccountNotFound),
        ({"spending_stopped_at": NOW}, accounts.SpendingStopped),
    ],
)
@pytest.mark.parametrize("side", ["survivor", "duplicate"])
def test_only_open_accounts_of_members_whose_books_nobody_doubts_are_merged(
    columns: dict[str, Any], refusal: type[Exception], side: str
) -> None:
    pair = {"survivor": holder(10), "duplicate": holder(10)}
    Account.objects.filter(pk=pair[side].pk).update(**columns)

    with pytest.raises(refusal):
        merge(**pair)
    with pytest.raises(refusal):
        merging.preview(survivor_id=pair["survivor"].pk, duplicate_id=pair["duplicate"].pk, now=NOW)

    assert Merge.objects.count() == 0


def test_an_account_is_not_its_own_duplicate_and_a_reason_is_needed() -> None:
    one, other = holder(10), holder(10)

    with pytest.raises(merging.OneAccount):
        merge(one, one)
    with pytest.raises(approvals.ReasonNeeded):
        merge(one, other, reason=" ")


@pytest.fixture
def step() -> Iterator[list[Any]]:
    """A step of an upper floor that writes down how it was called."""
    calls: list[Any] = []

    def merged(survivor: int, duplicate: int, _now: object) -> Mapping[str, Any]:
        calls.append(("merge", survivor, duplicate))
        return {"name": "林小满"}

    def unmerged(survivor: int, duplicate: int, kept: Mapping[str, Any], _now: object) -> None:
        calls.append(("unmerge", survivor, duplicate, kept))

    registry.add([MergeStep("test", merged, unmerged)])
    yield calls
    del registry._items[MergeStep]["test"]


def test_upper_floors_follow_and_are_given_back_what_they_kept(step: list[Any]) -> None:
    survivor, duplicate = holder(10), holder(10)

    unmerge(merge(survivor, duplicate))

    ids = (survivor.pk, duplicate.pk)
    assert step == [("merge", *ids), ("unmerge", *ids, {"name": "林小满"})]


def test_nobody_merges_their_own_membership() -> None:
    clerk, own, other = person("clerk", "clerk"), holder(10), holder(500)
    registry.add([Belonging("test", lambda _user: [own.pk])])
    try:
        with pytest.raises(approvals.OwnMembership):
            merge(own, other, by=clerk)
    finally:
        del registry._items[Belonging]["test"]
    row = merge(own, other, by=clerk)

    record = AuditRecord.objects.get(deed="account.merged")
    assert (row.merged_by, record.actor, record.subject) == (clerk, clerk, f"loyalty.account:{other.pk}")


def test_a_preview_tells_what_would_move_and_writes_nothing() -> None:
    survivor, duplicate = holder(10), holder(100)
    holding.hold(account_id=duplicate.pk, amount=60, key="h", now=NOW)

    told = merging.preview(survivor_id=survivor.pk, duplicate_id=duplicate.pk, now=NOW)

    points = next(pair for pair in told.positions if pair[0].currency.code == "points")
    assert (points[0].available, points[1].available, points[1].held) == (10, 40, 60)
    assert (told.holds, told.orders, told.references, told.purse) == (1, 1, 0, "")
    assert (Merge.objects.count(), Hold.objects.get().state, Entry.objects.filter(counter="transferred").count()) == (
        0,
        "held",
        0,
    )
