"""Joining, one by one and by the thousand."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from loyalty import accounts
from loyalty.errors import LoyaltyError
from loyalty.models import Account, AccountReference, Event
from members import consent
from members.entering import enrolment, numbers
from members.models import Consent, Member
from tests import cast

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 18)


def join(**changes: Any) -> Member:
    told: dict[str, Any] = {
        "name": "林小满",
        "phone": "138 0013 8000",
        "source": Member.Source.WEB,
        "consents": {"terms": True, "marketing": False},
        "now": cast.NOW,
    }
    return enrolment.enrol(**{**told, **changes})


def test_joining_opens_an_account_on_the_lowest_tier() -> None:
    cast.ladder()

    member = join(email="Xiao.Man@Example.com")

    assert (member.phone, member.email) == ("+8613800138000", "xiao.man@example.com")
    assert member.tier is not None
    assert member.tier.code == "starter"
    assert member.joined_on == TODAY
    assert numbers.is_number(member.account.number)
    assert consent.given(member) == {"terms": True, "marketing": False}


def test_joining_is_told_to_the_rules_in_the_same_breath() -> None:
    cast.rule("gift", "member.joined", points=100)

    member = join()

    assert cast.available(member.account_id) == 100
    assert Event.objects.get().key == f"member.joined:{member.account_id}"


def test_a_password_makes_a_login_named_by_the_member_number() -> None:
    member = join(password=cast.PASSWORD)

    assert member.user is not None
    assert member.user.username == member.account.number
    assert member.user.check_password(cast.PASSWORD)


@pytest.mark.parametrize(
    ("changes", "code", "param"),
    [
        ({"phone": "+86-138-0013-8000"}, "phone_taken", "phone"),
        ({"phone": "13900139000", "email": "A@B.example"}, "email_taken", "email"),
    ],
)
def test_a_contact_belongs_to_one_member(changes: dict[str, str], code: str, param: str) -> None:
    join(email="a@b.example")

    with pytest.raises(LoyaltyError) as refusal:
        join(**changes)

    assert (refusal.value.code, refusal.value.param, Account.objects.count()) == (code, param, 1)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"birthday": TODAY + timedelta(days=1)}, "birthday_in_future"),
        ({"birthday": date(1896, 3, 17)}, "birthday_too_old"),
        ({"birthday": date(2012, 3, 19)}, "guardian_needed"),
        ({"phone": "", "email": ""}, "contact_needed"),
        ({"phone": "", "email": "a@b"}, "email_invalid"),
        ({"consents": {"marketing": True}}, "terms_needed"),
        ({"password": "12345678"}, "password_too_weak"),
        ({"name": "x" * 61}, "too_long"),
    ],
)
def test_what_cannot_be_is_refused_and_nobody_joins(changes: dict[str, Any], code: str) -> None:
    """Bad input 86, 87: birthdays ahead, 130 years ago or under 14, and broken addresses."""
    with pytest.raises(LoyaltyError) as refusal:
        join(**changes)

    assert (refusal.value.code, Account.objects.count()) == (code, 0)


def test_one_may_join_on_the_fourteenth_birthday() -> None:
    """Bad input 30: 29 February is a birthday too; it is had on the 28th."""
    assert join(birthday=date(2012, 3, 18)).birthday == date(2012, 3, 18)
    assert join(phone="13900139000", birthday=date(2004, 2, 29)).birthday == date(2004, 2, 29)


def test_a_partners_second_call_returns_the_first_member() -> None:
    till = cast.partner()
    first = join(partner_id=till.pk, external_id="C-1", source=Member.Source.API)

    again = join(partner_id=till.pk, external_id="C-1", source=Member.Source.API, name="Somebody else")

    assert (again.pk, again.name) == (first.pk, "林小满")


def test_references_become_members_once() -> None:
    till = cast.partner()
    known = enrolment.enrol_references(till.pk, ["A", "B"], cast.NOW)

    found = enrolment.enrol_references(till.pk, ["B", "C", "B"], cast.NOW)

    assert found["B"] == known["B"]
    assert sorted(found) == ["B", "C"]
    assert AccountReference.objects.count() == Member.objects.count() == Event.objects.count() == 3


def test_enrolling_more_references_takes_no_more_queries() -> None:
    till = cast.partner()
    enrolment.enrol_references(till.pk, ["warm"], cast.NOW)

    with CaptureQueriesContext(
        connection,
    ) as few:
        enrolment.enrol_references(till.pk, ["few-0", "few-1", "few-2"], cast.NOW)
    with CaptureQueriesContext(connection) as many:
        enrolment.enrol_references(till.pk, [f"many-{number}" for number in range(40)], cast.NOW)

    assert len(many) == len(few)


def test_a_consent_taken_back_is_a_new_row_and_the_latest_counts() -> None:
    member = join()

    consent.answer(member, {"marketing": True}, now=cast.NOW + timedelta(days=1))
    consent.answer(member, {"marketing": True}, now=cast.NOW + timedelta(days=2))
    consent.answer(member, {"marketing": False}, now=cast.NOW + timedelta(days=3))

    assert consent.given(member) == {"terms": True, "marketing": False}
    assert Consent.objects.filter(purpose="marketing").count() == 3


def test_a_mistyped_member_number_is_noticed() -> None:
    number = accounts.new_number()
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)

    assert numbers.is_number(numbers.show(number))
    assert not numbers.is_number(wrong)
