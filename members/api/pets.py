"""``/members/{ref}/pets``: who lives with a member, told by partners who see them (a clinic, a groomer)."""

from datetime import date
from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from loyalty.api.describing import (
    BOOLEAN,
    DAY,
    INTEGER,
    TEXT,
    answer,
    endpoint,
    example,
    listed,
    maybe,
    named,
    record,
    word,
)
from loyalty.api.reference import FAULTS, KEY_FAULTS
from loyalty.api.views import PartnerView
from loyalty.idempotency import Answer
from loyalty.models import PartnerKey
from loyalty.readers import Boolean, Choice, Day, Text
from loyalty.shapes import Item, Shape
from members.api import finding
from members.api.reference import GONE, REF, TAG
from members.models import Pet
from members.profile import birthdates, pets

SEXES = [sex for sex in Pet.Sex.values if sex]
PET = record(
    id=INTEGER,
    name=TEXT,
    species=word(*Pet.Species.values),
    breed=maybe(TEXT),
    sex=maybe(word(*SEXES)),
    birthday=maybe(DAY),
    birthday_is_guess=BOOLEAN,
    neutered=maybe(BOOLEAN),
    weight_grams=maybe(INTEGER),
    passed_on=maybe(DAY),
)
PETS = record(member=TEXT, pets=listed(PET))
TOLD = Shape(
    "PetTold",
    (
        Item("name", Text(30, example="Mimi")),
        Item("species", Choice(Pet.Species.values)),
        Item("breed", Text(40, example="British Shorthair"), required=False, default=""),
        Item("sex", Choice(SEXES), required=False, default=""),
        Item("birthday", Day("The day it was found will do."), required=False),
        Item("birthday_is_guess", Boolean(), required=False, default=False),
        Item("neutered", Boolean(), required=False),
    ),
)
named(Pet=PET, MemberPets=PETS, PetTold=TOLD.schema())
EXAMPLE: dict[str, Any] = {
    "id": 12,
    "name": "Mimi",
    "species": "cat",
    "breed": "British Shorthair",
    "sex": "female",
    "birthday": "2022-04-01",
    "birthday_is_guess": False,
    "neutered": True,
    "weight_grams": 4200,
    "passed_on": None,
}
SENT = {"name": "Mimi", "species": "cat", "breed": "British Shorthair", "birthday": "2022-04-01", "neutered": True}
PET_ID = OpenApiParameter("pet", {"type": "string", "minLength": 1}, OpenApiParameter.PATH, description="The pet's id.")
WRONG = (*FAULTS, *GONE, *KEY_FAULTS, pets.DayAhead(param="birthday"), pets.DayTooOld(param="birthday", years=120))
GET_PETS = endpoint(
    "get_member_pets",
    tag=TAG,
    summary="Read a member's pets",
    text="The living first, then those that passed away: make no offer for them. Scope `members:read`.",
    parameters=[REF],
    answers=[answer(PETS, "The pets.", "A cat", {"member": "68012345678", "pets": [EXAMPLE]})],
    refusals=GONE,
)
POST_PET = endpoint(
    "add_member_pet",
    tag=TAG,
    summary="Add a pet",
    text="For a member who told you of it. Scope `members:write`.",
    parameters=[REF],
    body=TOLD.schema(),
    samples=[example("A cat", SENT)],
    answers=[answer(PET, "Added.", "A cat", EXAMPLE, 201)],
    refusals=(*WRONG, pets.PetsFull(limit=10)),
)
REPLACE_PET = endpoint(
    "replace_member_pet",
    tag=TAG,
    summary="Replace what is told of a pet",
    text="All of it: what you leave out is not known any more. A birthday rests for the brand's days between "
    "two changes. Scope `members:write`.",
    parameters=[REF, PET_ID],
    body=TOLD.schema(),
    samples=[example("A cat", SENT)],
    answers=[answer(PET, "As it is told now.", "A cat", EXAMPLE)],
    refusals=(
        *WRONG,
        pets.PetNotFound(param="pet"),
        birthdates.BirthdaySettled(param="birthday", on=date(2027, 3, 18)),
    ),
)


def tell_pet(pet: Pet) -> dict[str, Any]:
    return {
        "id": pet.pk,
        "name": pet.name,
        "species": pet.species,
        "breed": pet.breed or None,
        "sex": pet.sex or None,
        "birthday": pet.birthday.isoformat() if pet.birthday else None,
        "birthday_is_guess": pet.is_birthday_guessed,
        "neutered": pet.is_neutered,
        "weight_grams": pet.weight_grams,
        "passed_on": pet.passed_on.isoformat() if pet.passed_on else None,
    }


def _told(data: dict[str, Any]) -> pets.Told:
    values = TOLD.read(data)
    return pets.Told(
        name=values["name"],
        species=values["species"],
        breed=values["breed"],
        sex=values["sex"],
        birthday=values["birthday"],
        is_birthday_guessed=values["birthday_is_guess"],
        is_neutered=values["neutered"],
    )


class MemberPets(PartnerView):
    scopes = {"GET": PartnerKey.Scope.MEMBERS_READ, "POST": PartnerKey.Scope.MEMBERS_WRITE}

    @GET_PETS
    def get(self, request: Request, ref: str) -> Response:
        self.query(request, ())
        member = finding.member(ref, self.partner)
        return Response({"member": member.account.number, "pets": [tell_pet(pet) for pet in pets.of(member.pk)]})

    @POST_PET
    def post(self, request: Request, ref: str) -> Response:
        return self.once(request, lambda data: self._add(ref, data))

    def _add(self, ref: str, data: dict[str, Any]) -> Answer:
        told = _told(data)
        member = finding.member(ref, self.partner)
        return Answer(201, tell_pet(pets.add(member_id=member.pk, told=told, now=self.now)))


class MemberPet(PartnerView):
    scopes = {"POST": PartnerKey.Scope.MEMBERS_WRITE}

    @REPLACE_PET
    def post(self, request: Request, ref: str, pet: str) -> Response:
        return self.once(request, lambda data: self._replace(ref, pet, data))

    def _replace(self, ref: str, pet: str, data: dict[str, Any]) -> Answer:
        told = _told(data)
        member = finding.member(ref, self.partner)
        if not (pet.isascii() and pet.isdecimal()):
            raise pets.PetNotFound(param="pet")
        changed = pets.change(member_id=member.pk, pet_id=int(pet), told=told, now=self.now)
        return Answer(200, tell_pet(changed))
