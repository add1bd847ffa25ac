"""`/transfers`: a shop's own app lets members give points to each other."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from loyalty.models import Account, Currency, Entry, Transfer
from tests import cast
from tests.tills import Till, code, told

pytestmark = pytest.mark.django_db
ZERO = "00000000-0000-0000-0000-000000000000"


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    """A quiet Wednesday noon that the test may move."""
    Currency.objects.filter(code="points").update(is_transferable=True)
    with time_machine.travel(cast.NOW, tick=False) as traveller:
        yield traveller


def pair(points: int = 100) -> tuple[str, str]:
    """References of somebody with that many points and of somebody without."""
    giver, receiver = cast.member(points=points), cast.member("周一诺", phone="13900139000")
    return f"m:{giver.account.number}", f"m:{receiver.account.number}"


def wanted(giver: str, receiver: str, amount: Any = 60, own: str = "G-1", **more: Any) -> dict[str, Any]:
    return {"giver": giver, "receiver": receiver, "amount": amount, "token": own, **more}


def available(till: Till, member: str) -> int:
    points: int = told(till.get(f"/members/{member}/balance"))["currencies"][0]["available"]
    return points


def test_points_are_given_and_told() -> None:
    till, (giver, receiver) = Till(), pair()

    answer = till.post("/transfers", wanted(giver, receiver, memo="生日快乐"))

    body, made = told(answer), Transfer.objects.get()
    lot = Entry.objects.get(transfer_part__transfer=made).lot
    assert answer.status_code == 201
    assert body == {
        "id": str(made.pk),
        "token": "G-1",
        "giver": giver.removeprefix("m:"),
        "receiver": receiver.removeprefix("m:"),
        "currency": "points",
        "amount": 60,
        "memo": "生日快乐",
        "transferred_at": "2026-03-18T04:00:00Z",
        "entry": str(made.entry_id),
        "lots": [
            {
                "amount": 60,
                "earned_at": f"{lot.earned_at:%Y-%m-%dT%H:%M:%SZ}",
                "expires_at": f"{lot.expires_at:%Y-%m-%dT%H:%M:%SZ}",
            }
        ],
    }
    assert told(till.get(f"/transfers/{made.pk}")) == told(till.get("/transfers/t:G-1")) == body
    assert (available(till, giver), available(till, receiver)) == (40, 60)


def test_the_same_token_is_the_same_gift_long_after_the_key(clock: time_machine.Traveller) -> None:
    till, (giver, receiver) = Till(), pair()
    first = told(till.post("/transfers", wanted(giver, receiver)))
    clock.shift(3600 * 24 * 40)

    again = till.post("/transfers", wanted(giver, receiver))
    other = till.post("/transfers", wanted(giver, receiver, 61))

    assert (again.status_code, told(again)) == (200, first)
    assert code(other) == (409, "transfer_mismatch")
    assert available(till, giver) == 40


@pytest.mark.parametrize(
    ("change", "status", "refusal"),
    [
        ({"amount": 101}, 422, "insufficient_points"),
        ({"amount": 0}, 400, "must_be_positive"),
        ({"amount": 10**15 + 1}, 400, "out_of_range"),
        ({"amount": "5"}, 400, "integer_required"),
        ({"currency": "growth"}, 422, "not_transferable"),
        ({"currency": "gold"}, 400, "invalid_choice"),
        ({"giver": "x:nobody"}, 422, "member_not_found"),
        ({"receiver": "m:000000000000"}, 422, "member_not_found"),
        ({"memo": "x" * 121}, 400, "too_long"),
        ({"token": " "}, 400, "blank"),
        ({"colour": "red"}, 400, "unknown_field"),
    ],
)
def test_what_cannot_be_given_is_refused_with_its_reason(change: dict[str, Any], status: int, refusal: str) -> None:
    till, (giver, receiver) = Till(), pair()

    answer = till.post("/transfers", wanted(giver, receiver) | change)

    assert (code(answer), Transfer.objects.count()) == ((status, refusal), 0)


@pytest.mark.parametrize(
    ("columns", "status", "refusal"),
    [
        ({"transfer_daily_limit": 50}, 422, "over_daily_limit"),
        ({"balance_cap": 50}, 422, "over_balance_cap"),
        ({"is_transferable": False}, 422, "not_transferable"),
    ],
)
def test_the_programmes_limits_hold(columns: dict[str, Any], status: int, refusal: str) -> None:
    till, (giver, receiver) = Till(), pair()
    Currency.objects.filter(code="points").update(**columns)

    answer = till.post("/transfers", wanted(giver, receiver))

    assert code(answer) == (status, refusal)


def test_who_gives_to_themselves_or_is_suspended_is_told_so() -> None:
    till, (giver, receiver) = Till(), pair()

    own = till.post("/transfers", wanted(giver, giver))
    Account.objects.filter(number=receiver.removeprefix("m:")).update(status="frozen")
    to_frozen = till.post("/transfers", wanted(giver, receiver))
    Account.objects.filter(number=giver.removeprefix("m:")).update(status="frozen")
    from_frozen = till.post("/transfers", wanted(giver, receiver, own="G-2"))

    assert [code(answer) for answer in (own, to_frozen, from_frozen)] == [
        (422, "same_member"),
        (422, "receiver_unavailable"),
        (423, "member_frozen"),
    ]


def test_only_a_key_with_the_scope_gives_and_only_the_caller_reads() -> None:
    till, (giver, receiver) = Till(), pair()
    till.post("/transfers", wanted(giver, receiver))
    poor, other = Till("till", "holds:write"), Till("other")

    assert code(poor.post("/transfers", wanted(giver, receiver, own="G-2"))) == (403, "scope_missing")
    assert [code(other.get(f"/transfers/{ref}")) for ref in ("t:G-1", ZERO, "nonsense")] == [
        (404, "transfer_not_found")
    ] * 3
