"""What was written with a deed is delivered: later, again, or by another worker, but never lost."""

from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier, Lock
from typing import Any

import pytest
from celery import current_app
from django.db import connection, transaction

from loyalty import outbox
from loyalty.models import OutboxMessage
from loyalty.registry import Registry, Topic

NOW = datetime(2026, 11, 20, 4, 0, 20, tzinfo=UTC)
Deliver = Callable[[Mapping[str, Any]], None]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Callable[[Deliver], None]:
    """Contributes the topic ``mail`` to a registry that holds nothing else."""
    registry = Registry()
    monkeypatch.setattr(outbox, "registry", registry)
    monkeypatch.setattr(outbox._Silence, "until", 0.0)
    return lambda deliver: registry.add([Topic(code="mail", deliver=deliver)])


def refuse(_: Mapping[str, Any]) -> None:
    raise ConnectionError("nobody there")


def leave(*numbers: int, now: datetime = NOW) -> None:
    letters = [outbox.Letter("mail", f"welcome:{number}", {"number": number}) for number in numbers]
    with transaction.atomic():
        outbox.enqueue_many(letters=letters, now=now)


@pytest.mark.django_db
def test_messages_are_delivered_once_in_the_order_they_fell_due(serve: Callable[[Deliver], None]) -> None:
    seen: list[Any] = []
    serve(lambda payload: seen.append(payload["number"]))
    leave(2, now=NOW + timedelta(seconds=1))
    leave(1)

    first = outbox.drain(now=NOW + timedelta(seconds=2))
    second = outbox.drain(now=NOW + timedelta(days=9))

    assert seen == [1, 2]
    assert (first, second) == (outbox.Drained(delivered=2), outbox.Drained())


@pytest.mark.django_db
def test_a_key_met_twice_leaves_one_message_for_each_topic() -> None:
    with transaction.atomic():
        for topic in ("mail", "webhook", "mail"):
            outbox.enqueue(topic=topic, key="welcome:1", payload={}, now=NOW)

    assert sorted(OutboxMessage.objects.values_list("key", flat=True)) == ["mail:welcome:1", "webhook:welcome:1"]


@pytest.mark.django_db(transaction=True)
def test_a_message_is_refused_outside_a_transaction_and_gone_with_a_failed_one() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        outbox.enqueue(topic="mail", key="1", payload={}, now=NOW)
    with transaction.atomic():
        outbox.enqueue(topic="mail", key="1", payload={}, now=NOW)
        transaction.set_rollback(True)

    assert OutboxMessage.objects.count() == 0


@pytest.mark.django_db
def test_a_failure_waits_longer_each_time_and_is_given_up_after_ten(serve: Callable[[Deliver], None]) -> None:
    """5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h, each up to a tenth longer."""
    serve(refuse)
    leave(1)
    moment, waits = NOW, []
    for _ in range(9):
        assert outbox.drain(now=moment).retried == 1
        due = OutboxMessage.objects.get().due_at
        waits.append((due - moment).total_seconds())
        moment = due
    last = outbox.drain(now=moment)

    message = OutboxMessage.objects.get()
    assert all(base <= wait <= base * 1.1 + 1 for base, wait in zip(outbox.RETRY_SECONDS, waits, strict=True))
    assert (last.dead, message.attempts, message.error) == (1, 10, "ConnectionError: nobody there")
    assert message.dead_at is not None
    assert outbox.drain(now=moment + timedelta(days=9)) == outbox.Drained()


@pytest.mark.django_db
def test_what_was_given_up_can_be_revived(serve: Callable[[Deliver], None]) -> None:
    seen: list[Any] = []
    serve(lambda payload: seen.append(payload["number"]))
    leave(1)
    OutboxMessage.objects.update(dead_at=NOW, attempts=10)

    assert outbox.drain(now=NOW) == outbox.Drained()
    assert outbox.revive(ids=[OutboxMessage.objects.get().pk], now=NOW) == 1
    assert outbox.drain(now=NOW) == outbox.Drained(delivered=1)
    assert seen == [1]


@pytest.mark.django_db
def test_one_failure_holds_nobody_else_up(serve: Callable[[Deliver], None]) -> None:
    def odd_only(payload: Mapping[str, Any]) -> None:
        if payload["number"] % 2 == 0:
            raise ValueError(payload["number"])

    serve(odd_only)
    leave(*range(50))

    assert outbox.drain(now=NOW) == outbox.Drained(delivered=25, retried=25)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_connection_that_breaks_holds_up_one_message_and_no_other(serve: Callable[[Deliver], None]) -> None:
    """F13: what was claimed with it goes out at once over a new connection, not when the lease is out."""
    seen: list[int] = []

    def breaking(payload: Mapping[str, Any]) -> None:
        seen.append(payload["number"])
        if seen == [1, 2]:
            connection.connection.close()

    serve(breaking)
    leave(1, 2, 3, 4)

    done = outbox.drain(now=NOW)

    again = OutboxMessage.objects.get(delivered_at=None)
    assert (seen, done) == ([1, 2, 3, 4], outbox.Drained(delivered=3, retried=1))
    assert (again.payload["number"], again.attempts, again.due_at - NOW < timedelta(seconds=7)) == (2, 1, True)


@pytest.mark.django_db
def test_a_receiver_may_say_that_no_later_attempt_will_do(serve: Callable[[Deliver], None]) -> None:
    def gone(_: Mapping[str, Any]) -> None:
        raise outbox.Undeliverable("410 Gone")

    serve(gone)
    leave(1)

    assert outbox.drain(now=NOW) == outbox.Drained(dead=1)


