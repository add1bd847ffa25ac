"""Pets: one's own, within the limit, weighed by the day, remembered gently."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from loyalty import faults
from loyalty.errors import LoyaltyError
from loyalty.models import Event
from members.models import Member, MemberSettings, Pet, PetWeight, Picture
from members.profile import pets, pictures, redrawing
from members.profile.birthdates import BirthdaySettled
from members.profile.pets import DayAhead, DayTooOld, PetNotFound, PetRemembered, PetsFull, Told, WeightOutOfRange
from tests import cast
from tests.members import corpus

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 18)
MIMI = Told("咪咪", "cat", breed="英国短毛猫", sex="female", birthday=date(2022, 4, 1), is_neutered=True)


@pytest.fixture
def member() -> Member:
    return cast.member()


def added(member: Member, told: Told = MIMI) -> Pet:
    return pets.add(member_id=member.pk, told=told, now=cast.NOW)


def test_a_pet_is_kept_as_told_and_the_rules_hear_of_it(member: Member) -> None:
    pet = added(member)
    second = added(member, Told("旺财", "dog"))

    kept = Pet.objects.get(pk=pet.pk)
    assert Told(*(getattr(kept, name) for name in Told._fields)) == MIMI
    told = Event.objects.filter(kind="pet.added").order_by("key").values_list("key", "payload")
    assert list(told) == [
        (f"pet.added:{pet.pk}", {"pet": pet.pk, "species": "cat", "number": 1, "is_first": True}),
        (f"pet.added:{second.pk}", {"pet": second.pk, "species": "dog", "number": 2, "is_first": False}),
    ]


def test_the_first_pet_gift_comes_once_whoever_is_taken_out_and_added_again(member: Member) -> None:
    cast.rule("first-pet", "pet.added", points=50, condition={"fact": "event.is_first", "op": "is_true"})
    pet = added(member)
    pets.remove(member_id=member.pk, pet_id=pet.pk, now=cast.NOW)
    added(member)

    assert cast.available(member.pk) == 50


@pytest.mark.parametrize(
    ("told", "refusal", "param"),
    [
        (MIMI._replace(name=""), faults.Required, "name"),
        (MIMI._replace(name="咪" * 31), faults.TooLong, "name"),
        (MIMI._replace(species="dragon"), faults.InvalidChoice, "species"),
        (MIMI._replace(sex="x"), faults.InvalidChoice, "sex"),
        (MIMI._replace(breed="b" * 41), faults.TooLong, "breed"),
        (MIMI._replace(birthday=TODAY + timedelta(days=1)), DayAhead, "birthday"),
        (MIMI._replace(birthday=date(1905, 1, 1)), DayTooOld, "birthday"),
    ],
)
def test_what_cannot_be_kept_is_refused(member: Member, told: Told, refusal: type[LoyaltyError], param: str) -> None:
    with pytest.raises(refusal) as caught:
        added(member, told)

    assert (caught.value.param, Pet.objects.count()) == (param, 0)


def test_there_is_room_for_as_many_as_the_brand_says(member: Member) -> None:
    MemberSettings.objects.update(pet_limit=1)
    pet = added(member)
    with pytest.raises(PetsFull) as caught:
        added(member)

    pets.remove(member_id=member.pk, pet_id=pet.pk, now=cast.NOW)
    other = added(member)

    assert caught.value.numbers == {"limit": 1}
    assert [each.pk for each in pets.of(member.pk)] == [other.pk]


def test_a_pets_birthday_is_corrected_once_and_then_rests(member: Member) -> None:
    pet = added(member)

    def move(day: date | None, now: Any) -> None:
        pets.change(member_id=member.pk, pet_id=pet.pk, told=MIMI._replace(birthday=day), now=now)

    move(date(2022, 4, 2), cast.NOW)
    with pytest.raises(BirthdaySettled) as caught:
        move(date(2022, 4, 3), cast.NOW + timedelta(days=364))
    move(None, cast.NOW + timedelta(days=10))
    with pytest.raises(BirthdaySettled):
        move(date(2022, 4, 3), cast.NOW + timedelta(days=364))
    move(date(2022, 4, 3), cast.NOW + timedelta(days=365))

    assert caught.value.on == TODAY + timedelta(days=365)
    assert Pet.objects.get(pk=pet.pk).birthday == date(2022, 4, 3)


def test_of_a_day_the_last_weighing_counts_and_the_latest_day_is_shown(member: Member) -> None:
    pet = added(member)

    def weigh(kilograms: str, on: date) -> None:
        pets.weigh(member_id=member.pk, pet_id=pet.pk, kilograms=Decimal(kilograms), on=on, now=cast.NOW)

    weigh("4.1", TODAY)
    weigh("4.2", TODAY)
    weigh("3.9505", TODAY - timedelta(days=30))

    kept = Pet.objects.get(pk=pet.pk)
    assert (kept.weight_grams, kept.weighed_on) == (4200, TODAY)
    assert [weight.grams for weight in pets.weights(kept)] == [4200, 3950]


@pytest.mark.parametrize("kilograms", ["0", "-1", "0.0004", "200.001", "1e30", "NaN", "Infinity"])
def test_a_weight_is_between_a_gram_and_200_kilograms(member: Member, kilograms: str) -> None:
    pet = added(member)

    with pytest.raises(WeightOutOfRange) as caught:
        pets.weigh(member_id=member.pk, pet_id=pet.pk, kilograms=Decimal(kilograms), on=TODAY, now=cast.NOW)

    assert (caught.value.param, PetWeight.objects.count()) == ("kilograms", 0)


def test_a_pet_that_passed_away_is_remembered_and_can_come_back(member: Member) -> None:
    pet, other = added(member), added(member, Told("旺财", "dog"))

    pets.remember(member_id=member.pk, pet_id=pet.pk, on=TODAY, now=cast.NOW)
    with pytest.raises(PetRemembered):
        pets.weigh(member_id=member.pk, pet_id=pet.pk, kilograms=Decimal(4), on=TODAY, now=cast.NOW)
    order = [each.pk for each in pets.of(member.pk)]
    pets.unremember(member_id=member.pk, pet_id=pet.pk)

    assert order == [other.pk, pet.pk]
    assert Pet.objects.get(pk=pet.pk).passed_on is None


def test_farewell_is_not_in_the_future(member: Member) -> None:
    pet = added(member)

    with pytest.raises(DayAhead):
        pets.remember(member_id=member.pk, pet_id=pet.pk, on=TODAY + timedelta(days=1), now=cast.NOW)

    assert Pet.objects.get(pk=pet.pk).passed_on is None


def test_nobody_touches_the_pets_of_others(member: Member) -> None:
    pet, stranger = added(member), cast.new_member()
    own: dict[str, Any] = {"member_id": stranger.pk, "pet_id": pet.pk}
    deeds: list[Callable[[], object]] = [
        lambda: pets.find(**own),
        lambda: pets.change(**own, told=MIMI, now=cast.NOW),
        lambda: pets.weigh(**own, kilograms=Decimal(4), on=TODAY, now=cast.NOW),
        lambda: pets.remember(**own, on=TODAY, now=cast.NOW),
        lambda: pets.unremember(**own),
        lambda: pets.set_photo(**own, picture=None),
        lambda: pets.remove(**own, now=cast.NOW),
    ]

    for deed in deeds:
        with pytest.raises(PetNotFound):
            deed()

    assert pets.of(member.pk) == [pet]


def test_a_photo_that_is_replaced_or_whose_pet_is_taken_out_is_forgotten(
    member: Member, tmp_path: Any, settings: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    pet, drawn = added(member), redrawing.draw(corpus.jpeg())
    first, second = (
        pictures.keep(member_id=member.pk, drawn=drawn, purpose=Picture.Purpose.PET, now=cast.NOW) for _ in range(2)
    )
    pets.set_photo(member_id=member.pk, pet_id=pet.pk, picture=first)

    pets.set_photo(member_id=member.pk, pet_id=pet.pk, picture=second)
    left = list(Picture.objects.all())
    pets.remove(member_id=member.pk, pet_id=pet.pk, now=cast.NOW)

    assert (left, Picture.objects.count()) == ([second], 0)
