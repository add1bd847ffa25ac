"""A proposal applied by many at one instant on PostgreSQL is applied once."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import IntegrityError, connection

from loyalty import accounts
from loyalty.errors import LoyaltyError
from loyalty.events import recalling, replaying
from loyalty.ledger import verify
from loyalty.models import Account, Entry, Replay
from tests.loyalty.till import NOW, RATE, net, open_account, order, post, publish

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
HOUR = timedelta(hours=1)
PEOPLE = 8


@pytest.fixture
def account() -> Account:
    publish("base", [RATE], caps=[{"per": "day", "currency": "points", "limit": 200}])
    return open_account()


def proposed(account: Account) -> Replay:
    post(order("B", 15000, account, NOW + HOUR), now=NOW + HOUR)
    late = post(order("A", 10000, account, NOW), now=NOW + HOUR)[0]
    assert late.event_id is not None
    replay = replaying.propose(account_id=account.pk, cause_event_id=late.event_id, now=NOW + HOUR)
    assert replay is not None
    return replay


def applied_at_once(replay: Replay) -> Counter[str]:
    """What each of the people was answered."""
    doors = Barrier(PEOPLE)

    def run(_number: int) -> str:
        Replay.objects.first()  # the connection is open before the race
        doors.wait()
        try:
            replaying.apply(replay_id=replay.pk, by=None, now=NOW + HOUR)
        except LoyaltyError as refusal:
            return refusal.code
        except IntegrityError:
            return "stopped by the tables"
        finally:
            connection.close()
        return "success"

    with ThreadPoolExecutor(PEOPLE) as pool:
        return Counter(pool.map(run, range(PEOPLE)))


def test_a_replay_applied_by_many_at_once_is_applied_once(account: Account) -> None:
    replay = proposed(account)

    answers = applied_at_once(replay)

    assert answers == {"success": 1, "replay_decided": PEOPLE - 1}
    assert (Entry.objects.count(), net(account, NOW + HOUR)) == (4, 200)
    assert verify.run(now=NOW + HOUR) == []


def test_without_the_accounts_lock_they_would_all_begin(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: where nobody waits, all judge the same state and only the tables stop them."""
    replay = proposed(account)
    load = recalling.load

    def slowly(*args: Any, **kwargs: Any) -> recalling.Past | None:
        past = load(*args, **{**kwargs, "locked": False})
        time.sleep(0.3)
        return past

    monkeypatch.setattr(accounts, "lock", lambda found: dict.fromkeys(found, accounts.Locked("active", "")))
    monkeypatch.setattr(recalling, "load", slowly)

    answers = applied_at_once(replay)

    assert answers["stopped by the tables"] > 0


def test_an_order_that_comes_while_a_replay_is_applied_sees_it_or_outdates_it(account: Account) -> None:
    replay = proposed(account)
    doors = Barrier(2)

    def apply() -> str:
        doors.wait()
        try:
            replaying.apply(replay_id=replay.pk, by=None, now=NOW + HOUR)
        except replaying.ReplayOutdated:
            return "outdated"
        finally:
            connection.close()
        return "success"

    def buy() -> str:
        doors.wait()
        try:
            post(order("C", 9000, account, NOW + HOUR), now=NOW + HOUR)
        finally:
            connection.close()
        return "success"

    with ThreadPoolExecutor(2) as pool:
        answers = [deed.result() for deed in (pool.submit(apply), pool.submit(buy))]

    assert answers == ["success", "success"]
    assert net(account, NOW + HOUR) == 200
    assert verify.run(now=NOW + HOUR) == []
