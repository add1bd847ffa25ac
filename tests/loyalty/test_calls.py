"""The log of calls: what support needs, and no contacts."""

from datetime import timedelta

import pytest

from loyalty import calls
from loyalty.models import PartnerCall
from tests.tills import Till, order, told

pytestmark = pytest.mark.django_db


def test_each_call_is_kept_with_its_answer() -> None:
    till = Till()

    answer = till.post("/events", order())

    call = PartnerCall.objects.get()
    assert (call.partner, call.method, call.path, call.status) == (till.partner, "POST", "/api/v1/events", 201)
    assert call.request_id == answer.headers["X-Request-ID"]
    assert told(answer)["id"] in call.answer
    assert '"order_id": "A-1"' in call.body


def test_a_refused_call_is_kept_too() -> None:
    Till().post("/events", b'{"broken')

    assert PartnerCall.objects.values_list("status", "body").get() == (400, '{"broken')


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("+8613800138000", "138****8000"),
        ('"phone": "138 0013 8000"', '"phone": "138****8000"'),
        ("/members/p:13800138000/balance", "/members/p:138****8000/balance"),
        ("wang.fang@example.com", "w***@example.com"),
        ('{"amount_minor": 1380013}', '{"amount_minor": 1380013}'),
        ("019a7c3e-5b5a-7c3e-9d1f-4a6b8c0d2e4f", "019a7c3e-5b5a-7c3e-9d1f-4a6b8c0d2e4f"),
    ],
)
def test_contacts_are_masked(text: str, masked: str) -> None:
    assert calls.mask(text) == masked


def test_a_phone_in_the_address_is_masked_however_it_is_written() -> None:
    Till().get("/members/p:%2B8613800138000")

    assert PartnerCall.objects.get().path == "/api/v1/members/p:138****8000"


def test_bodies_are_cut_at_four_kilobytes() -> None:
    Till().post("/events", order(order_id="常" * 9000))

    assert len(PartnerCall.objects.get().body.encode()) <= 4096


def test_calls_are_forgotten_after_ninety_days() -> None:
    Till().get("/members/x:C-1")
    at = PartnerCall.objects.get().called_at

    assert (calls.prune(now=at + calls.KEPT), calls.prune(now=at + calls.KEPT + timedelta(seconds=1))) == (0, 1)
