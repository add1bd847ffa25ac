"""`/members/{ref}/pets`."""

import pytest

from members.models import Pet
from members.profile import pets
from tests import cast
from tests.tills import Till, code, told

pytestmark = pytest.mark.django_db
MIMI = {"name": "Mimi", "species": "cat", "birthday": "2022-04-01", "neutered": True}


def test_a_partner_adds_a_pet_once_and_reads_it() -> None:
    member, till = cast.member(), Till()
    path = f"/members/m:{member.account.number}/pets"

    answers = [till.post(path, MIMI, key="pet-0001") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert Pet.objects.count() == 1
    assert told(till.get(path)) == {
        "member": member.account.number,
        "pets": [
            {
                "id": Pet.objects.get().pk,
                "name": "Mimi",
                "species": "cat",
                "breed": None,
                "sex": None,
                "birthday": "2022-04-01",
                "birthday_is_guess": False,
                "neutered": True,
                "weight_grams": None,
                "passed_on": None,
            }
        ],
    }


def test_what_is_told_is_replaced_and_the_birthday_rests() -> None:
    member, till = cast.member(), Till()
    path = f"/members/m:{member.account.number}/pets"
    pet = told(till.post(path, MIMI))["id"]

    changed = till.post(f"{path}/{pet}", {**MIMI, "birthday": "2022-04-02", "sex": "female"})
    settled = till.post(f"{path}/{pet}", {**MIMI, "birthday": "2022-04-03"})

    assert (told(changed)["sex"], told(changed)["birthday"]) == ("female", "2022-04-02")
    assert code(settled) == (422, "birthday_settled")


def test_what_is_wrong_is_named_by_its_field() -> None:
    member, till = cast.member(), Till()
    path = f"/members/m:{member.account.number}/pets"

    answers = [
        till.post(path, {**MIMI, "species": "dragon"}),
        till.post(path, {"species": "cat"}),
        till.post(path, {**MIMI, "birthday": "2199-01-01"}),
        till.post(f"{path}/x", MIMI),
        till.post(f"{path}/99999999999999999999999", MIMI),
    ]

    assert [code(answer)[1] for answer in answers] == [
        "invalid_choice",
        "required",
        "day_in_future",
        "pet_not_found",
        "pet_not_found",
    ]


def test_pets_of_another_member_are_not_found_and_scopes_count() -> None:
    other, member = cast.new_member(), cast.member()
    pet = pets.add(member_id=other.pk, told=pets.Told("咪咪", "cat"), now=cast.NOW)
    path = f"/members/m:{member.account.number}/pets"

    assert code(Till().post(f"{path}/{pet.pk}", MIMI)) == (404, "pet_not_found")
    assert code(Till("reader", "members:read").post(path, MIMI)) == (403, "scope_missing")
    assert Pet.objects.get().name == "咪咪"