@pytest.mark.django_db
def test_a_topic_that_nobody_serves_yet_is_tried_later(serve: Callable[[Deliver], None]) -> None:
    leave(1)

    assert outbox.drain(now=NOW) == outbox.Drained(retried=1)


@pytest.mark.django_db
def test_a_drain_stops_at_its_limit(serve: Callable[[Deliver], None]) -> None:
    serve(lambda _: None)
    leave(*range(30))

    assert outbox.drain(now=NOW, limit=25).delivered == 25
    assert outbox.waiting().count() == 5


@pytest.mark.django_db
def test_a_slow_receiver_puts_the_rest_of_its_slice_back(
    serve: Callable[[Deliver], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lease must not run out under a message that is still to be delivered."""
    moments = iter([NOW, NOW, NOW, NOW + timedelta(seconds=90), NOW + timedelta(seconds=90)])
    monkeypatch.setattr("loyalty.clock.running_from", lambda _: lambda: next(moments))
    serve(lambda _: None)
    leave(1, 2)

    assert outbox.drain(now=NOW, limit=2).delivered == 1
    message = outbox.waiting().get()
    assert (message.due_at, message.attempts) == (NOW + timedelta(seconds=90), 0)


@pytest.mark.django_db
def test_the_age_is_that_of_the_oldest_message_which_could_go_now(serve: Callable[[Deliver], None]) -> None:
    serve(refuse)
    assert outbox.oldest_waiting(now=NOW) is None
    leave(1)
    leave(2, now=NOW + timedelta(seconds=60))

    assert outbox.oldest_waiting(now=NOW + timedelta(seconds=90)) == timedelta(seconds=90)
    outbox.drain(now=NOW, limit=1)
    assert outbox.oldest_waiting(now=NOW + timedelta(seconds=1)) is None


@pytest.mark.django_db
def test_only_messages_delivered_long_ago_are_forgotten(serve: Callable[[Deliver], None]) -> None:
    serve(lambda _: None)
    leave(1)
    outbox.drain(now=NOW)
    leave(2)

    assert outbox.prune(now=NOW + outbox.KEPT + timedelta(minutes=1)) == 1
    assert OutboxMessage.objects.get().payload == {"number": 2}


@pytest.mark.django_db
def test_many_messages_cost_few_statements(django_assert_num_queries: Any) -> None:
    letters = [outbox.Letter("mail", str(number), {}) for number in range(100)]

    with django_assert_num_queries(1), transaction.atomic(savepoint=False):
        outbox.enqueue_many(letters=letters, now=NOW)

    assert OutboxMessage.objects.count() == 100


@pytest.mark.django_db
def test_one_hint_is_sent_for_a_transaction(
    django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    monkeypatch.setattr(outbox._Silence, "until", 0.0)
    monkeypatch.setattr(current_app, "send_task", lambda name, **_: sent.append(name))

    with django_capture_on_commit_callbacks(execute=True):
        leave(1)
        leave(2)

    assert sent == ["loyalty.tasks.drain_outbox"]


@pytest.mark.django_db
def test_a_broker_that_is_down_fails_no_request_and_is_left_in_peace(
    django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F12: the web keeps accepting; the sweep delivers."""
    tried: list[str] = []

    def down(name: str, **_: Any) -> None:
        tried.append(name)
        raise OSError("connection refused")

    monkeypatch.setattr(outbox._Silence, "until", 0.0)
    monkeypatch.setattr(current_app, "send_task", down)

    for number in range(3):
        with django_capture_on_commit_callbacks(execute=True):
            leave(number)

    assert OutboxMessage.objects.count() == 3
    assert tried == ["loyalty.tasks.drain_outbox"]


def four_drains(claim: Callable[..., list[OutboxMessage]], monkeypatch: pytest.MonkeyPatch) -> Counter[int]:
    """How often each of 400 messages was delivered by four drains that start at one moment."""
    seen: Counter[int] = Counter()
    lock, barrier = Lock(), Barrier(4)
    registry = Registry()

    def deliver(payload: Mapping[str, Any]) -> None:
        with lock:
            seen.update([payload["number"]])

    def drain(_: int) -> None:
        connection.ensure_connection()
        barrier.wait()
        try:
            outbox.drain(now=NOW)
        finally:
            connection.close()

    registry.add([Topic(code="mail", deliver=deliver)])
    monkeypatch.setattr(outbox, "registry", registry)
    monkeypatch.setattr(outbox, "_claim", claim)
    leave(*range(400))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(drain, range(4)))
    return seen


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_four_drains_at_once_deliver_each_message_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """I22"""
    seen = four_drains(outbox._claim, monkeypatch)

    assert seen == Counter(range(400))
    assert outbox.waiting().count() == 0


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_drains_that_claim_without_a_lock_deliver_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the same drains, each reading what is due and then claiming it."""

    def claim(*, now: datetime, count: int) -> list[OutboxMessage]:
        rows = list(outbox.waiting().filter(due_at__lte=now).order_by("due_at", "pk")[:count])
        connection.cursor().execute("SELECT pg_sleep(0.01)")
        OutboxMessage.objects.filter(pk__in=[row.pk for row in rows]).update(due_at=now + outbox.LEASE)
        for row in rows:
            row.due_at = now + outbox.LEASE
        return rows

    assert four_drains(claim, monkeypatch).total() > 400
