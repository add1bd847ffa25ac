"""Late events found on PostgreSQL while other transactions are under way."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Event as Signal
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction

from loyalty import clock, jobs, outbox, resting
from loyalty.events import lateness, replaying
from loyalty.models import Account, Replay
from tests.loyalty import desk
from tests.loyalty.till import NOW, RATE, open_account, order, post, publish

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
HOUR = timedelta(hours=1)
EVER = "000000000000.ffffffffffff"


@pytest.fixture
def account() -> Account:
    caps = [{"per": "day", "currency": "points", "limit": 200, "over": "clip"}]
    publish("base", [RATE], caps=caps)
    first = {"fact": "metric.orders", "op": "eq", "value": 0, "window": {"lifetime": True}}
    publish("first", [{"effect": "points.fixed", "currency": "points", "points": 7}], condition=first)
    return open_account()


@pytest.fixture(autouse=True)
def _true_numbers() -> Iterator[None]:
    with desk.true_numbers():
        yield


def work(wait: timedelta) -> None:
    desk.let_time_pass(wait)
    jobs.run_due(now=clock.now() + wait, codes=[lateness.JOB])
    outbox.drain(now=clock.now() + wait)


def told_while_the_job_runs(account: Account) -> None:
    """The late order is decided, and its transaction is open until the job has been by; the job comes again."""
    post(order("B", 15000, account, NOW + HOUR), now=NOW + HOUR)
    decided, passed = Signal(), Signal()

    def tell() -> None:
        try:
            with transaction.atomic():
                post(order("A", 15000, account, NOW), now=NOW + HOUR)
                decided.set()
                passed.wait(20)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        teller = pool.submit(tell)
        decided.wait(20)
        work(HOUR)
        passed.set()
        teller.result()
    work(2 * HOUR)


def test_a_late_event_whose_transaction_outlives_the_jobs_round_is_found_in_the_next(account: Account) -> None:
    told_while_the_job_runs(account)

    assert [each.cause.key for each in Replay.objects.select_related("cause")] == ["till:order.paid:A"]


def test_by_the_clock_alone_it_would_be_passed_over(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: a stretch that does not heed running transactions ends after the unseen event."""

    def careless(now: datetime) -> datetime:
        safe = now - resting.LAG
        return safe.replace(microsecond=0)

    monkeypatch.setattr(resting, "settled", careless)

    told_while_the_job_runs(account)

    assert Replay.objects.count() == 0


def let_go_while_it_is_looked_at(account: Account, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Staff look themselves and let it go while a worker is about to propose; what stands then."""
    post(order("B", 15000, account, NOW + HOUR), now=NOW + HOUR)
    late = post(order("A", 15000, account, NOW), now=NOW + HOUR)[0].event_id
    assert late is not None
    earliest, looked = lateness._earliest, Signal()

    def slowly(*args: Any) -> UUID | None:
        cause = earliest(*args)
        looked.set()
        time.sleep(0.5)
        return cause

    def look() -> None:
        try:
            lateness.look(account_id=account.pk, stretch=EVER, now=clock.now())
        finally:
            connection.close()

    monkeypatch.setattr(lateness, "_earliest", slowly)
    with ThreadPoolExecutor(1) as pool:
        looker = pool.submit(look)
        looked.wait(20)
        replay = replaying.propose(account_id=account.pk, cause_event_id=late, now=clock.now())
        assert replay is not None
        replaying.discard(replay_id=replay.pk, by=None, now=clock.now(), reason="good will")
        looker.result()
    return list(Replay.objects.values_list("state", flat=True))


def test_what_staff_let_go_meanwhile_stays_let_go(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    assert let_go_while_it_is_looked_at(account, monkeypatch) == ["discarded"]


def test_without_the_accounts_lock_it_would_be_proposed_again(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: whether it is covered is asked before staff have decided, and acted on after."""
    monkeypatch.setattr(lateness, "accounts", SimpleNamespace(lock=lambda _account_ids: {}))

    assert let_go_while_it_is_looked_at(account, monkeypatch) == ["proposed"]
