"""Expired points given back: into their own lots, in time, and never more than expired."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.db.models import Sum

from loyalty import approvals
from loyalty.errors import LoyaltyError
from loyalty.ledger import expiring, reinstating, spending, verify
from loyalty.ledger.reinstating import Return
from loyalty.models import Account, Approval, AuditRecord, Currency, Entry, Lot, OutboxMessage, User
from tests.loyalty import desk
from tests.loyalty.ledger.test_expiring import midnight
from tests.loyalty.till import NOW, net, one_for_one, open_account, order, post, refund

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
GONE = NOW + 11 * DAY  # the points of NOW went at the end of 21 November


@pytest.fixture
def clerk() -> User:
    return desk.person("clerk", "clerk")


@pytest.fixture
def boss() -> User:
    return desk.person("boss", "supervisor")


@pytest.fixture
def account() -> Account:
    """Somebody of whose 700 points 500 expired on 21 November."""
    Currency.objects.filter(code="points").update(expiry_mode="days", expiry_length=10, reinstate_days=90)
    one_for_one()
    account = open_account()
    post(order("A1", 70000, account))
    spending.spend(account_id=account.pk, amount=200, now=NOW)
    expiring.sweep(now=GONE)
    return account


def expiry(account: Account) -> Entry:
    return Entry.objects.get(account=account, counter="expired", amount__lt=0)


def ask(by: User, account: Account, amount: int, *, days: int = 30, now: datetime = GONE, **more: object) -> Approval:
    entry_id = more.pop("entry_id", None) or expiry(account).pk
    assert isinstance(entry_id, UUID)
    return desk.ask(by, account, amount, now=now, back=Return(entry_id, days), **more)


def reversed_in_all(account: Account) -> int:
    return expiry(account).reversals.aggregate(total=Sum("amount"))["total"] or 0


def test_points_go_back_into_their_own_lot_and_live_on(clerk: User, account: Account) -> None:
    lot = Lot.objects.get(account=account)

    done = ask(clerk, account, 300)

    entry, again = done.entry, Lot.objects.get(account=account)
    assert entry is not None
    assert (entry.amount, entry.counter, entry.reverses, entry.memo) == (
        300,
        "expired",
        expiry(account),
        "lost in the post",
    )
    assert (again.pk, again.remaining, again.expires_at, again.born_expires_at) == (
        lot.pk,
        300,
        midnight(2026, 12, 22),
        midnight(2026, 11, 21),
    )
    assert net(account, GONE) == 300
    assert verify.run(now=GONE + timedelta(minutes=1)) == []


def test_they_expire_again_at_their_new_end_and_that_is_an_expiry_of_its_own(clerk: User, account: Account) -> None:
    ask(clerk, account, 300)

    expiring.sweep(now=GONE + 40 * DAY)

    entries = Entry.objects.filter(account=account, counter="expired").order_by("version")
    assert list(entries.values_list("amount", "effective_at")) == [
        (-500, midnight(2026, 11, 21)),
        (300, GONE),
        (-300, midnight(2026, 12, 22)),
    ]
    OutboxMessage.objects.update(delivered_at=GONE)
    assert verify.run(now=GONE + 40 * DAY) == []


def test_parts_may_follow_up_to_what_expired_and_the_longest_life_counts(clerk: User, account: Account) -> None:
    ask(clerk, account, 300, days=10)
    ask(clerk, account, 150, days=60, now=GONE + DAY)

    with pytest.raises(reinstating.MoreThanExpired) as refusal:
        ask(clerk, account, 51, now=GONE + 2 * DAY)
    ask(clerk, account, 50, days=5, now=GONE + 2 * DAY)

    lot = Lot.objects.get(account=account)
    assert refusal.value.numbers == {"left": 50}
    assert (lot.remaining, lot.expires_at, reversed_in_all(account)) == (500, midnight(2027, 1, 22), 500)
    assert reinstating.offers(account.pk, now=GONE + 2 * DAY) == []


def test_only_so_many_days_after_the_expiry(clerk: User, account: Account) -> None:
    last = expiry(account).effective_at + 90 * DAY

    before = [each.left for each in reinstating.offers(account.pk, now=last - timedelta(microseconds=1))]
    after = reinstating.offers(account.pk, now=last)
    with pytest.raises(reinstating.TooLate):
        ask(clerk, account, 10, now=last)
    in_time = ask(clerk, account, 10, now=last - timedelta(microseconds=1))

    assert (before, after, in_time.state) == ([500], [], "approved")


def test_nobody_loses_by_waiting_for_a_colleague(clerk: User, boss: User, account: Account) -> None:
    """Asked in time, agreed a week after the last day."""
    desk.role("clerk").thresholds.update(points_alone=0)
    last = expiry(account).effective_at + 90 * DAY
    wish = ask(clerk, account, 10, now=last - DAY)

    approvals.approve(approval_id=wish.pk, by=boss, now=last + 7 * DAY)

    assert net(account, last + 7 * DAY) == 10


@pytest.mark.parametrize(
    ("amount", "days", "fault"),
    [
        (501, 30, reinstating.MoreThanExpired),
        (-1, 30, reinstating.MoreThanExpired),
        (0, 30, approvals.AmountNeeded),
        (10, 0, reinstating.DaysNeeded),
        (10, 367, reinstating.DaysNeeded),
    ],
)
def test_what_makes_no_sense_is_refused(
    clerk: User, account: Account, amount: int, days: int, fault: type[LoyaltyError]
) -> None:
    with pytest.raises(fault):
        ask(clerk, account, amount, days=days)

    assert (Approval.objects.count(), net(account, GONE)) == (0, 0)


def test_only_an_expiry_of_this_very_account_can_be_undone(clerk: User, account: Account) -> None:
    other, given = open_account(), Entry.objects.filter(account=account, counter="issued").first()
    assert given is not None

    for purse, entry_id in ((other, expiry(account).pk), (account, given.pk)):
        with pytest.raises(reinstating.NothingExpired):
            ask(clerk, purse, 10, entry_id=entry_id)


def test_over_the_limit_a_second_person_decides_and_two_clicks_are_one(boss: User, account: Account) -> None:
    """E87 for points that are given back."""
    Approval.objects.all().delete()
    maker = desk.person("maker", "clerk")
    desk.role("clerk").thresholds.update(points_alone=100, points_a_day=100)

    wish = ask(maker, account, 300)
    waiting = net(account, GONE)
    with pytest.raises(approvals.MayNot):
        approvals.approve(approval_id=wish.pk, by=maker, now=GONE)
    for seconds in (0, 1):
        approvals.approve(approval_id=wish.pk, by=boss, now=GONE + timedelta(seconds=seconds))

    assert (wish.state, waiting, net(account, GONE + DAY), reversed_in_all(account)) == ("waiting", 0, 300, 300)
    assert verify.run(now=GONE + DAY) == []


def test_splitting_between_giving_back_and_adjusting_is_seen(clerk: User, account: Account) -> None:
    """Row 26."""
    first = desk.ask(clerk, account, 600, now=GONE)

    second = ask(clerk, account, 450)

    first.refresh_from_db()
    assert (first.is_suspicious, second.state, second.is_suspicious) == (True, "waiting", True)


def test_two_wishes_for_the_same_expiry_give_it_back_once(clerk: User, boss: User, account: Account) -> None:
    desk.role("clerk").thresholds.update(points_alone=0)
    wishes = [ask(clerk, account, 400) for _ in range(2)]
    approvals.approve(approval_id=wishes[0].pk, by=boss, now=GONE)

    with pytest.raises(reinstating.MoreThanExpired):
        approvals.approve(approval_id=wishes[1].pk, by=boss, now=GONE)

    wishes[1].refresh_from_db()
    assert (wishes[1].state, reversed_in_all(account)) == ("waiting", 400)


def test_debt_is_paid_first(clerk: User, account: Account) -> None:
    post(refund("R1", "A1", 70000, at=GONE), now=GONE)
    owed = account.balances.get().debt

    ask(clerk, account, 300)

    balance = account.balances.get()
    assert owed > 0
    assert (balance.debt, balance.available) == (owed - min(owed, 300), max(0, 300 - owed))
    assert verify.run(now=GONE + timedelta(minutes=1)) == []


def test_a_suspended_account_gets_nothing_back(clerk: User, account: Account) -> None:
    Account.objects.filter(pk=account.pk).update(status="frozen")

    with pytest.raises(LoyaltyError) as refusal:
        ask(clerk, account, 10)

    assert (refusal.value.code, net(account, GONE)) == ("member_frozen", 0)


def test_it_is_recorded_with_the_expiry_it_undoes(clerk: User, account: Account) -> None:
    ask(clerk, account, 10, days=7)

    asked, approved = AuditRecord.objects.filter(deed__startswith="approval.").order_by("id")
    assert (asked.deed, approved.deed) == ("approval.asked", "approval.approved")
    assert (approved.after["reinstates"], approved.after["days"]) == (str(expiry(account).pk), 7)
