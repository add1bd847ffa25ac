"""`/members/{ref}/consents` and `/members/{ref}/erasure`."""

import json
from typing import Any

import pytest

from loyalty.models import AuditRecord
from members.models import Consent, Erasure, Member
from tests import cast
from tests.tills import Till, code, told

pytestmark = pytest.mark.django_db


def put(till: Till, path: str, body: Any) -> Any:
    headers = {"Authorization": f"Api-Key {till.key}", "Accept-Language": "en"}
    return till.client.put(f"/api/v1{path}", json.dumps(body), "application/json", headers=headers)


def consents(member: Member) -> str:
    return f"/members/m:{member.account.number}/consents"


def test_a_partner_reads_and_tells_what_a_member_agreed_to() -> None:
    """PIPL 14, 15: purpose by purpose, with version, time and who told it; taking back is as easy as giving."""
    member, till = cast.member(), Till()

    first = told(till.get(consents(member)))["consents"]
    answers = [
        told(put(till, consents(member), {"consents": {"marketing": said}, "version": "2026-02"}))["consents"][0]
        for said in (True, True, False)
    ]

    assert [(each["purpose"], each["given"], each["source"]) for each in first] == [("terms", True, "web")]
    assert [(each["given"], each["version"], each["source"]) for each in answers] == [
        (True, "2026-02", "api"),
        (True, "2026-02", "api"),
        (False, "2026-02", "api"),
    ]
    assert Consent.objects.filter(member=member, purpose="marketing").count() == 2


def test_what_a_member_said_at_the_till_names_the_till() -> None:
    body = {"name": "新人", "phone": "13800138020", "consents": {"marketing": True}}

    number = told(Till().post("/members", body))["number"]

    assert Consent.objects.get(member__account__number=number).source == "api"


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({}, (400, "required")),
        ({"consents": {"guardian": True}}, (400, "unknown_field")),
        ({"consents": {"marketing": "yes"}}, (400, "boolean_required")),
    ],
)
def test_what_is_refused(body: dict[str, Any], refusal: tuple[int, str]) -> None:
    assert code(put(Till(), consents(cast.member()), body)) == refusal


def test_asking_to_be_forgotten_waits_and_is_one_wish() -> None:
    member, till = cast.member(), Till()
    path = f"/members/m:{member.account.number}/erasure"

    first, second = till.post(path, {}), till.post(path, {})

    assert (first.status_code, second.status_code, told(first)) == (201, 200, told(second))
    assert (told(first)["state"], Erasure.objects.count()) == ("waiting", 1)
    assert AuditRecord.objects.get(deed="members.erasure.asked").partner == till.partner


def test_each_needs_its_scope() -> None:
    member = cast.member()
    till = Till("till", "members:read", "members:write")

    answers = [
        put(till, consents(member), {"consents": {"marketing": True}}),
        till.post(f"/members/m:{member.account.number}/erasure", {}),
    ]

    assert [each.status_code for each in answers] == [403, 403]
