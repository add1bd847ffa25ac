"""`/members/{ref}/benefits` and `/benefits/…`."""

from datetime import date, datetime
from typing import Any

import pytest

from loyalty import clock
from members.benefits import claiming
from members.models import BenefitClaim, BenefitSeason, Member
from tests import cast
from tests.members.benefits import perks
from tests.members.benefits.perks import Place, Way
from tests.tills import Till, code, told

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


def claimed(member: Member, name: str = "grooming") -> BenefitClaim:
    return claiming.claim(account_id=member.pk, benefit=name, now=clock.now())


def use(till: Till, row: BenefitClaim, reference: str = "T-1", **more: Any) -> Any:
    return till.post("/benefits/use", {"code": row.code, "reference": reference, **more})


def test_a_partner_reads_what_a_member_holds_and_has_claimed() -> None:
    cast.ladder()
    perks.offer(tier="silver", quota=2, period="quarter")
    perks.offer("returns", way=Way.STANDING)
    member = cast.gold_member()
    row = claimed(member)

    body = told(Till().get(f"/members/m:{member.account.number}/benefits"))

    first, second = body["benefits"]
    assert (first["benefit"], first["quota"], first["period"], first["left"]) == ("grooming", 2, "quarter", 1)
    assert (first["claim_through"], first["set"]) == ("2026-03-31", "always")
    assert (second["benefit"], second["way"], second["quota"], second["left"]) == ("returns", "standing", None, None)
    assert [(each["code"], each["tier"], each["state"]) for each in body["claims"]] == [(row.code, "gold", "open")]


def test_codes_are_told_only_to_who_may_use_them() -> None:
    perks.offer()
    member = cast.member()
    claimed(member)

    body = told(Till("till", "members:read").get(f"/members/m:{member.account.number}/benefits"))

    assert [each["code"] for each in body["claims"]] == [None]


def test_what_is_over_is_not_among_the_claims() -> None:
    perks.offer()
    member = cast.member()
    claimed(member)
    BenefitClaim.objects.update(usable_through=date(2026, 3, 17))

    assert told(Till().get(f"/members/m:{member.account.number}/benefits"))["claims"] == []


def test_verifying_tells_the_claim_and_writes_nothing() -> None:
    perks.offer()
    row = claimed(cast.member())

    body = told(Till().post("/benefits/verify", {"code": row.code.lower()}, key=None))

    assert (body["code"], body["state"], body["used_at"]) == (row.code, "open", None)
    row.refresh_from_db()
    assert row.state == "open"


def test_a_till_uses_a_code_once_and_a_repeat_gets_the_first_answer(noon: datetime) -> None:
    perks.offer()
    row, till = claimed(cast.member()), Till()

    first = use(till, row)
    repeated, other = use(till, row), use(till, row, "T-2")

    assert (told(first)["state"], told(first)["used_at"], told(first)["reference"]) == (
        "used",
        "2026-03-18T04:00:00Z",
        "T-1",
    )
    assert told(repeated) == told(first)
    assert code(other) == (409, "benefit_used")
    row.refresh_from_db()
    assert (row.partner, row.used_in) == (till.partner, "till")


def test_the_same_reference_of_another_partner_is_another_use() -> None:
    perks.offer()
    row = claimed(cast.member())
    use(Till(), row)

    assert code(use(Till("other"), row)) == (409, "benefit_used")


def test_refusals_have_codes_and_sentences_in_both_languages() -> None:
    perks.offer("mall", used_in=Place.MALL)
    perks.offer("lapsed")
    member, other = cast.member(), cast.member("周一诺", phone="13900139000")
    mall, lapsed, till = claimed(member, "mall"), claimed(member, "lapsed"), Till()
    BenefitClaim.objects.filter(pk=lapsed.pk).update(usable_through=date(2026, 3, 1))

    assert code(use(till, mall)) == (409, "benefit_wrong_place")
    assert code(use(till, lapsed)) == (409, "benefit_lapsed")
    assert code(use(till, mall, member=f"m:{other.account.number}")) == (409, "benefit_of_other_member")
    assert code(till.post("/benefits/verify", {"code": "NOSUCHCODE22"}, key=None)) == (404, "benefit_code_not_found")
    assert code(till.post("/benefits/use", {"code": mall.code})) == (400, "required")
    assert code(use(till, mall, place="moon")) == (400, "invalid_choice")
    chinese = till.post("/benefits/verify", {"code": lapsed.code}, key=None, headers={"Accept-Language": "zh-hans"})
    assert told(chinese)["error"]["message"] == "这项权益的有效期到 2026年3月1日，现已过期。"
    assert told(use(till, mall, "T-9", place="mall"))["state"] == "used"


def test_using_needs_the_scope() -> None:
    perks.offer()
    row = claimed(cast.member())

    assert code(use(Till("till", "members:read"), row)) == (403, "scope_missing")


def test_a_swapped_set_is_held_no_more_and_its_claims_are_used() -> None:
    perks.offer()
    member = cast.member()
    row, till = claimed(member), Till()
    BenefitSeason.objects.update(through_on=date(2026, 3, 17))

    assert told(till.get(f"/members/m:{member.account.number}/benefits"))["benefits"] == []
    assert told(use(till, row))["state"] == "used"
