"""A profile that is complete for the first time, and what that brings."""

from datetime import date

import pytest

from loyalty.models import Event
from members.models import Interest, Member
from members.profile import completeness, interests, pets, profiles
from tests import cast

pytestmark = pytest.mark.django_db


def missing(member: Member) -> list[str]:
    return [part.code for part in completeness.of(Member.objects.get(pk=member.pk)).missing]


def tick(code: str, member: Member) -> None:
    interests.choose(member_id=member.pk, codes=[code], now=cast.NOW)


def test_what_is_missing_is_named_and_counted() -> None:
    Interest.objects.create(code="food", name_zh="吃", name_en="Food")
    member = cast.member()

    told = completeness.of(member)

    assert (missing(member), told.percent) == (["pet", "interests"], 50)


def test_completing_the_profile_is_rewarded_once_ever() -> None:
    Interest.objects.create(code="food", name_zh="吃", name_en="Food")
    cast.rule("complete", "profile.completed", points=60)
    member = cast.member()
    pets.add(member_id=member.pk, told=pets.Told("咪咪", "cat"), now=cast.NOW)
    before = cast.available(member.pk)

    tick("food", member)
    interests.choose(member_id=member.pk, codes=[], now=cast.NOW)
    tick("food", member)

    assert (before, cast.available(member.pk)) == (0, 60)
    assert Event.objects.filter(kind="profile.completed").count() == 1
    assert Member.objects.get(pk=member.pk).completed_at == cast.NOW


def test_who_lives_with_no_pet_can_be_complete_too() -> None:
    member = cast.member()

    profiles.say_no_pet(member.pk, has_none=True, now=cast.NOW)

    assert missing(member) == []
    assert Event.objects.filter(key=f"profile.completed:{member.pk}").count() == 1


def test_a_pet_ends_the_word_that_there_is_none() -> None:
    member = cast.member()
    profiles.say_no_pet(member.pk, has_none=True, now=cast.NOW)

    pets.add(member_id=member.pk, told=pets.Told("咪咪", "cat"), now=cast.NOW)

    assert Member.objects.get(pk=member.pk).has_no_pet is False


def test_ticks_are_replaced_and_retired_interests_stay() -> None:
    member = cast.member()
    for code in ("food", "health", "toys"):
        Interest.objects.create(code=code, name_zh=code, name_en=code)
    interests.choose(member_id=member.pk, codes=["food", "toys"], now=cast.NOW)
    Interest.objects.filter(code="toys").update(archived_at=cast.NOW)

    interests.choose(member_id=member.pk, codes=["health", "no-such"], now=cast.NOW)

    assert interests.of(member.pk) == {"health", "toys"}
    assert [each.code for each in interests.offered()] == ["food", "health"]


def test_the_last_thing_missing_may_be_the_birthday() -> None:
    member = cast.member()
    profiles.change(member.pk, name="林小满", birthday=None, now=cast.NOW)
    profiles.say_no_pet(member.pk, has_none=True, now=cast.NOW)
    before = missing(member)
    Member.objects.filter(pk=member.pk).update(birthday_set_on=None)

    profiles.change(member.pk, name="林小满", birthday=date(1994, 5, 21), now=cast.NOW)

    assert (before, missing(member)) == (["birthday"], [])
    assert Event.objects.filter(kind="profile.completed").count() == 1
