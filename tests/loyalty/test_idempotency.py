"""A repeated call is answered, not done again."""

import contextlib
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from loyalty import clock, idempotency
from loyalty.idempotency import Answer
from loyalty.models import Entry, Event, IdempotencyKey, RateCounter
from tests import cast
from tests.tills import Till, a_point_per_yuan, code, order, told


@pytest.mark.django_db
def test_the_same_key_gets_the_same_answer() -> None:
    till, event = Till(), order()

    first, again = (till.post("/events", event, key="one") for _ in range(2))

    assert (first.status_code, first.headers.get("Idempotency-Replayed")) == (201, None)
    assert (again.status_code, again.headers.get("Idempotency-Replayed")) == (201, "true")
    assert told(again) == told(first)
    assert Event.objects.filter(kind="order.paid").count() == 1


@pytest.mark.django_db
def test_spacing_and_order_of_fields_do_not_make_another_request() -> None:
    till = Till()
    till.post("/members", b'{"external_id":"C-1","name":"Li"}', key="one")

    again = till.post("/members", b'{ "name": "Li", "external_id": "C-1" }', key="one")

    assert again.headers["Idempotency-Replayed"] == "true"


@pytest.mark.django_db
def test_keys_are_each_partners_own() -> None:
    answers = [Till(name).post("/events", order(), key="one") for name in ("till", "shop")]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert Event.objects.filter(kind="order.paid").count() == 2


@pytest.mark.django_db
def test_a_business_refusal_is_kept() -> None:
    till, event = Till(), order(customer="x:C-1")
    refused = till.post("/events", event, key="one")
    till.post("/members", {"external_id": "C-1"})

    again = till.post("/events", event, key="one")

    assert code(refused) == code(again) == (422, "member_not_found")
    assert again.headers["Idempotency-Replayed"] == "true"
    assert till.post("/events", event, key="two").status_code == 201


@pytest.mark.django_db
def test_a_body_that_cannot_be_read_leaves_the_key_free() -> None:
    till = Till()

    answers = [till.post("/events", body, key="one") for body in (order(amount="x"), order())]

    assert [answer.status_code for answer in answers] == [400, 201]


@pytest.mark.django_db
def test_a_fault_of_ours_leaves_the_key_free(monkeypatch: pytest.MonkeyPatch) -> None:
    till = Till()
    with monkeypatch.context() as broken:
        broken.setattr("loyalty.api.events.intake.post", lambda *args, **kwargs: 1 / 0)
        failed = till.post("/events", order(), key="one")

    assert code(failed) == (500, "internal_error")
    assert b"ZeroDivision" not in failed.content
    assert till.post("/events", order(), key="one").status_code == 201


@pytest.mark.django_db
def test_a_key_left_behind_by_a_dead_worker_is_taken_over_after_two_minutes() -> None:
    till, event = Till(), order()
    first = told(till.post("/events", event, key="one"))
    died = clock.now() - idempotency.STALE - timedelta(seconds=1)
    IdempotencyKey.objects.update(status=None, answer=None, locked_at=died)

    again = till.post("/events", event, key="one")

    assert (again.status_code, told(again)) == (200, {**first, "status": "duplicate"})


@pytest.mark.django_db
def test_a_worker_that_lost_its_claim_cannot_write_the_answer() -> None:
    partner, now = cast.partner(), clock.now()
    later = now + idempotency.STALE + timedelta(seconds=1)

    def slow() -> Answer:
        idempotency.once(
            partner_id=partner.pk, key="one", print_="p", now=later, deed=lambda: Answer(201, {"by": "second"})
        )
        return Answer(201, {"by": "first"})

    idempotency.once(partner_id=partner.pk, key="one", print_="p", now=now, deed=slow)

    assert IdempotencyKey.objects.get().answer == {"by": "second"}


@pytest.mark.django_db
def test_after_pruning_the_business_key_still_holds() -> None:
    """F4: later, and after the key is forgotten."""
    a_point_per_yuan()
    till, event = Till(), order(customer=f"m:{cast.new_member().account.number}")
    till.post("/events", event, key="one")

    pruned = idempotency.prune(now=clock.now() + idempotency.KEPT + timedelta(seconds=1))

    assert pruned == 1
    assert told(till.post("/events", event, key="one"))["status"] == "duplicate"
    assert Entry.objects.count() == 1


def _in_parallel(number: int, call: Any) -> list[Any]:
    start = threading.Barrier(number)

    def run(index: int) -> Any:
        try:
            start.wait()
            return call(index)
        finally:
            connection.close()

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(run, range(number)))


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_fifty_at_once_have_one_effect(monkeypatch: pytest.MonkeyPatch) -> None:
    """F4: one effect; the others are told to wait, then get the first answer again."""
    moment = clock.now()  # within one window of the rate limit
    monkeypatch.setattr(clock, "now", lambda: moment)
    a_point_per_yuan()
    till, event = Till(), order(customer=f"m:{cast.new_member().account.number}")

    answers = _in_parallel(50, lambda _index: Till(key=till.key).post("/events", event, key="one"))

    seen = Counter((answer.status_code, answer.headers.get("Idempotency-Replayed")) for answer in answers)
    assert seen[201, None] == 1
    assert set(seen) <= {(201, None), (409, None), (201, "true")}
    assert {code(answer)[1] for answer in answers if answer.status_code == 409} <= {"request_in_progress"}
    assert Entry.objects.count() == 1
    assert RateCounter.objects.get(bucket__startswith="api:").hits == 50
    later = till.post("/events", event, key="one")
    assert (later.status_code, later.headers["Idempotency-Replayed"]) == (201, "true")


def _deeds_of_twenty() -> int:
    """How often the deed is done where twenty callers come at once with one key."""
    partner, now, done = cast.partner(), clock.now(), []

    def deed() -> Answer:
        done.append(1)
        time.sleep(0.2)
        return Answer(201, {})

    def call(_index: int) -> None:
        with contextlib.suppress(idempotency.InProgress):
            idempotency.once(partner_id=partner.pk, key="one", print_="p", now=now, deed=deed)

    _in_parallel(20, call)
    return len(done)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_claim_lets_one_of_twenty_through() -> None:
    """F4: the claim alone, where no business key would help."""
    assert _deeds_of_twenty() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_without_the_claim_the_race_is_real(monkeypatch: pytest.MonkeyPatch) -> None:
    """F4, negative control: look first and claim afterwards, and many get through."""

    def look_then_claim(partner_id: int, key: str, print_: str, now: datetime) -> int:
        if IdempotencyKey.objects.filter(partner_id=partner_id, key=key).exists():
            raise idempotency.InProgress(retry_after=1)
        time.sleep(0.1)
        row = IdempotencyKey(partner_id=partner_id, key=key, fingerprint=print_, locked_at=now, created_at=now)
        IdempotencyKey.objects.bulk_create([row], ignore_conflicts=True)
        return IdempotencyKey.objects.get(partner_id=partner_id, key=key).pk

    monkeypatch.setattr(idempotency, "_claim", look_then_claim)

    assert _deeds_of_twenty() > 1
