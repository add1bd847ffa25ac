"""Holds in the tables: keys, endings, deadlines, and what everybody sees meanwhile."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from loyalty import accounts, faults, jobs, programme
from loyalty.errors import Conflict
from loyalty.ledger import expiring, holding, reading, spending, store, verify
from loyalty.models import Account, Balance, Currency, Entry, Hold, HoldPart, Lot
from tests.loyalty.till import NOW, one_for_one, open_account, open_till, order, post, refund

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
QUARTER = timedelta(minutes=15)


@pytest.fixture(autouse=True)
def rule() -> None:
    one_for_one()


def holder(points: int = 100) -> Account:
    """Somebody who bought for that many yuan just now."""
    member = open_account()
    post(order(f"A{member.pk}", points * 100, member))
    return member


def aside(member: Account, amount: int = 60, *, key: str = "pay-1", now: datetime = NOW) -> Hold:
    return holding.hold(account_id=member.pk, amount=amount, key=key, now=now)


def seen(member: Account, now: datetime = NOW) -> tuple[int, int]:
    """(available, held) as people see it."""
    place = reading.position(member.pk, now=now, programme=programme.current())["points"]
    return place.available, place.held


def laws(now: datetime = NOW) -> list[verify.Breach]:
    return verify.run(now=now)


def test_a_hold_is_seen_by_everybody_and_changes_no_entry() -> None:
    member = holder()

    made = aside(member)

    assert seen(member) == (40, 60)
    assert (made.state, made.lapses_at, Entry.objects.count()) == ("held", NOW + QUARTER, 1)
    assert [part.amount for part in HoldPart.objects.all()] == [60]
    assert laws() == []


def test_the_same_key_is_the_same_hold_and_other_content_is_refused() -> None:
    member = holder()
    first = aside(member)

    assert aside(member, now=NOW + MINUTE).pk == first.pk
    with pytest.raises(holding.HoldMismatch):
        aside(member, 61)
    with pytest.raises(holding.HoldMismatch):
        aside(holder(), 60)
    assert seen(member) == (40, 60)


def test_the_key_is_known_after_the_hold_has_ended() -> None:
    member = holder()
    first = aside(member)
    holding.release(hold_id=first.pk, now=NOW)

    again = aside(member, now=NOW + timedelta(days=40))

    assert (again.pk, again.state, Hold.objects.count()) == (first.pk, "released", 1)


def test_keys_of_partners_are_their_own() -> None:
    member, till = holder(), open_till()
    own = aside(member, 10)
    theirs = holding.hold(account_id=member.pk, amount=10, key="pay-1", now=NOW, partner=till)

    assert own.pk != theirs.pk
    assert holding.find(key="pay-1").pk == own.pk
    assert holding.find(key="pay-1", partner=till).pk == theirs.pk
    with pytest.raises(holding.HoldNotFound):
        holding.find(hold_id=own.pk, partner=till)


def test_more_than_is_there_is_refused_and_nothing_is_left_behind() -> None:
    member = holder()
    aside(member, 60)

    with pytest.raises(spending.InsufficientPoints) as refusal:
        aside(member, 50, key="pay-2")

    assert refusal.value.missing == 10
    assert (Hold.objects.count(), seen(member)) == (1, (40, 60))


def test_what_is_held_cannot_be_spent() -> None:
    member = holder()
    aside(member, 60)

    with pytest.raises(spending.InsufficientPoints):
        spending.spend(account_id=member.pk, amount=41, now=NOW)


@pytest.mark.parametrize("amount", [0, -1, 10**15 + 1])
def test_an_amount_out_of_range_is_refused(amount: int) -> None:
    with pytest.raises(faults.OutOfRange) as refusal:
        aside(holder(), amount)

    assert refusal.value.numbers == {"minimum": 1, "maximum": 10**15}


@pytest.mark.parametrize("lasts", [timedelta(), -MINUTE, timedelta(hours=24, seconds=1)])
def test_a_hold_lasts_a_day_at_most(lasts: timedelta) -> None:
    with pytest.raises(faults.OutOfRange) as refusal:
        holding.hold(account_id=holder().pk, amount=1, key="k", now=NOW, lasts=lasts)

    assert refusal.value.numbers == {"minimum": 1, "maximum": 86400}


def test_only_a_currency_that_can_be_spent_can_be_held() -> None:
    member = holder()

    with pytest.raises(spending.NotSpendable):
        holding.hold(account_id=member.pk, amount=1, key="k", now=NOW, currency="growth")
    with pytest.raises(faults.InvalidChoice):
        holding.hold(account_id=member.pk, amount=1, key="k", now=NOW, currency="gold")


def freeze(member: Account, status: str = "frozen") -> None:
    Account.objects.filter(pk=member.pk).update(status=status)


def test_a_suspended_account_cannot_hold_or_capture_but_can_be_released() -> None:
    member = holder()
    made = aside(member)
    freeze(member)

    with pytest.raises(accounts.AccountFrozen):
        aside(member, 1, key="pay-2")
    with pytest.raises(accounts.AccountFrozen):
        holding.capture(hold_id=made.pk, now=NOW)

    assert holding.release(hold_id=made.pk, now=NOW).state == "released"
    assert seen(member) == (100, 0)


def test_an_account_that_is_closed_cannot_hold() -> None:
    member = holder()
    freeze(member, "closed")

    with pytest.raises(accounts.AccountNotFound):
        aside(member)


def test_a_capture_is_one_entry_and_the_rest_goes_back() -> None:
    member = holder()
    made = aside(member)

    done = holding.capture(hold_id=made.pk, amount=45, now=NOW + MINUTE)

    entry = Entry.objects.get(counter="redeemed")
    assert (done.state, done.captured, done.entry_id, done.ended_at) == ("captured", 45, entry.pk, NOW + MINUTE)
    assert (entry.amount, entry.balance_after) == (-45, 55)
    assert (seen(member), Lot.objects.get().remaining) == ((55, 0), 55)
    assert laws() == []


@pytest.mark.parametrize("amount", [0, -1, 61, 10**9])
def test_a_capture_is_between_one_and_what_is_held(amount: int) -> None:
    made = aside(holder())

    with pytest.raises(faults.OutOfRange) as refusal:
        holding.capture(hold_id=made.pk, amount=amount, now=NOW)

    assert refusal.value.numbers == {"minimum": 1, "maximum": 60}


ENDINGS: dict[str, Callable[[Hold], Hold]] = {
    "whole": lambda made: holding.capture(hold_id=made.pk, now=NOW),
    "part": lambda made: holding.capture(hold_id=made.pk, amount=10, now=NOW),
    "released": lambda made: holding.release(hold_id=made.pk, now=NOW),
}


@pytest.mark.parametrize("second", ENDINGS)
@pytest.mark.parametrize("first", ENDINGS)
def test_a_hold_ends_once(first: str, second: str) -> None:
    """I16: the same ending is answered again, another one is refused."""
    member = holder()
    made = aside(member)
    ended = ENDINGS[first](made)
    before = (seen(member), Entry.objects.count())

    if first == second:
        again = ENDINGS[second](made)
        assert (again.state, again.captured, again.entry_id) == (ended.state, ended.captured, ended.entry_id)
    else:
        with pytest.raises(holding.HoldEnded):
            ENDINGS[second](made)

    assert (seen(member), Entry.objects.count()) == before
    assert laws() == []


def test_an_ending_that_was_told_is_told_again_to_a_suspended_account() -> None:
    member = holder()
    made = aside(member)
    holding.capture(hold_id=made.pk, now=NOW)
    freeze(member)

    assert holding.capture(hold_id=made.pk, now=NOW).captured == 60


def test_a_hold_that_lapsed_is_over_before_any_job_says_so() -> None:
    member = holder()
    made = aside(member)
    late = NOW + QUARTER

    assert seen(member, late - timedelta(microseconds=1)) == (40, 60)
    assert seen(member, late) == (100, 0)
    assert holding.state_at(made, late) == "lapsed"
    with pytest.raises(holding.HoldEnded):
        holding.capture(hold_id=made.pk, now=late)
    with pytest.raises(holding.HoldEnded):
        holding.release(hold_id=made.pk, now=late)


def test_spending_does_not_wait_for_the_job() -> None:
    member = holder()
    made = aside(member, 100)

    spending.spend(account_id=member.pk, amount=100, now=NOW + QUARTER)

    made.refresh_from_db()
    assert (made.state, made.ended_at) == ("lapsed", NOW + QUARTER)
    assert laws() == []


def test_the_job_lets_lapse_what_is_due_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holding, "RANGE", 2)
    members = [holder() for _ in range(5)]
    for number, member in enumerate(members):
        aside(member, key=f"pay-{number}")
    kept = holding.hold(account_id=members[0].pk, amount=5, key="long", now=NOW, lasts=timedelta(hours=1))

    lapsed = [holding.lapse_due(now=NOW + QUARTER) for _ in range(2)]

    kept.refresh_from_db()
    ended = set(Hold.objects.filter(state="lapsed").values_list("ended_at", flat=True))
    assert (lapsed, ended, kept.state) == ([5, 0], {NOW + QUARTER}, "held")
    assert Balance.objects.filter(held=0, available=100).count() == 4
    assert laws() == []


def test_the_job_is_looked_for_every_minute() -> None:
    member = holder()
    aside(member)

    [due] = jobs.due(now=NOW + QUARTER, codes=["lapse_holds"])

    assert due.job.run is not None
    assert (due.period, due.job.run(due.as_of, due.period)) == ("2026-11-11T04:15Z", {"holds": 1})


MIDNIGHT = datetime(2026, 11, 11, 16, tzinfo=UTC)


def expiring_tonight() -> Hold:
    """100 points that go at midnight in Shanghai, 60 of them set aside at 23:55."""
    Currency.objects.filter(code="points").update(expiry_mode="days", expiry_length=0)
    return aside(holder(), now=MIDNIGHT - 5 * MINUTE)


def test_points_held_over_midnight_can_be_captured() -> None:
    """E40: 15-min hold on expiring lot placed 23:55; capture 00:05 succeeds."""
    made = expiring_tonight()
    expiring.sweep(now=MIDNIGHT + MINUTE)

    holding.capture(hold_id=made.pk, now=MIDNIGHT + 5 * MINUTE)

    told = Entry.objects.order_by("version").values_list("counter", "amount", "effective_at")
    assert list(told)[1:] == [("expired", -40, MIDNIGHT), ("redeemed", -60, MIDNIGHT + 5 * MINUTE)]
    assert laws(MIDNIGHT + 5 * MINUTE) == []


def test_points_released_after_midnight_expire_at_once() -> None:
    """E40: release 00:05 → expires at once, whether or not the sweep has run."""
    made = expiring_tonight()

    holding.release(hold_id=made.pk, now=MIDNIGHT + 5 * MINUTE)

    told = Entry.objects.order_by("version").values_list("counter", "amount", "effective_at")
    assert list(told)[1:] == [("expired", -40, MIDNIGHT), ("expired", -60, MIDNIGHT + 5 * MINUTE)]
    assert seen(made.account, MIDNIGHT + 5 * MINUTE) == (0, 0)
    assert laws(MIDNIGHT + 5 * MINUTE) == []


def test_a_refund_while_points_are_held_is_owed_and_paid_when_they_come_back() -> None:
    """I7: what comes back pays the debt first."""
    member = holder()
    made = aside(member, 100)
    post(refund("R1", f"A{member.pk}", 6000))

    holding.release(hold_id=made.pk, now=NOW + MINUTE)

    balance = Balance.objects.get(account=member, currency__code="points")
    assert (balance.available, balance.held, balance.debt) == (40, 0, 0)
    assert laws() == []


def test_a_hold_that_something_else_ended_undoes_the_whole_deed() -> None:
    """I16: the guarded update counts its rows."""
    member = holder()
    made = aside(member)
    book = store.load([member.pk], with_lots=[member.pk])
    day_of = store.days_of(programme.current())
    book.release(made.pk, at=NOW, now=NOW, day_of=day_of)
    Hold.objects.filter(pk=made.pk).update(state="lapsed", ended_at=NOW)

    with pytest.raises(Conflict):
        store.write(book)


def test_reading_takes_one_query_more_where_something_is_held() -> None:
    member, other = holder(), holder()
    policy = programme.current()
    for number in range(3):
        aside(member, 10, key=f"pay-{number}")

    with CaptureQueriesContext(
        connection,
    ) as plain:
        reading.position(other.pk, now=NOW, programme=policy)
    with CaptureQueriesContext(connection) as held:
        reading.position(member.pk, now=NOW, programme=policy)

    assert (len(plain), len(held)) == (3, 4)
