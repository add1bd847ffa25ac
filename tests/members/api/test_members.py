"""`/members`: who they are, what they have, and why."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from loyalty import clock
from loyalty.models import Account, AccountReference, Partner, Programme
from members.entering import referrals
from members.models import Consent, Member
from tests import cast
from tests.tills import Till, a_point_per_yuan, code, order, told

pytestmark = pytest.mark.django_db


def test_a_member_is_enrolled_and_found_by_every_name() -> None:
    till = Till()

    answer = till.post(
        "/members",
        {
            "name": "王芳",
            "phone": "138 0013 8000",
            "external_id": "C-1",
            "consents": {"terms": True, "marketing": False},
        },
    )

    assert answer.status_code == 201
    body = told(answer)
    assert (body["name"], body["phone"], body["status"]) == ("王芳", "138****8000", "active")
    number = body["number"]
    for ref in (f"m:{number}", number, "x:C-1", "C-1", "p:13800138000", "p:+8613800138000", "13800138000"):
        assert told(till.get(f"/members/{ref}")) == body
    given = dict(Consent.objects.values_list("purpose", "is_given"))
    assert given == {"terms": True, "marketing": False}


def test_enrolling_the_same_customer_again_gives_the_first_member() -> None:
    till = Till()
    first = till.post("/members", {"external_id": "C-1"})

    again = till.post("/members", {"external_id": "C-1", "name": "other"})

    assert (first.status_code, again.status_code) == (201, 200)
    assert told(again) == told(first)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"phone": "1380013800"}, (400, "phone_length")),
        ({"phone": "hello"}, (400, "phone_invalid")),
        ({"email": "a@b"}, (400, "email_invalid")),
        ({"external_id": "C", "birthday": "2999-01-01"}, (400, "birthday_in_future")),
        ({"external_id": "C", "language": "fr"}, (400, "invalid_choice")),
        ({"external_id": "C", "consents": {"terms": "yes"}}, (400, "boolean_required")),
        ({"external_id": "C", "is_staff": True}, (400, "unknown_field")),
        ({"external_id": "C", "tier": "gold"}, (400, "unknown_field")),
        ({"external_id": "C", "balance": 10**6}, (400, "unknown_field")),
        ({}, (422, "contact_needed")),
    ],
)
def test_what_cannot_be_enrolled_is_told_why(body: dict[str, Any], expected: tuple[int, str]) -> None:
    assert code(Till().post("/members", body)) == expected
    assert Member.objects.count() == 0


def test_guest_orders_come_along_as_the_till_names_them() -> None:
    a_point_per_yuan()
    till = Till()
    till.post("/events", order("A-1", "128.00"))

    body = told(till.post("/members", {"external_id": "C-1", "order_ids": ["A-1", "A-2"]}))
    again = told(till.post("/members", {"external_id": "C-1", "order_ids": ["A-1"]}))

    assert [(each["order_id"], each["claimed"]) for each in body["orders"]] == [("A-1", True), ("A-2", False)]
    assert body["orders"][1]["error"]["code"] == "order_not_found"
    assert again["orders"] == [{"order_id": "A-1", "claimed": True, "error": None}]
    assert cast.available(Member.objects.get().pk) == 128


def test_an_order_that_named_the_customer_is_theirs_as_they_join() -> None:
    a_point_per_yuan()
    till = Till()
    Partner.objects.filter(pk=till.partner.pk).update(unknown_member=Partner.UnknownMember.PARK)
    till.post("/events", order("A-1", "128.00", customer="p:13800138000"))

    till.post("/members", {"phone": "138 0013 8000"})

    assert cast.available(Member.objects.get().pk) == 128


def test_who_was_brought_is_told_and_a_wrong_code_stops_nothing() -> None:
    till, friend = Till(), cast.gold_member()

    brought = told(till.post("/members", {"external_id": "C-1", "referral_code": referrals.code_of(friend)}))
    alone = till.post("/members", {"external_id": "C-2", "referral_code": "nobody"})

    assert (brought["referred"], alone.status_code, told(alone)["referred"]) == (True, 201, False)


def test_a_child_joins_at_the_till_with_a_guardian_alone() -> None:
    """Item 87."""
    till, child = Till(), {"external_id": "C-1", "birthday": (clock.now() - timedelta(days=3650)).date().isoformat()}

    alone = till.post("/members", child)
    unsure = till.post("/members", {**child, "guardian": {"name": "王丽", "agreed": False}})
    both = till.post("/members", {**child, "guardian": {"name": "王丽", "agreed": True}})

    assert (code(alone), code(unsure)) == ((422, "guardian_needed"), (422, "guardian_agreement_needed"))
    assert (both.status_code, Member.objects.get().guardian_name) == (201, "王丽")


def test_a_phone_belongs_to_one_member() -> None:
    till = Till()
    till.post("/members", {"phone": "13800138000"})

    assert code(till.post("/members", {"phone": "+86 138-0013-8000"})) == (409, "phone_taken")


def test_every_fault_is_named_at_once() -> None:
    answer = Till().post("/members", {"name": 1, "birthday": "soon", "points": 5})

    found = told(answer)["error"]["details"]
    assert [(one["param"], one["code"]) for one in found] == [
        ("points", "unknown_field"),
        ("name", "text_required"),
        ("birthday", "invalid_date"),
    ]


def test_another_partners_names_for_customers_are_not_looked_at() -> None:
    till, other = Till("till"), Till("shop")
    mine = told(till.post("/members", {"external_id": "C-1", "name": "mine"}))
    theirs = told(other.post("/members", {"external_id": "C-2", "name": "theirs"}))

    for path in ("", "/balance", "/entries"):
        assert code(till.get(f"/members/x:C-2{path}")) == (404, "member_not_found")
        assert code(other.get(f"/members/x:C-1{path}")) == (404, "member_not_found")
    assert told(till.get("/members/x:C-1")) == mine
    assert told(other.get("/members/x:C-2")) == theirs


@pytest.mark.parametrize("ref", ["m:000", "x:nobody", "p:13900000000", "nobody", "m:", "%00", "m:1%00", "a'--"])
def test_an_unknown_member_is_not_found(ref: str) -> None:
    assert code(Till().get(f"/members/{ref}")) == (404, "member_not_found")


def test_an_erased_member_is_gone() -> None:
    """Bad input 64."""
    account = Account.objects.create(number="68000000001", opened_at=cast.NOW, status=Account.Status.CLOSED)

    assert code(Till().get(f"/members/m:{account.number}")) == (410, "member_erased")


def test_the_balance_names_every_currency() -> None:
    person = cast.member()
    cast.give(person.account_id, 120, now=clock.now())

    body = told(Till().get(f"/members/m:{person.account.number}/balance"))

    assert body["tender"] is None
    assert {place["code"]: place["available"] for place in body["currencies"]} == {"points": 120, "growth": 0}
    points = next(place for place in body["currencies"] if place["code"] == "points")
    assert [pile["amount"] for pile in points["expiring"]] == [120]
    assert (points["pending"], points["held"], points["debt"]) == (0, 0, 0)


def test_the_balance_says_how_many_points_may_pay() -> None:
    Programme.objects.filter(pk=1).update(tender_points=100, tender_minor=500, tender_share_percent=50)
    person, till = cast.member(), Till()
    cast.give(person.account_id, 1050, now=clock.now())

    body = told(till.get(f"/members/m:{person.account.number}/balance", {"amount": "60.00"}))

    expected = {"currency": "CNY", "points": 600, "value": "30.00", "value_minor": 3000, "limit": "share"}
    assert body["tender"] == expected | {"lines": None}


@pytest.mark.parametrize(
    ("points", "remainder", "split"),
    [
        (100, "last", [(57, 143), (43, 107)]),
        (50, "last", [(28, 172), (22, 128)]),
        (50, "largest", [(29, 171), (21, 129)]),
    ],
)
def test_points_that_pay_are_split_over_the_lines(points: int, remainder: str, split: list[tuple[int, int]]) -> None:
    """C4: one point is one fen, on 2.00 and 1.50."""
    Programme.objects.filter(pk=1).update(
        tender_points=1, tender_minor=1, tender_share_percent=100, remainder=remainder
    )
    person, till = cast.member(), Till()
    cast.give(person.account_id, 1000, now=clock.now())

    asked = {"lines": "2.00,1.50", "points": points}
    offer = told(till.get(f"/members/m:{person.account.number}/balance", asked))["tender"]

    assert [(line["points"], line["left_minor"]) for line in offer["lines"]] == split
    assert offer["points"] == points


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"amount": "3.50", "lines": "2.00,1.50"}, ("one_of", "lines")),
        ({"lines": "2.00,"}, ("invalid_format", "lines.1")),
        ({"lines": ",".join(["1"] * 201)}, ("list_too_long", "lines")),
        ({"amount": "3.50", "points": "1e3"}, ("integer_required", "points")),
        ({"amount": "3.50", "points": "-1"}, ("integer_required", "points")),
        ({"amount": "3.50", "points": "9" * 30}, ("integer_required", "points")),
    ],
)
def test_lines_and_points_are_read_strictly(asked: dict[str, str], expected: tuple[str, str]) -> None:
    person = cast.member()

    error = told(Till().get(f"/members/m:{person.account.number}/balance", asked))["error"]

    assert (error["code"], error["param"]) == expected


@pytest.mark.parametrize(
    ("amount", "expected"),
    [("1e3", "invalid_format"), ("1.001", "too_many_decimals"), ("-1", "negative_price"), ("", "invalid_format")],
)
def test_an_amount_that_cannot_be_read_is_refused(amount: str, expected: str) -> None:
    person = cast.member()

    answer = Till().get(f"/members/m:{person.account.number}/balance", {"amount": amount})

    assert code(answer)[1] == expected


def _orders(till: Till, number: str, count: int) -> None:
    start = clock.now() - timedelta(hours=1)
    rows = [
        order(f"{number}-{index}", f"{index + 1}.00", at=start + timedelta(minutes=index), customer=f"m:{number}")
        for index in range(count)
    ]
    till.post("/events/batch", {"events": rows})


def test_the_statement_is_paged_newest_first() -> None:
    a_point_per_yuan()
    till, number = Till(), cast.new_member().account.number
    _orders(till, number, 5)

    pages = [told(till.get(f"/members/m:{number}/entries", {"limit": "2"}))]
    while pages[-1]["has_more"]:
        pages.append(told(till.get(f"/members/m:{number}/entries", {"limit": "2", "cursor": pages[-1]["next"]})))

    assert [[entry["amount"] for entry in page["entries"]] for page in pages] == [[5, 4], [3, 2], [1]]
    assert pages[-1]["next"] is None


def test_a_page_stays_true_while_more_arrive() -> None:
    a_point_per_yuan()
    till, number = Till(), cast.new_member().account.number
    _orders(till, number, 4)
    first = told(till.get(f"/members/m:{number}/entries", {"limit": "2"}))
    till.post("/events", order("late", "99.00", customer=f"m:{number}"))

    second = told(till.get(f"/members/m:{number}/entries", {"limit": "2", "cursor": first["next"]}))

    assert [entry["amount"] for entry in second["entries"]] == [2, 1]


def test_the_statement_is_filtered_by_currency_and_time() -> None:
    person, till = cast.member(points=5, growth=7), Till()
    path = f"/members/m:{person.account.number}/entries"
    at = cast.NOW - timedelta(days=300)

    def amounts(**query: str) -> list[int]:
        return [entry["amount"] for entry in told(till.get(path, query))["entries"]]

    assert sorted(amounts()) == [5, 7]
    assert amounts(currency="growth") == [7]
    assert amounts(since=(at + timedelta(seconds=1)).isoformat()) == []
    assert amounts(until=at.isoformat()) == []
    assert sorted(amounts(since=at.isoformat())) == [5, 7]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"cursor": "nonsense"}, "invalid_cursor"),
        ({"cursor": "MjAyNi0wMS0wMXxh"}, "invalid_cursor"),
        ({"limit": "0"}, "out_of_range"),
        ({"limit": "101"}, "out_of_range"),
        ({"limit": "１"}, "integer_required"),
        ({"since": "yesterday"}, "invalid_date"),
        ({"page": "2"}, "unknown_field"),
        ({"limit": ["1", "2"]}, "one_of"),
    ],
)
def test_a_question_that_cannot_be_read_is_refused(query: dict[str, Any], expected: str) -> None:
    person = cast.member()

    assert code(Till().get(f"/members/m:{person.account.number}/entries", query)) == (400, expected)


def test_three_entries_take_as_many_queries_as_one() -> None:
    a_point_per_yuan()
    till = Till()
    used = []
    for name, count in (("13800138001", 1), ("13800138003", 3)):
        person = cast.member(phone=name)
        _orders(till, person.account.number, count)
        till.get(f"/members/m:{person.account.number}/entries")
        with CaptureQueriesContext(connection) as queries:
            body = told(till.get(f"/members/m:{person.account.number}/entries"))
        assert len(body["entries"]) == count
        used.append(len(queries))

    assert used[0] == used[1]


def test_another_partners_event_is_not_named_in_the_statement() -> None:
    a_point_per_yuan()
    till, other, number = Till("till"), Till("shop"), cast.new_member().account.number
    event = told(till.post("/events", order(customer=f"m:{number}")))["id"]

    seen = [told(each.get(f"/members/m:{number}/entries"))["entries"][0]["event"] for each in (till, other)]

    assert seen == [event, None]


def test_an_external_id_made_by_enrolment_is_the_partners_own() -> None:
    till = Till()
    till.post("/members", {"external_id": "C-1"})

    assert AccountReference.objects.values_list("partner__code", "external_id").get() == ("till", "C-1")
