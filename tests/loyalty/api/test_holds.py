"""`/holds`: a till sets points aside, then captures or releases them."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from loyalty.models import Account, Entry, Hold
from tests import cast
from tests.tills import Till, code, told

pytestmark = pytest.mark.django_db
ZERO = "00000000-0000-0000-0000-000000000000"


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    """A quiet Wednesday noon that the test may move."""
    with time_machine.travel(cast.NOW, tick=False) as traveller:
        yield traveller


def holder(points: int = 100) -> str:
    """The reference of somebody with that many points."""
    return f"m:{cast.member(points=points).account.number}"


def wanted(member: str, amount: Any = 60, own: str = "T-1", **more: Any) -> dict[str, Any]:
    return {"member": member, "amount": amount, "token": own, **more}


def position(till: Till, member: str) -> tuple[int, int]:
    points = told(till.get(f"/members/{member}/balance"))["currencies"][0]
    return points["available"], points["held"]


def test_points_are_set_aside_and_told() -> None:
    till, member = Till(), holder()

    answer = till.post("/holds", wanted(member, memo="table 4"))

    body = told(answer)
    assert answer.status_code == 201
    assert body == {
        "id": str(Hold.objects.get().pk),
        "token": "T-1",
        "member": member.removeprefix("m:"),
        "currency": "points",
        "amount": 60,
        "captured": 0,
        "state": "held",
        "memo": "table 4",
        "held_at": "2026-03-18T04:00:00Z",
        "lapses_at": "2026-03-18T04:15:00Z",
        "ended_at": None,
        "entry": None,
    }
    assert told(till.get(f"/holds/{body['id']}")) == told(till.get("/holds/t:T-1")) == body
    assert position(till, member) == (40, 60)


def test_a_part_is_captured_and_the_rest_goes_back() -> None:
    till, member = Till(), holder()
    held = told(till.post("/holds", wanted(member)))

    answer = till.post(f"/holds/{held['id']}/capture", {"amount": 45})

    entry = Entry.objects.get(counter="redeemed")
    ended = {"state": "captured", "captured": 45, "entry": str(entry.pk), "ended_at": "2026-03-18T04:00:00Z"}
    assert (answer.status_code, told(answer)) == (200, held | ended)
    assert (entry.amount, position(till, member)) == (-45, (55, 0))


def test_without_an_amount_all_of_it_is_captured() -> None:
    till, member = Till(), holder()
    till.post("/holds", wanted(member))

    assert told(till.post("/holds/t:T-1/capture", {}))["captured"] == 60
    assert position(till, member) == (40, 0)


def test_a_release_gives_everything_back() -> None:
    till, member = Till(), holder()
    till.post("/holds", wanted(member))

    assert told(till.post("/holds/t:T-1/release", {}))["state"] == "released"
    assert (position(till, member), Entry.objects.filter(amount__lt=0).count()) == ((100, 0), 0)


def test_a_hold_whose_time_is_over_has_lapsed(clock: time_machine.Traveller) -> None:
    till, member = Till(), holder()
    till.post("/holds", wanted(member, lasts_seconds=90))
    clock.shift(timedelta(seconds=90))

    body = told(till.get("/holds/t:T-1"))

    assert (body["state"], body["ended_at"]) == ("lapsed", "2026-03-18T04:01:30Z")
    assert position(till, member) == (100, 0)
    assert code(till.post("/holds/t:T-1/capture", {})) == (409, "hold_ended")
    assert code(till.post("/holds/t:T-1/release", {})) == (409, "hold_ended")


def test_the_same_token_is_the_same_hold(clock: time_machine.Traveller) -> None:
    till, member = Till(), holder()
    first = till.post("/holds", wanted(member))
    clock.shift(timedelta(minutes=1))

    again = till.post("/holds", wanted(member))

    assert (again.status_code, told(again)) == (200, told(first))
    assert code(till.post("/holds", wanted(member, 61))) == (409, "hold_mismatch")
    assert code(till.post("/holds", wanted(member, lasts_seconds=60))) == (409, "hold_mismatch")
    assert position(till, member) == (40, 60)


def test_an_ending_is_told_again_and_another_is_refused() -> None:
    till, member = Till(), holder()
    till.post("/holds", wanted(member))
    first = told(till.post("/holds/t:T-1/capture", {"amount": 10}))

    assert told(till.post("/holds/t:T-1/capture", {"amount": 10})) == first
    assert code(till.post("/holds/t:T-1/capture", {"amount": 11})) == (409, "hold_ended")
    assert code(till.post("/holds/t:T-1/capture", {})) == (409, "hold_ended")
    refusal = till.post("/holds/t:T-1/release", {})
    assert told(refusal)["error"]["message"] == (
        "This hold has ended already (captured). To set points aside again, please make a new one."
    )


def test_the_same_idempotency_key_is_answered_without_a_second_deed() -> None:
    till, member = Till(), holder()
    first = till.post("/holds", wanted(member), key="one")

    again = till.post("/holds", wanted(member), key="one")

    assert (again.status_code, told(again)) == (first.status_code, told(first))
    assert again.headers["Idempotency-Replayed"] == "true"


def test_another_partners_hold_is_not_found() -> None:
    till, other, member = Till("till"), Till("shop"), holder()
    mine = told(till.post("/holds", wanted(member)))["id"]

    answers = [
        other.get(f"/holds/{mine}"),
        other.get("/holds/t:T-1"),
        other.post(f"/holds/{mine}/capture", {}),
        other.post(f"/holds/{mine}/release", {}),
    ]

    assert [code(answer) for answer in answers] == [(404, "hold_not_found")] * 4
    assert other.post("/holds", wanted(member, 5)).status_code == 201
    assert position(till, member) == (35, 65)


@pytest.mark.parametrize("name", [ZERO, "nonsense", "%00", "t:nobody", "t:%00", "１"])
def test_an_unknown_hold_is_not_found(name: str) -> None:
    till = Till()

    answers = [
        till.get(f"/holds/{name}"),
        till.post(f"/holds/{name}/capture", {}),
        till.post(f"/holds/{name}/release", {}),
    ]

    assert [code(answer) for answer in answers] == [(404, "hold_not_found")] * 3


@pytest.mark.parametrize(
    ("change", "status", "fault", "param"),
    [
        ({"amount": 0}, 400, "must_be_positive", "amount"),
        ({"amount": -1}, 400, "must_be_positive", "amount"),
        ({"amount": 10**15 + 1}, 400, "out_of_range", "amount"),
        ({"amount": 2**63}, 400, "out_of_range", "amount"),
        ({"amount": "60"}, 400, "integer_required", "amount"),
        ({"amount": True}, 400, "integer_required", "amount"),
        ({"amount": 5.5}, 400, "integer_required", "amount"),
        ({"amount": None}, 400, "required", "amount"),
        ({"lasts_seconds": 0}, 400, "must_be_positive", "lasts_seconds"),
        ({"lasts_seconds": 86401}, 400, "out_of_range", "lasts_seconds"),
        ({"token": " "}, 400, "blank", "token"),
        ({"token": "T" * 101}, 400, "too_long", "token"),
        ({"token": "T\x00"}, 400, "control_character", "token"),
        ({"memo": "m" * 121}, 400, "too_long", "memo"),
        ({"currency": "gold"}, 400, "invalid_choice", "currency"),
        ({"currency": "growth"}, 422, "not_spendable", None),
        ({"member": "x:nobody"}, 422, "member_not_found", "member"),
        ({"points": 5}, 400, "unknown_field", "points"),
        ({"amount": 101}, 422, "insufficient_points", None),
    ],
)
def test_bad_input_has_a_clear_answer(change: dict[str, Any], status: int, fault: str, param: str | None) -> None:
    """Bad input 10, 12, 13, 15, 17, 19, 20, 31, 36, 37, 51, 66 on holds; nothing is set aside."""
    till, member = Till(), holder()

    answer = till.post("/holds", wanted(member) | change)

    assert code(answer) == (status, fault)
    assert (told(answer)["error"]["param"], Hold.objects.count()) == (param, 0)


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"amount": 0}, "must_be_positive"),
        ({"amount": -1}, "must_be_positive"),
        ({"amount": 61}, "out_of_range"),
        ({"amount": 10**9}, "out_of_range"),
        ({"amount": "1"}, "integer_required"),
        ({"points": 1}, "unknown_field"),
    ],
)
def test_a_capture_out_of_range_is_refused(body: dict[str, Any], fault: str) -> None:
    """Bad input 66: the allowed range is named, the hold stays."""
    till, member = Till(), holder()
    till.post("/holds", wanted(member))

    answer = till.post("/holds/t:T-1/capture", body)

    assert (code(answer), position(till, member)) == ((400, fault), (40, 60))
    if fault == "out_of_range":
        assert told(answer)["error"]["message"] == "Send a value between 1 and 60."


def test_a_suspended_member_can_be_released_only() -> None:
    """Bad input 65."""
    till, member = Till(), holder()
    till.post("/holds", wanted(member))
    Account.objects.update(status=Account.Status.FROZEN)

    assert code(till.post("/holds", wanted(member, 5, "T-2"))) == (423, "member_frozen")
    assert code(till.post("/holds/t:T-1/capture", {})) == (423, "member_frozen")
    assert told(till.post("/holds/t:T-1/release", {}))["state"] == "released"


def test_a_key_without_the_scope_may_not_hold() -> None:
    till = Till("till", "events:write", "members:read", "redeem")

    answers = [till.post("/holds", {}), till.get("/holds/t:T-1"), till.post("/holds/t:T-1/capture", {})]

    assert [code(answer) for answer in answers] == [(403, "scope_missing")] * 3


def test_a_post_needs_an_idempotency_key_and_a_body() -> None:
    """Bad input 1, 42."""
    till, member = Till(), holder()
    till.post("/holds", wanted(member))

    assert code(till.post("/holds", wanted(member, 5, "T-2"), key=None)) == (400, "idempotency_key_required")
    assert code(till.post("/holds/t:T-1/release", b"")) == (400, "body_required")
    assert position(till, member) == (40, 60)
