"""Correcting what is known of a person."""

from datetime import date
from typing import Any

import pytest

from loyalty.errors import LoyaltyError, NotFound
from members import details, profiles
from members.models import Member
from tests import cast

pytestmark = pytest.mark.django_db
KNOWN: dict[str, Any] = {"name": "林小满", "birthday": date(1994, 5, 21)}


def test_everything_told_is_replaced_and_read_as_on_joining() -> None:
    member = cast.new_member(password=cast.PASSWORD)

    profiles.change(member.pk, name="周诺", birthday=None, now=cast.NOW)

    member = Member.objects.select_related("user").get(pk=member.pk)
    assert (member.name, member.birthday) == ("周诺", None)
    assert member.user is not None
    assert member.user.display_name == "周诺"


@pytest.mark.parametrize(
    ("told", "refusal", "param"),
    [({"birthday": date(2026, 3, 19)}, details.BirthdayAhead, "birthday")],
)
def test_what_cannot_be_kept_is_refused_and_nothing_changes(
    told: dict[str, Any], refusal: type[LoyaltyError], param: str
) -> None:
    member = cast.gold_member()

    with pytest.raises(refusal) as caught:
        profiles.change(member.pk, **{**KNOWN, **told}, now=cast.NOW)

    assert caught.value.param == param
    assert Member.objects.get(pk=member.pk).birthday == date(1994, 5, 21)


def test_a_member_that_is_gone_cannot_be_changed() -> None:
    with pytest.raises(NotFound):
        profiles.change(4711, **KNOWN, now=cast.NOW)
