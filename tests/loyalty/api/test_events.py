"""`/events`: what a till tells and what it hears."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from loyalty.models import Entry, Event, Order
from members.entering import enrolment
from tests import cast
from tests.tills import Till, a_point_per_yuan, code, order, told

pytestmark = pytest.mark.django_db


def test_an_order_becomes_points_and_is_explained() -> None:
    a_point_per_yuan()
    person = cast.new_member()

    answer = Till().post("/events", order(customer=f"m:{person.account.number}"))

    assert answer.status_code == 201
    body = told(answer)
    assert body["status"] == "accepted"
    assert body["awards"] == [{"currency": "points", "amount": 100}]
    assert body["steps"][0]["sentence"] == "Order ¥100.00, 1 for every full ¥1: +100 points"
    assert cast.available(person.account_id) == 100


def test_an_event_is_read_back_with_its_receipt_and_entries() -> None:
    a_point_per_yuan()
    person, till = cast.new_member(), Till()
    posted = told(till.post("/events", order(customer=f"m:{person.account.number}")))

    body = told(till.get(f"/events/{posted['id']}"))

    assert body["member"] == person.account.number
    assert body["awards"] == posted["awards"]
    assert body["steps"] == posted["steps"]
    assert [(entry["amount"], entry["why"]) for entry in body["entries"]] == [
        (100, "Issued by “1 point per yuan” (order paid).")
    ]


def test_a_refund_takes_points_back() -> None:
    a_point_per_yuan()
    person, till = cast.new_member(), Till()
    till.post("/events", order(customer=f"m:{person.account.number}"))
    refund = order(amount="30.00", refund_id="R-1") | {"kind": "order.refunded"}

    body = told(till.post("/events", refund))

    assert body["awards"] == [{"currency": "points", "amount": -30}]
    assert cast.available(person.account_id) == 70


def test_the_same_event_under_another_key_is_known() -> None:
    """E15: the business key outlives every Idempotency-Key."""
    a_point_per_yuan()
    till, event = Till(), order(customer=f"m:{cast.new_member().account.number}")

    first, again = till.post("/events", event), till.post("/events", event)

    assert (first.status_code, again.status_code) == (201, 200)
    assert told(again) == {**told(first), "status": "duplicate"}
    assert Entry.objects.filter(event_id=told(first)["id"]).count() == 1


def test_the_same_order_with_other_content_is_refused() -> None:
    """E15: same id, other body."""
    till, event = Till(), order()
    till.post("/events", event)

    answer = till.post("/events", event | {"data": event["data"] | {"amount": "99.00"}})

    assert code(answer) == (409, "event_mismatch")


def test_an_order_without_customer_is_kept_as_a_guest_order() -> None:
    answer = Till().post("/events", order())

    assert (answer.status_code, told(answer)["status"]) == (201, "guest")
    assert Order.objects.get().account_id is None


def test_simulating_answers_alike_and_writes_nothing() -> None:
    a_point_per_yuan()
    till, event = Till(), order(customer=f"m:{cast.new_member().account.number}")
    before = (Event.objects.count(), Entry.objects.count(), Order.objects.count())

    simulated = till.post("/events/simulate", event, key=None)

    assert (Event.objects.count(), Entry.objects.count(), Order.objects.count()) == before
    posted = told(till.post("/events", event))
    assert told(simulated) == {**posted, "id": None, "simulated": True}


def test_another_partners_event_is_not_found() -> None:
    till, other = Till("till"), Till("shop")
    mine, theirs = told(till.post("/events", order()))["id"], told(other.post("/events", order()))["id"]

    assert code(till.get(f"/events/{theirs}")) == (404, "event_not_found")
    assert code(other.get(f"/events/{mine}")) == (404, "event_not_found")


@pytest.mark.parametrize("wanted", ["00000000-0000-0000-0000-000000000000", "nonsense", "%00", "１"])
def test_an_unknown_event_is_not_found(wanted: str) -> None:
    assert code(Till().get(f"/events/{wanted}")) == (404, "event_not_found")


def test_a_bad_row_does_not_spoil_the_batch() -> None:
    a_point_per_yuan()
    till, number = Till(), cast.new_member().account.number
    rows = [
        order("A-1", customer=f"m:{number}"),
        order("A-2", amount="1.00000"),
        "nonsense",
        order("A-3", customer="x:nobody"),
        order("A-4", customer=f"m:{number}"),
    ]

    body = told(till.post("/events/batch", {"events": rows}))

    assert (body["total"], body["refused"]) == (5, 3)
    assert [row["index"] for row in body["results"]] == [0, 1, 2, 3, 4]
    assert [row["status"] for row in body["results"]] == ["accepted", "refused", "refused", "refused", "accepted"]
    assert [(row["error"]["code"], row["error"]["param"]) for row in body["results"][1:4]] == [
        ("too_many_decimals", "data.amount"),
        ("object_expected", None),
        ("member_not_found", "data.customer"),
    ]


def test_a_batch_of_more_than_a_thousand_is_too_large() -> None:
    answer = Till().post("/events/batch", {"events": [{}] * 1001})

    assert code(answer) == (413, "batch_too_large")


def test_a_batch_of_a_hundred_takes_as_many_queries_as_one() -> None:
    a_point_per_yuan()
    till = Till()
    people = [f"C-{index}" for index in range(100)]
    enrolment.enrol_references(till.partner.pk, people, cast.NOW)
    till.post("/events/batch", {"events": [order("warm", customer="x:C-0")]})
    used = []
    for size in (1, 100):
        rows = [order(f"B-{size}-{name}", customer=f"x:{name}") for name in people[:size]]
        with CaptureQueriesContext(connection) as queries:
            body = told(till.post("/events/batch", {"events": rows}))
        used.append(len(queries))
        assert {row["status"] for row in body["results"]} == {"accepted"}

    assert used[0] == used[1]


def test_a_batch_sent_again_takes_as_many_queries_as_one_row_of_it() -> None:
    a_point_per_yuan()
    till, number = Till(), cast.new_member().account.number
    rows = [order(f"C-{index}", customer=f"m:{number}") for index in range(50)]
    till.post("/events/batch", {"events": rows})
    used = []
    for size in (1, 50):
        with CaptureQueriesContext(connection) as queries:
            body = told(till.post("/events/batch", {"events": rows[:size]}))
        used.append(len(queries))
        assert {row["status"] for row in body["results"]} == {"duplicate"}

    assert used[0] == used[1]
