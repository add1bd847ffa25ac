"""The queue's own troubles: the broker is away and comes back empty, workers die, sessions end in the middle.

The queue is rows of the database and the broker only wakes, so whatever happens to it, tills are served, no letter is
lost, and what waited is told soon after. Real processes on PostgreSQL, for seconds rather than minutes.
"""

import json
import os
import random
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection

from bin import supervise, up
from bin.supervise import Service
from loyalty import clock, outbox
from loyalty.ledger import verify
from loyalty.models import Event, Message, PartnerKey
from members.entering import enrolment
from members.models import Member
from tests.loyalty.till import NOW, RATE, net, open_till, publish
from tests.loyalty.whole.test_kills import surroundings, tell
from tests.postgres import free_port

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
LETTER = {
    "effect": "letter.send",
    "subject_zh": "谢谢你",
    "text_zh": "下次见",
    "subject_en": "Thank you",
    "text_en": "See you",
}
ORDERS = 40
SERVED_WITHIN, BACK_WITHIN = 8.0, 60.0


class House:
    """Web server, worker and scheduler on the test's database, each of which may be hurt by itself."""

    def __init__(self, state: Path) -> None:
        self.state, self.port = state, free_port()
        self.commands = up.product("127.0.0.1", self.port)
        self.running: dict[str, Service] = {}

    def start(self, name: str) -> Service:
        self.running[name] = supervise.start(f"queue-{name}", self.commands[name], logs=self.state)
        return self.running[name]

    def kill(self, name: str) -> None:
        """As the kernel does when memory is short: the process and its children, without a word."""
        os.killpg(self.running[name].process.pid, signal.SIGKILL)
        self.running.pop(name).process.wait()

    def stop(self) -> None:
        supervise.stop(list(self.running.values()))


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    for name, value in surroundings(tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "loyalty.settings")
    made = House(tmp_path)
    try:
        web = made.start("web")
        ready = supervise.watch([web], until=lambda: up.is_healthy("127.0.0.1", made.port), patience=90)
        assert ready, web.last_lines()
        yield made
    finally:
        made.stop()


@pytest.fixture
def shop() -> tuple[Member, str]:
    """Each order earns points and a letter; the member who buys, and a till's key."""
    publish("thanks", [RATE, LETTER], since=NOW - timedelta(days=3000))
    agreed = {"terms": True, "marketing": True}
    member = enrolment.enrol(source="api", now=NOW, name="小满", email="man@example.com", consents=agreed)
    _row, key = PartnerKey.objects.create_key(name="test", partner=open_till(), scopes=[PartnerKey.Scope.EVENTS_WRITE])
    return member, key


def buy(house: House, member: Member, key: str, number: int) -> float:
    """One order through the web server, asked again until it is answered; how long that took."""
    told = {"order_id": f"Q{number}", "currency": "CNY", "amount": "10.00", "customer": f"m:{member.account.number}"}
    at = (clock.now() - timedelta(minutes=5)).isoformat()
    body = json.dumps({"kind": "order.paid", "occurred_at": at, "data": told}).encode()
    began = time.monotonic()
    tell(house.port, key, number, body, random.Random(number))
    return time.monotonic() - began


def sent() -> int:
    return Message.objects.filter(state=Message.State.SENT).count()


def until(wanted: Callable[[], bool], patience: float) -> float:
    """Waits for it; how long it took."""
    began = time.monotonic()
    while not wanted():
        assert time.monotonic() - began < patience, f"{sent()} sent, {outbox.waiting().count()} wait"
        time.sleep(0.2)
    return time.monotonic() - began


def end_sessions() -> None:
    """The database hangs up on everybody but this test."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def all_is_told(member: Member, orders: int) -> bool:
    """Every order is an event, its points and its letter, once each, and the books are right."""
    told = Event.objects.filter(kind="order.paid").count(), net(member.account, clock.now())
    assert told == (orders, 10 * orders)
    assert Message.objects.count() == orders
    return outbox.waiting().count() == 0 and verify.run(now=clock.now()) == []


def test_a_broker_that_is_away_and_comes_back_empty_costs_nothing(house: House, shop: tuple[Member, str]) -> None:
    """F12: tills are served meanwhile, no event is lost, and the queue is young again within a minute."""
    member, key = shop
    shutil.rmtree(house.state / "broker", ignore_errors=True)
    (house.state / "broker").write_text("away")  # nobody can leave a message there

    waits = [buy(house, member, key, number) for number in range(ORDERS)]
    while_away = sent()
    (house.state / "broker").unlink()  # all that it ever held is gone
    house.start("worker")
    house.start("scheduler")
    took = until(lambda: sent() == ORDERS, BACK_WITHIN)

    print(f"F12: {ORDERS} orders, slowest {max(waits):.1f} s; all told {took:.1f} s after the broker's return")
    assert (while_away, max(waits) < SERVED_WITHIN) == (0, True)
    assert outbox.oldest_waiting(now=clock.now()) is None
    assert all_is_told(member, ORDERS)


def test_workers_whose_connections_end_in_the_middle_go_on(house: House, shop: tuple[Member, str]) -> None:
    """F13: sessions ended again and again, the worker killed twice; consumers make progress and all is told once."""
    member, key = shop
    house.start("worker")
    house.start("scheduler")
    buy(house, member, key, 0)
    until(lambda: sent() == 1, 90)
    progress = [sent()]

    for number in range(1, ORDERS + 1):
        buy(house, member, key, number)
        if number % 4 == 0:
            end_sessions()
        if number % 10 == 0:
            progress.append(sent())
        if number in (ORDERS // 3, 2 * ORDERS // 3):
            house.kill("worker")
            house.start("worker")
    took = until(lambda: sent() == ORDERS + 1, BACK_WITHIN + outbox.LEASE.total_seconds())

    print(f"F13: sent by and by {progress}, the rest within {took:.1f} s")
    assert [service.process.poll() for service in house.running.values()] == [None, None, None]
    assert all_is_told(member, ORDERS + 1)
