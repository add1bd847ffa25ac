"""The animals a member lives with: added, told of, weighed, remembered.

Every deed is on one's own pet; any other is not found. A pet is never deleted by us: taking one out hides it
(so that what was celebrated once this year stays counted), and one that passed away keeps its page as long as
the member likes, with no birthday and no offer.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from loyalty import accounts, clock, faults, programme, readers
from loyalty.errors import Conflict, InvalidInput, LoyaltyError, NotFound
from loyalty.events import intake
from loyalty.registry import Happening
from members import choices
from members.models import Member, Pet, PetWeight, Picture
from members.profile import birthdates, completeness, pictures

ADDED = "pet.added"
OLDEST_YEARS = 120  # tortoises
HEAVIEST = 200_000
_NAME, _BREED = readers.Text(longest=30), readers.Text(longest=40)
_SPECIES, _SEX = readers.Choice(Pet.Species.values), readers.Choice(Pet.Sex.values)


class PetNotFound(NotFound):
    code = "pet_not_found"
    sentence = _("We could not find this pet. It may have been taken out meanwhile.")


class PetsFull(LoyaltyError):
    code = "pets_full"
    sentence = _("There are %(limit)s pets on your page, which is as many as fit. Our team is happy to help with more.")


class DayAhead(InvalidInput):
    code = "day_in_future"
    sentence = _("This day is still to come. Please check the date.")


class DayTooOld(InvalidInput):
    code = "day_too_old"
    sentence = _("This day is more than %(years)s years ago. Please check the year.")


class WeightOutOfRange(InvalidInput):
    code = "weight_out_of_range"
    sentence = _("Please give the weight in kilograms, between 0.001 and %(maximum)s, such as 4.2.")


class PetRemembered(Conflict):
    code = "pet_remembered"
    sentence = _("This page keeps a memory now. To change it, take the day of farewell away first.")


class Told(NamedTuple):
    """What a member tells of a pet; empty or ``None`` is "not told"."""

    name: str
    species: str
    breed: str = ""
    sex: str = ""
    birthday: date | None = None
    is_birthday_guessed: bool = False
    is_neutered: bool | None = None


def of(member_id: int) -> list[Pet]:
    """A member's pets, the living first, as they were added."""
    pets = Pet.objects.filter(member_id=member_id, removed_at=None).select_related("photo").order_by("pk")
    return sorted(pets, key=lambda pet: pet.passed_on is not None)


def find(*, member_id: int, pet_id: int) -> Pet:
    """One of the member's own; raises ``PetNotFound`` for any other and for those taken out."""
    pet = Pet.objects.select_related("photo").filter(pk=pet_id, member_id=member_id, removed_at=None).first()
    if pet is None:
        raise PetNotFound
    return pet


@transaction.atomic
def add(*, member_id: int, told: Told, now: datetime) -> Pet:
    """A new pet; the first one ends "no pet". Tells the rules ``pet.added``.

    Raises ``PetsFull``, or what is wrong with a field (its name as ``param``).
    """
    told = _read(told, programme.day_of(now))
    accounts.lock_living(member_id)
    if not Member.objects.filter(pk=member_id).update(has_no_pet=False):
        raise NotFound
    ever = Pet.objects.filter(member_id=member_id).count()
    limit = choices.current().pet_limit
    if Pet.objects.filter(member_id=member_id, removed_at=None).count() >= limit:
        raise PetsFull(limit=limit)
    pet = Pet.objects.create(member_id=member_id, added_at=now, **told._asdict())
    payload = {"pet": pet.pk, "species": pet.species, "number": ever + 1, "is_first": ever == 0}
    intake.record([Happening(ADDED, f"{ADDED}:{pet.pk}", member_id, now, payload)], now=now)
    completeness.settle(member_id, now=now)
    return pet


@transaction.atomic
def change(*, member_id: int, pet_id: int, told: Told, now: datetime) -> Pet:
    """Replaces what was told. Raises like ``add``, and ``BirthdaySettled``, ``PetNotFound``."""
    today = programme.day_of(now)
    told = _read(told, today)
    pet = _locked(member_id, pet_id)
    pet.birthday_set_on = birthdates.change(
        old=pet.birthday,
        new=told.birthday,
        set_on=pet.birthday_set_on,
        days=choices.current().birthday_edit_days,
        today=today,
    )
    for name, value in told._asdict().items():
        setattr(pet, name, value)
    Pet.objects.bulk_update([pet], [*told._asdict(), "birthday_set_on"])
    return pet


