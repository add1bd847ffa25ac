"""Messages on days of honor look again when they go out."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from loyalty.models import Event
from members.models import Member
from members.profile import celebrating, feast_words, pets
from tests import cast

pytestmark = pytest.mark.django_db
KINDS = {kind.code: kind for kind in feast_words.KINDS}


def fill(code: str, member: Member, params: dict[str, Any]) -> Any:
    return KINDS[code].fill(member.pk, params, cast.NOW)


def test_the_pets_name_is_looked_up_and_of_a_memory_nothing_is_said() -> None:
    member = cast.member()
    pet = pets.add(member_id=member.pk, told=pets.Told("咪咪", "cat", birthday=date(2020, 3, 18)), now=cast.NOW)
    celebrating.pet_birthdays(datetime(2026, 3, 18, 4, tzinfo=UTC), "2026-03-18", "")
    event = Event.objects.get(kind="pet.birthday")
    params = {"event": str(event.pk)}

    alive = fill("pet.birthday", member, params)
    pets.remember(member_id=member.pk, pet_id=pet.pk, on=date(2026, 3, 18), now=cast.NOW)

    assert (alive, fill("pet.birthday", member, params)) == ({"pet": "咪咪", "age": 6}, None)
    assert "咪咪" not in str(event.payload)


def test_years_and_who_joined_are_told_as_they_are() -> None:
    member = cast.member()

    assert fill("member.birthday", member, {}) == {}
    assert fill("household.taken", member, {"member": member.pk, "pool": 4711}) is None
