"""Parents and guardians."""

from datetime import date
from typing import Any

import pytest

from loyalty.errors import LoyaltyError
from members import consent
from members.entering import details, enrolment, guardians
from members.entering.guardians import Guardian
from members.models import Consent, Member
from members.profile import profiles
from tests import cast

pytestmark = pytest.mark.django_db
CHILD = date(2015, 6, 1)


def enrol(**told: Any) -> Member:
    return enrolment.enrol(source="api", phone="13600136000", now=cast.NOW, **told)


def test_a_child_joins_with_a_guardian_whose_agreement_is_a_consent_of_its_own() -> None:
    """PIPL 31; item 87: under 14 goes the guardian's way."""
    member = enrol(birthday=CHILD, guardian=Guardian("周妈妈"), consents={"terms": True, "profiling": True})

    assert (member.guardian_name, member.guardian_agreed_at, member.birthday) == ("周妈妈", cast.NOW, CHILD)
    assert consent.given(member) == {"terms": True, "profiling": False, "guardian": True}
    assert Consent.objects.get(purpose="guardian").version == guardians.TEXT_VERSION


def test_without_a_guardian_no_child_becomes_a_member() -> None:
    with pytest.raises(details.GuardianNeeded):
        enrol(birthday=CHILD)

    assert Member.objects.count() == 0


def test_nothing_is_kept_of_a_guardian_whom_nobody_needs() -> None:
    member = enrol(birthday=date(1994, 5, 21), guardian=Guardian("周妈妈"))

    assert (member.guardian_name, Consent.objects.filter(purpose="guardian").exists()) == ("", False)


@pytest.mark.parametrize(
    ("told", "refusal", "param"),
    [
        ({"name": " "}, guardians.GuardianIncomplete, "guardian_name"),
        ({"agreed": False}, guardians.AgreementNeeded, "guardian_agreed"),
        ({"contact": "no@where"}, details.EmailUnreadable, "guardian_contact"),
    ],
)
def test_what_a_guardian_tells_is_read_strictly(told: dict[str, Any], refusal: type[LoyaltyError], param: str) -> None:
    with pytest.raises(refusal) as caught:
        guardians.read(**{"name": "周妈妈", "contact": "138 0013 8000", "agreed": True, **told})

    assert caught.value.param == param


def test_a_child_with_a_guardian_corrects_the_profile_like_anybody() -> None:
    member = enrol(birthday=CHILD, guardian=Guardian("周妈妈"), name="周一诺")

    profiles.change(member.pk, name="周诺诺", birthday=CHILD, now=cast.NOW)

    assert Member.objects.values_list("name", "birthday").get() == ("周诺诺", CHILD)
