"""What conditions know of profile, pets and household."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from loyalty.models import Account
from members.models import Interest, Member, Pet
from members.profile import households, interests, pets, postal
from members.profile.facts_people import FACTS
from tests import cast

pytestmark = pytest.mark.django_db


def known(member: Member) -> dict[str, Any]:
    named = {fact.code.replace(".", "_"): fact.expression() for fact in FACTS}
    return dict(Account.objects.filter(pk=member.pk).annotate(**named).values(*named).get())


def test_of_a_new_member_little_is_known() -> None:
    told = known(cast.new_member())

    assert (told["pet_count"], told["pet_species"], told["member_interests"]) == (0, (), ())
    assert (told["pet_breed"], told["pet_birthday"], told["member_city"], told["household_size"]) == (
        None,
        None,
        None,
        0,
    )
    assert (told["member_has_birthday"], told["member_has_avatar"], told["household_shares"]) == (True, False, False)


def test_pets_addresses_interests_and_the_household_are_counted() -> None:
    member = cast.gold_member()
    for name, species, born in (
        ("咪咪", "cat", date(2020, 1, 2)),
        ("旺财", "dog", date(2022, 3, 4)),
        ("老咪", "cat", None),
    ):
        pet = pets.add(member_id=member.pk, told=pets.Told(name, species, "混血", birthday=born), now=cast.NOW)
        weight = Decimal(4 if species == "cat" else 12)
        pets.weigh(member_id=member.pk, pet_id=pet.pk, kilograms=weight, on=date(2026, 3, 1), now=cast.NOW)
    old = Pet.objects.latest("pk")
    pets.remember(member_id=member.pk, pet_id=old.pk, on=date(2026, 3, 2), now=cast.NOW)
    Interest.objects.create(code="food", name_zh="吃", name_en="Food")
    interests.choose(member_id=member.pk, codes=["food"], now=cast.NOW)
    home = postal.Told("林", "13800138000", "浙江省", "杭州市", "文一路 1 号")
    postal.add(member_id=member.pk, told=home, now=cast.NOW)
    households.open_household(member_id=member.pk, name="家", percent=0, now=cast.NOW)

    told = known(member)

    assert (told["pet_count"], told["pet_cats"], told["pet_dogs"], told["pet_has_memory"]) == (2, 1, 1, True)
    assert (told["pet_species"], told["pet_breed"], told["pet_birthday"]) == (("cat", "dog"), "混血", date(2022, 3, 4))
    assert (told["pet_weight_grams"], told["pet_lightest_grams"]) == (12000, 4000)
    assert (told["member_province"], told["member_city"], told["member_interests"]) == ("浙江省", "杭州市", ("food",))
    assert (told["household_size"], told["household_shares"], told["member_profile_complete"]) == (1, True, True)
