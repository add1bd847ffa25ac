"""`/members/{ref}/plans`."""

import pytest

from loyalty import clock
from members.models import PlanTerm
from tests import cast
from tests.members.paying import shop
from tests.tills import Till, code, told

pytestmark = pytest.mark.django_db
BODY = {"plan": "plus", "token": "T-1", "quoted_points": 10000}


def test_a_partner_reads_what_a_member_holds_and_could_have() -> None:
    shop.plan()
    member = cast.member()
    shop.order(member, now=clock.now())

    body = told(Till().get(f"/members/m:{member.account.number}/plans"))

    [term], [offer] = body["terms"], body["on_sale"]
    assert (term["plan"], term["source"], term["state"], term["paid_minor"]) == ("plus", "order", "running", 50000)
    assert (offer["points"], offer["price_minor"], offer["sku"], offer["can_try"]) == (10000, 50000, "PLUS", False)


def test_a_plan_is_bought_with_points_once_a_token() -> None:
    shop.plan()
    member = cast.member()
    cast.give(member.pk, 25000, now=clock.now())
    till, path = Till(), f"/members/m:{member.account.number}/plans"

    first, second = (till.post(path, BODY) for _ in range(2))

    assert (first.status_code, second.status_code, told(first)["id"]) == (201, 200, told(second)["id"])
    assert (cast.available(member.pk), PlanTerm.objects.count()) == (15000, 1)


def test_refusals_say_what_is_missing() -> None:
    shop.plan()
    member = cast.member()
    cast.give(member.pk, 9000, now=clock.now())
    till, path = Till(), f"/members/m:{member.account.number}/plans"

    assert code(till.post(path, BODY)) == (422, "insufficient_points")
    assert code(till.post(path, BODY | {"quoted_points": 9000})) == (409, "plan_price_changed")
    assert code(till.post(path, BODY | {"plan": "other"})) == (404, "plan_not_found")
    assert code(till.post(path, {"plan": "plus"})) == (400, "required")


def test_reading_and_buying_need_their_scopes() -> None:
    shop.plan()
    member = cast.member()
    path = f"/members/m:{member.account.number}/plans"

    assert Till("reader", "members:read").post(path, BODY).status_code == 403
    assert Till("buyer", "redeem").get(path).status_code == 403
