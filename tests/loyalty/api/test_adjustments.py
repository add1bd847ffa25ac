"""Partners ask for adjustments and hear what became of them; they never decide."""

from typing import Any

import pytest

from loyalty import approvals, clock
from loyalty.models import Account, Approval, AuditRecord, Entry
from tests import cast
from tests.loyalty import desk
from tests.loyalty.till import net, open_account
from tests.tills import Till, code, told

pytestmark = pytest.mark.django_db


def wish(account: Account, **more: Any) -> dict[str, Any]:
    return {"member": f"m:{account.number}", "amount": 200, "reason": "bag was not scanned", **more}


def test_a_wish_waits_and_its_partner_hears_the_answer() -> None:
    till, account = Till(), open_account()

    asked = till.post("/adjustments", wish(account))
    before = net(account)
    approvals.approve(approval_id=told(asked)["id"], by=desk.person("boss", "supervisor"), now=clock.now())
    read = told(till.get(f"/adjustments/{told(asked)['id']}"))

    assert (asked.status_code, told(asked)["status"], told(asked)["entry"], before) == (202, "waiting", None, 0)
    assert (read["status"], read["amount"], read["entry"]) == ("approved", 200, str(Entry.objects.get().pk))
    assert read["member"] == account.number


def test_the_same_key_asks_once() -> None:
    till, account = Till(), open_account()

    answers = [till.post("/adjustments", wish(account), key="one") for _ in range(2)]

    assert told(answers[0]) == told(answers[1])
    assert Approval.objects.count() == 1


def test_the_trail_names_partner_address_and_request() -> None:
    till, account = Till(), open_account()

    till.post("/adjustments", wish(account), headers={"X-Request-ID": "request-0001"})

    row = AuditRecord.objects.get()
    assert (row.deed, row.actor, row.partner, row.address, row.request_id) == (
        "approval.asked",
        None,
        till.partner,
        "127.0.0.1",
        "request-0001",
    )


@pytest.mark.parametrize(
    ("more", "answer"),
    [
        ({"amount": 0}, (400, "amount_out_of_range")),
        ({"amount": "200"}, (400, "integer_required")),
        ({"amount": 10**10}, (400, "out_of_range")),
        ({"reason": " "}, (400, "blank")),
        ({"currency": "gold"}, (400, "unknown_unit")),
        ({"deed": "forgive"}, (400, "unknown_field")),
        ({"member": "m:1"}, (422, "member_not_found")),
    ],
)
def test_what_makes_no_sense_is_refused(more: dict[str, Any], answer: tuple[int, str]) -> None:
    found = Till().post("/adjustments", wish(open_account(), **more))

    assert code(found) == answer
    assert Approval.objects.count() == 0


def test_another_partners_adjustment_is_not_found() -> None:
    made = told(Till().post("/adjustments", wish(open_account())))["id"]

    other = Till("other")

    assert [code(other.get(f"/adjustments/{name}")) for name in (made, 0, "x", "9" * 30)] == [
        (404, "adjustment_not_found")
    ] * 4


def test_a_key_without_the_scope_may_not_ask_or_read() -> None:
    till = Till("till", "redeem", "members:write")

    answers = [code(till.post("/adjustments", wish(open_account()))), code(till.get("/adjustments/1"))]

    assert answers == [(403, "scope_missing")] * 2


def test_a_partner_that_is_told_of_a_closed_account_hears_that_it_is_unknown() -> None:
    till, account = Till(), cast.member().account
    Account.objects.update(status="closed")

    assert code(till.post("/adjustments", wish(account)))[1] == "member_not_found"