@transaction.atomic
def weigh(*, member_id: int, pet_id: int, kilograms: Decimal, on: date, now: datetime) -> PetWeight:
    """Notes a weight, rounded to grams; the second of a day replaces the first.

    Raises ``WeightOutOfRange``, ``DayAhead``, ``DayTooOld``, ``PetRemembered``, ``PetNotFound``.
    """
    _refuse_day(on, programme.day_of(now), "on")
    grams = round(kilograms * 1000) if kilograms.is_finite() and abs(kilograms) <= HEAVIEST else 0
    if not 1 <= grams <= HEAVIEST:
        raise WeightOutOfRange(param="kilograms", maximum=HEAVIEST // 1000)
    pet = _locked(member_id, pet_id)
    if pet.passed_on is not None:
        raise PetRemembered
    weight, _is_new = PetWeight.objects.update_or_create(pet=pet, weighed_on=on, defaults={"grams": grams})
    last = PetWeight.objects.filter(pet=pet).latest("weighed_on")
    Pet.objects.filter(pk=pet.pk).update(weight_grams=last.grams, weighed_on=last.weighed_on)
    return weight


@transaction.atomic
def remember(*, member_id: int, pet_id: int, on: date, now: datetime) -> Pet:
    """The pet passed away on that day: from now on its page is a memory. Raises ``DayAhead`` and the like."""
    _refuse_day(on, programme.day_of(now), "on")
    pet = _locked(member_id, pet_id)
    Pet.objects.filter(pk=pet.pk).update(passed_on=on)
    pet.passed_on = on
    return pet


@transaction.atomic
def unremember(*, member_id: int, pet_id: int) -> Pet:
    """Takes the day of farewell away: the pet is as it was before."""
    pet = _locked(member_id, pet_id)
    Pet.objects.filter(pk=pet.pk).update(passed_on=None)
    pet.passed_on = None
    return pet


@transaction.atomic
def remove(*, member_id: int, pet_id: int, now: datetime) -> None:
    """Takes a pet out, its photo for good. It makes room for another; birthdays celebrated stay counted."""
    pet = _locked(member_id, pet_id)
    Pet.objects.filter(pk=pet.pk).update(removed_at=now, photo=None)
    if pet.photo is not None:
        pictures.discard(pet.photo)


@transaction.atomic
def set_photo(*, member_id: int, pet_id: int, picture: Picture | None) -> None:
    """Gives the pet a photo or takes it away; the one before is forgotten."""
    pet = _locked(member_id, pet_id)
    Pet.objects.filter(pk=pet.pk).update(photo=picture)
    if pet.photo is not None and pet.photo != picture:
        pictures.discard(pet.photo)


def weights(pet: Pet) -> list[PetWeight]:
    """The weighings, newest first."""
    return list(PetWeight.objects.filter(pet=pet).order_by("-weighed_on"))


def _locked(member_id: int, pet_id: int) -> Pet:
    accounts.lock_living(member_id)
    return find(member_id=member_id, pet_id=pet_id)


def _read(told: Told, today: date) -> Told:
    if told.birthday is not None:
        _refuse_day(told.birthday, today, "birthday")
    if not told.name:
        raise faults.Required(param="name")
    return told._replace(
        name=_NAME.read(told.name, "name"),
        species=_SPECIES.read(told.species, "species"),
        breed=_BREED.read(told.breed, "breed") if told.breed else "",
        sex=_SEX.read(told.sex, "sex"),
        is_birthday_guessed=told.is_birthday_guessed and told.birthday is not None,
    )


def _refuse_day(day: date, today: date, param: str) -> None:
    if day > today:
        raise DayAhead(param=param)
    if clock.add_months(day, 12 * OLDEST_YEARS) < today:
        raise DayTooOld(param=param, years=OLDEST_YEARS)
