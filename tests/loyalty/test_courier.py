"""Rows that go ahead: in order, whole, and heard of where something is wrong."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from loyalty import bulk, courier
from loyalty.models import Account, Event, Order, OrderLine
from tests.loyalty.test_bulk import event
from tests.loyalty.till import one_for_one, open_account, order, post

pytestmark = pytest.mark.django_db
MANY = 50
COLUMNS = ("id", "kind", "key", "account_id", "state", "occurred_at", "occurred_on", "recorded_at", "payload")


def put_in(name: str, account: Account | None = None, much: str = "") -> None:
    """Enough events at once that they are copied in."""
    rows = [(*event(f"{name}-{number}", {"much": much}, account), "0" * 64) for number in range(MANY)]
    bulk.insert(Event, (*COLUMNS, "fingerprint"), rows)


def told(captured: CaptureQueriesContext) -> list[str]:
    """What was said to the database, in its order, by first words."""
    return [" ".join(query["sql"].split()[:2]).replace('"', "") for query in captured.captured_queries]


def test_what_is_asked_later_finds_all_that_was_sent_before() -> None:
    with courier.ahead():
        put_in("first", much="x" * 40_000)
        found = Event.objects.count()
        put_in("second")

    assert (found, Event.objects.count()) == (MANY, 2 * MANY)


@pytest.mark.postgres
def test_a_statement_goes_out_after_every_row_sent_before_it() -> None:
    with CaptureQueriesContext(connection) as captured, courier.ahead():
        put_in("first", much="x" * 40_000)
        put_in("second")
        Event.objects.exists()

    assert told(captured) == ["COPY loyalty_event", "COPY loyalty_event", "SELECT 1"]


@pytest.mark.postgres
def test_a_key_to_nowhere_is_refused_before_the_end_and_nothing_stays() -> None:
    nobody = Account(pk=10**9)

    with pytest.raises(IntegrityError, match="account_id"), transaction.atomic(), courier.ahead():
        put_in("nobody's", nobody)

    assert Event.objects.count() == 0


@pytest.mark.postgres
def test_what_was_refused_is_told_to_the_next_statement_and_no_row_is_sent_after_it() -> None:
    heard: list[int] = []

    def three_times() -> None:
        for name in ("twice", "twice", "after"):
            put_in(name)
        heard.append(Event.objects.count())

    with pytest.raises(IntegrityError, match="twice"), transaction.atomic(), courier.ahead():
        three_times()

    assert (heard, Event.objects.count()) == ([], 0)


@pytest.mark.postgres
def test_keys_are_checked_at_the_end_again_once_all_has_arrived() -> None:
    with transaction.atomic():
        with courier.ahead():
            put_in("fine")
        put_in("not yet", Account(pk=10**9))
        written = Event.objects.count()
        Event.objects.filter(account_id=10**9).delete()

    assert (written, Event.objects.count()) == (2 * MANY, MANY)


def test_a_fault_on_the_way_is_the_one_that_is_told_and_the_connection_lives_on() -> None:
    def lose() -> None:
        put_in("lost", much="x" * 40_000)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), transaction.atomic(), courier.ahead():
        lose()

    assert (Event.objects.count(), courier.at_hand()) == (0, None)


@pytest.mark.postgres
def test_a_fault_while_rows_are_made_ends_their_copy() -> None:
    with pytest.raises(AttributeError), transaction.atomic(), courier.ahead():
        bulk.insert(Event, (*COLUMNS, "fingerprint"), [(*event("odd", {}), "0" * 64), *[("no id",) * 10] * MANY])

    assert Event.objects.count() == 0


def test_a_big_batch_keeps_what_it_would_keep_row_by_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same orders with and without rows going ahead leave the same orders, lines and entries."""
    one_for_one()
    member = open_account()
    post(*(order(f"A-{number}", 100 * number, member) for number in range(1, MANY)))
    monkeypatch.setattr(courier, "at_hand", lambda: None)
    post(*(order(f"B-{number}", 100 * number, member) for number in range(1, MANY)))

    ahead, together = kept("A-"), kept("B-")

    assert (ahead, len(ahead)) == (together, MANY - 1)


def kept(prefix: str) -> list[Any]:
    """What stands of the orders but ids and names, and what they earned."""
    found = []
    for row in Order.objects.filter(external_id__startswith=prefix).order_by("total_minor"):
        lines = list(OrderLine.objects.filter(order=row).order_by("position").values_list("sku", "amount_minor"))
        earned = list(row.event.entries.order_by("id").values_list("amount", "counter"))
        found.append((row.total_minor, row.placed_at, row.account_id, row.store_id, lines, earned))
    return found
