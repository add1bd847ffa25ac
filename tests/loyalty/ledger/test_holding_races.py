"""Holds at one instant on PostgreSQL: each point is set aside once, each hold ends once."""

import time
from datetime import timedelta

import pytest

from loyalty import accounts, bulk, programme
from loyalty.ledger import holding, reading, spending, store, verify
from loyalty.ledger.book import Book
from loyalty.models import Account, Balance, Entry, Hold
from tests.loyalty.crowd import Call, at_once
from tests.loyalty.till import NOW, net, one_for_one, open_account, order, post

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
TILLS = 20


def holder(points: int) -> Account:
    member = open_account()
    post(order(f"A{member.pk}", points * 100, member))
    return member


def taker(account_id: int, amount: int, key: str) -> Call:
    return lambda: holding.hold(account_id=account_id, amount=amount, key=key, now=NOW)


def held(account_id: int) -> tuple[int, int]:
    place = reading.position(account_id, now=NOW, programme=programme.current())["points"]
    return place.available, place.held


@pytest.fixture(autouse=True)
def rule() -> None:
    one_for_one()


def test_twenty_holds_of_the_whole_balance_are_one() -> None:
    member = holder(100)

    answers = at_once([taker(member.pk, 100, f"pay-{number}") for number in range(TILLS)])

    assert answers == {"success": 1, "insufficient_points": TILLS - 1}
    assert (held(member.pk), Hold.objects.count()) == ((0, 100), 1)
    assert verify.run(now=NOW) == []


def test_without_the_accounts_lock_they_would_be_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: the same race where nobody waits sets the same points aside again."""
    member = holder(100)
    load = store.load

    def slowly(*args: object, **kwargs: object) -> Book:
        book = load(*args, **kwargs)  # type: ignore[arg-type]  # handed on as they come
        time.sleep(0.2)
        return book

    monkeypatch.setattr(accounts, "lock_active", lambda _account_id: accounts.Locked("active", ""))
    monkeypatch.setattr(store, "load", slowly)

    answers = at_once([taker(member.pk, 100, f"pay-{number}") for number in range(8)])

    assert answers["success"] > 1
    assert {breach.invariant for breach in verify.run(now=NOW)} >= {"I8"}


def test_the_same_key_at_one_instant_is_one_hold() -> None:
    member = holder(100)

    answers = at_once([taker(member.pk, 30, "same") for _ in range(TILLS)])

    assert (answers, held(member.pk)) == ({"success": TILLS}, (70, 30))


def test_one_key_for_two_accounts_at_one_instant_belongs_to_one() -> None:
    members = [holder(100) for _ in range(6)]

    answers = at_once([taker(member.pk, 30, "same") for member in members])

    assert answers == {"success": 1, "hold_mismatch": 5}
    assert sorted(held(member.pk) for member in members) == [(70, 30)] + [(100, 0)] * 5


@pytest.mark.parametrize("round_number", range(5))
def test_capture_and_release_at_once_end_a_hold_once(round_number: int) -> None:
    """I16: four of each; one kind wins and is answered alike, the other is refused."""
    member = holder(100)
    hold = holding.hold(account_id=member.pk, amount=60, key=f"pay-{round_number}", now=NOW)

    def capture() -> None:
        holding.capture(hold_id=hold.pk, now=NOW)

    def release() -> None:
        holding.release(hold_id=hold.pk, now=NOW)

    answers = at_once([capture, release] * 4)

    hold.refresh_from_db()
    taken = Entry.objects.filter(counter="redeemed").count()
    assert answers == {"success": 4, "hold_ended": 4}
    assert (hold.state, taken, held(member.pk)) in [("captured", 1, (40, 0)), ("released", 0, (100, 0))]
    assert verify.run(now=NOW) == []


def test_a_capture_at_the_last_instant_and_the_job_end_a_hold_once() -> None:
    member = holder(100)
    hold = holding.hold(account_id=member.pk, amount=60, key="pay", now=NOW)
    last, over = hold.lapses_at - timedelta(microseconds=1), hold.lapses_at

    jobs: list[Call] = [lambda: holding.lapse_due(now=over)] * 4
    answers = at_once([lambda: holding.capture(hold_id=hold.pk, now=last), *jobs])

    hold.refresh_from_db()
    assert (answers["success"], hold.state) in [(5, "captured"), (4, "lapsed")]
    assert net(member) == (40 if hold.state == "captured" else 100)
    assert verify.run(now=NOW) == []


def test_two_spends_of_the_whole_balance_are_one() -> None:
    """E81: balance 20, costs 20, two parallel: one goes through, the other is refused, balance 0."""
    member = holder(20)

    def spend() -> None:
        spending.spend(account_id=member.pk, amount=20, now=NOW)

    answers = at_once([spend, spend])

    assert (answers, net(member)) == ({"success": 1, "insufficient_points": 1}, 0)


def test_a_hold_and_a_spend_of_the_whole_balance_are_one() -> None:
    member = holder(20)

    answers = at_once([taker(member.pk, 20, "pay"), lambda: spending.spend(account_id=member.pk, amount=20, now=NOW)])

    balance = Balance.objects.get(account=member, currency__code="points")
    assert answers == {"success": 1, "insufficient_points": 1}
    assert (balance.available, balance.held) in [(0, 20), (0, 0)]


def test_the_guarded_update_alone_keeps_a_hold_from_ending_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """I16: even with the account's lock off, a second ending finds no row and undoes itself."""
    member = holder(100)
    hold = holding.hold(account_id=member.pk, amount=60, key="pay", now=NOW)
    insert = bulk.insert

    def slowly(*args: object, **kwargs: object) -> None:
        insert(*args, **kwargs)  # type: ignore[arg-type]  # handed on as they come
        time.sleep(0.05)

    monkeypatch.setattr(accounts, "lock", lambda _ids: {})
    monkeypatch.setattr(accounts, "lock_active", lambda _account_id: accounts.Locked("active", ""))
    monkeypatch.setattr(bulk, "insert", slowly)

    answers = at_once([lambda: holding.release(hold_id=hold.pk, now=NOW)] * 6)

    assert answers["success"] >= 1
    assert set(answers) <= {"success", "conflict", "hold_ended"}
    assert held(member.pk) == (100, 0)
