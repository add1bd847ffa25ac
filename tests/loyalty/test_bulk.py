"""Many rows in one statement: every value comes back as it went in, on both databases."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from loyalty import bulk, ids
from loyalty.models import Account, Event, Metric, Tally
from tests.loyalty.till import NOW, one_for_one, open_account, open_till, order, post

pytestmark = pytest.mark.django_db
COLUMNS = ("id", "kind", "key", "account_id", "state", "occurred_at", "occurred_on", "recorded_at", "payload")
AWKWARD = (
    "plain",
    "tab\there",
    "line\nbreak\r",
    "back\\slash \\N \\. \\t",
    'quo"te, {brace}',
    "NULL",
    "茉莉花茶 🍵",
    "",
)


def event(key: str, payload: Any, account: Account | None = None) -> tuple[Any, ...]:
    moment = datetime(2026, 3, 1, 23, 59, 59, 999_999, tzinfo=UTC)
    account_id = account.pk if account else None
    return (ids.uuid7(), "order.paid", key, account_id, "decided", moment, date(2026, 3, 2), NOW, payload)


def put_in(rows: list[tuple[Any, ...]]) -> None:
    bulk.insert(Event, (*COLUMNS, "fingerprint"), [(*row, "0" * 64) for row in rows])


def kept() -> list[tuple[Any, ...]]:
    return list(Event.objects.order_by("id").values_list(*COLUMNS))


def test_awkward_texts_and_documents_come_back_as_they_went_in() -> None:
    account = open_account()
    rows = [event(f"{place} {text}", {text: [text, None, 1, True]}, account) for place, text in enumerate(AWKWARD)]

    put_in([*rows, event("none", {})])

    assert kept()[:-1] == rows
    assert kept()[-1][3] is None


def test_missing_rows_alone_are_inserted_whatever_their_text() -> None:
    first, *others = [(*event(f"key {text}", {"said": text}), "0" * 64) for text in AWKWARD]
    bulk.insert_missing(Event, (*COLUMNS, "fingerprint"), [first], key="key")

    new = bulk.insert_missing(Event, (*COLUMNS, "fingerprint"), [first, *others], key="key")

    assert new == {row[2] for row in others}
    assert {row[8]["said"] for row in kept()} == set(AWKWARD)


def test_rows_are_updated_by_their_id() -> None:
    rows = [event(f"key {place}", {}) for place in range(3)]
    put_in(rows)
    later = NOW + timedelta(days=1)

    bulk.update(Event, ("id", "payload", "recorded_at"), [(row[0], {"said": "a\\b\t'c'"}, later) for row in rows[1:]])

    assert [(row[8], row[7]) for row in kept()] == [({}, NOW), *[({"said": "a\\b\t'c'"}, later)] * 2]


def test_tallies_are_added_up_by_their_key() -> None:
    account, metric = open_account(), Metric.objects.get(code="orders")
    day = date(2026, 3, 2)
    columns = ("account_id", "metric_id", "day", "value")

    for _ in range(2):
        bulk.upsert(Tally, columns, [(account.pk, metric.pk, day, 3)], key=columns[:3], add=True)

    assert list(Tally.objects.values_list("day", "value")) == [(day, 6)]


def test_rows_are_found_by_any_of_many_values_of_each_type() -> None:
    accounts = [open_account() for _ in range(3)]
    put_in([event(f"key {text}", {}, accounts[place % 3]) for place, text in enumerate(AWKWARD)])
    wanted: list[UUID] = [row[0] for row in kept()[:2]]

    assert Event.objects.filter(bulk.among("id", wanted)).count() == 2
    assert Event.objects.filter(bulk.among("key", [f"key {text}" for text in AWKWARD])).count() == len(AWKWARD)
    assert Event.objects.filter(bulk.among("account_id", [accounts[0].pk])).count() == 3
    assert Event.objects.filter(bulk.among("id", [])).count() == 0


def test_a_batch_takes_as_many_queries_for_one_order_as_for_fifty() -> None:
    open_till()
    one_for_one()
    post(order("first", 1000, open_account()))  # which reads the configuration
    asked = []
    for size in (1, 50):
        batch = [order(f"{size}-{number}", 1000, open_account()) for number in range(size)]
        with CaptureQueriesContext(connection) as queries:
            post(*batch)
        asked.append(len(queries))

    assert asked[0] == asked[1]


@pytest.mark.postgres
def test_the_server_takes_stock_of_what_was_put_in() -> None:
    """Else it plans as if the tables were empty until it finds the time to look: minutes for the auditor."""
    put_in([event(f"counted-{number}", {}) for number in range(500)])

    bulk.reckon(Event)

    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE relname = 'loyalty_event'")
        assert cursor.fetchone() == (500,)
