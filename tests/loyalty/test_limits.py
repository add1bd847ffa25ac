"""Limits count every try once, however many come together."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from django.db import connection, transaction

from loyalty import limits
from loyalty.models import RateCounter

NOW = datetime(2026, 11, 20, 4, 0, 20, tzinfo=UTC)


def one_try(now: datetime = NOW, bucket: str = "sign-in:10.0.0.1", limit: int = 2) -> bool:
    try:
        limits.hit(bucket=bucket, limit=limit, per_seconds=60, now=now)
    except limits.TooManyTries:
        return False
    return True


@pytest.mark.django_db
def test_tries_pass_up_to_the_limit_and_the_refusal_says_when_to_come_back() -> None:
    assert [one_try(), one_try()] == [True, True]

    with pytest.raises(limits.TooManyTries) as refusal:
        limits.hit(bucket="sign-in:10.0.0.1", limit=2, per_seconds=60, now=NOW)
    assert refusal.value.numbers == {"retry_after": 40}
    assert refusal.value.status == 429
    assert "40" in refusal.value.message


@pytest.mark.django_db
def test_the_next_window_the_next_bucket_and_another_length_start_afresh() -> None:
    assert [one_try(limit=1), one_try(limit=1)] == [True, False]

    assert one_try(NOW + timedelta(seconds=40), limit=1)
    assert one_try(bucket="sign-in:10.0.0.2", limit=1)
    limits.hit(bucket="sign-in:10.0.0.1", limit=1, per_seconds=30, now=NOW)
    assert RateCounter.objects.count() == 4


@pytest.mark.django_db
def test_a_long_bucket_is_counted_by_its_digest() -> None:
    assert [one_try(bucket="x" * 300, limit=1), one_try(bucket="x" * 300, limit=1)] == [True, False]
    assert one_try(bucket="x" * 299 + "y", limit=1)


@pytest.mark.django_db
def test_only_windows_that_are_over_are_forgotten() -> None:
    one_try()
    one_try(NOW + timedelta(minutes=1))

    assert limits.prune(now=NOW + timedelta(seconds=40)) == 1
    assert RateCounter.objects.count() == 1


def together(deed: Callable[[], bool], *, clients: int = 20, each: int = 5) -> int:
    """How many of all calls passed; the clients start at one moment, on connections of their own."""
    barrier = Barrier(clients)

    def client(_: int) -> int:
        connection.ensure_connection()
        barrier.wait()
        try:
            return sum(deed() for _ in range(each))
        finally:
            connection.close()

    with ThreadPoolExecutor(clients) as pool:
        return sum(pool.map(client, range(clients)))


def read_then_write() -> bool:
    """What the upsert replaces, to show that there is a race to lose."""
    with transaction.atomic():
        row, _ = RateCounter.objects.get_or_create(bucket="naive", window=0)
        row.hits += 1
        row.save()
    return row.hits <= 5


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_a_hundred_tries_at_once_exactly_five_pass() -> None:
    assert together(lambda: one_try(limit=5)) == 5
    assert RateCounter.objects.get().hits == 100


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_counting_by_reading_and_writing_lets_more_pass() -> None:
    """The control: the same tries, counted without the upsert."""
    assert together(read_then_write) > 5
    assert RateCounter.objects.get().hits < 100
