"""Input to the partner API that is well formed and makes no sense: each gets the one answer that is promised."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from loyalty import clock, rules
from loyalty.events import releasing
from loyalty.models import Account, Lot, Partner, Store
from members.models import Member
from rewards.models import Reward
from tests import cast
from tests.tills import Till, a_point_per_yuan, code, moment, order, told

pytestmark = pytest.mark.django_db

Seen = list[Any]
LINES: dict[int, tuple[Callable[[], Seen], Seen]] = {}
VISIT = {"effect": "points.fixed", "currency": "points", "points": 30}


def line(number: int, *expected: Any) -> Callable[[Callable[[], Seen]], Callable[[], Seen]]:
    """Registers a line with the answers it must get."""

    def register(send: Callable[[], Seen]) -> Callable[[], Seen]:
        LINES[number] = (send, list(expected))
        return send

    return register


def answer(reply: Any) -> Any:
    """(status, error code), or (status, event status) where all went well."""
    body = told(reply)
    return code(reply) if "error" in body else (reply.status_code, body.get("status"))


def refund(order_id: str, **data: Any) -> dict[str, Any]:
    told_data = {"order_id": order_id, "refund_id": f"R-{order_id}", "currency": "CNY", "amount": "10.00", **data}
    return {"kind": "order.refunded", "occurred_at": moment(clock.now() - timedelta(minutes=1)), "data": told_data}


def redemption(person: Member, **data: Any) -> dict[str, Any]:
    return {"member": f"m:{person.account.number}", "reward": "toy", "token": "t-1", **data}


@line(51, (422, "member_not_found"), (202, "parked"))
def _() -> Seen:
    patient = Till("patient")
    Partner.objects.filter(code="patient").update(unknown_member=Partner.UnknownMember.PARK)
    return [answer(till.post("/events", order(customer="x:NOBODY"))) for till in (Till(), patient)]


@line(52, "order_already_claimed")
def _() -> Seen:
    """Members claim guest orders on their page, not through the API: the operation answers."""
    till, (first, second) = Till(), (cast.gold_member(), cast.new_member())
    till.post("/events", order("A-1"))
    partner_id, now = till.partner.pk, clock.now()
    releasing.claim(partner_id=partner_id, order_id="A-1", account_id=first.account_id, now=now)
    with pytest.raises(releasing.OrderAlreadyClaimed) as refusal:
        releasing.claim(partner_id=partner_id, order_id="A-1", account_id=second.account_id, now=now)
    return [refusal.value.code]


@line(54, (202, "parked"))
def _() -> Seen:
    return [answer(Till().post("/events", refund("NOBODY")))]


@line(55, (422, "currency_mismatch"))
def _() -> Seen:
    till = Till()
    till.post("/events", order("A-1"))
    return [answer(till.post("/events", refund("A-1", currency="JPY", amount="10")))]


@line(57, (422, "negative_price"))
def _() -> Seen:
    return [answer(Till().post("/events", order("A-1", "-1.00", lines=[{"sku": "A", "amount": "-1.00"}])))]


@line(58, (201, "accepted"), 0)
def _() -> Seen:
    a_point_per_yuan()
    person = cast.new_member()
    reply = Till().post("/events", order("A-0", "0.00", customer=f"m:{person.account.number}"))
    return [answer(reply), Lot.objects.count()]


@line(60, (201, "accepted"), (409, "version_conflict"), (200, "duplicate"))
def _() -> Seen:
    person, till = cast.new_member(), Till()
    first = order("A-1", "50.00", version=3, customer=f"m:{person.account.number}")
    other = first | {"data": first["data"] | {"amount": "60.00"}}
    return [answer(till.post("/events", body)) for body in (first, other, first)]


@line(61, (404, "store_not_found"), (404, "store_not_found"))
def _() -> Seen:
    Store.objects.create(code="SH09", name="别家", partner=cast.partner("another"))
    return [answer(Till().post("/events", order(f"A-{store}", store=store))) for store in ("SH09", "NONE")]


@line(62, (201, 30, None), (201, 20, "clipped:day"), (201, 0, "clipped:day"))
def _() -> Seen:
    rule = cast.rule("visit", "order.paid", points=30)
    rule.caps = [{"per": "day", "currency": "points", "limit": 50}]
    rule.save()
    rules.publish(rule, by=None, now=cast.NOW - timedelta(days=3000))
    person, till = cast.new_member(), Till()
    replies = [till.post("/events", order(f"V-{n}", customer=f"m:{person.account.number}")) for n in range(3)]
    steps = [(reply.status_code, told(reply)["steps"][0]) for reply in replies]
    return [(status, step["awarded"], step["reason"]) for status, step in steps]


@line(64, (410, "member_erased"))
def _() -> Seen:
    person, till = cast.gold_member(), Till()
    number = person.account.number
    Account.objects.filter(pk=person.pk).update(status=Account.Status.CLOSED)
    person.delete()
    return [answer(till.get(f"/members/m:{number}"))]


@line(65, (423, "member_frozen"))
def _() -> Seen:
    cast.reward(points=100)
    return [answer(Till().post("/redemptions", redemption(cast.suspended_member())))]


@line(66, *[(400, "out_of_range", "100")] * 3)
def _() -> Seen:
    cast.reward(points=100)
    person, till = cast.gold_member(), Till()
    replies = [till.post("/redemptions", redemption(person, quantity=number)) for number in (0, -1, 10**9)]
    return [(*code(reply), "100" if "100" in told(reply)["error"]["message"] else "") for reply in replies]


@line(67, (422, "not_available"), (422, "not_available"))
def _() -> Seen:
    cast.reward("early", points=100)
    cast.reward("gone", points=100)
    Reward.objects.filter(code="early").update(starts_at=clock.now() + timedelta(days=1))
    Reward.objects.filter(code="gone").update(is_on_shelf=False)
    person, till = cast.gold_member(), Till()
    return [
        answer(till.post("/redemptions", redemption(person, reward=name, token=name))) for name in ("early", "gone")
    ]


@line(70, 1, True)
def _() -> Seen:
    cast.reward(points=100)
    person, till = cast.member(points=500, now=clock.now() - timedelta(days=5)), Till()
    replies = [till.post("/redemptions", redemption(person)) for _ in range(2)]
    return [person.account.redemptions.count(), told(replies[0]) == told(replies[1])]


@pytest.mark.parametrize("number", LINES, ids=str)
def test_what_makes_no_sense_gets_a_clear_answer(number: int) -> None:
    """Bad input 51 to 70, each line that is listed and whose part of the product stands."""
    send, expected = LINES[number]

    assert send() == expected
