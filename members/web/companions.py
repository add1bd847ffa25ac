"""Pets as pages draw them: age in words, the days to a birthday, the curve of the weights."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import npgettext

from loyalty import programme
from members import choices
from members.models import Pet, PetWeight
from members.profile import anniversaries, celebrating, pets
from members.web import picturing

WIDTH, HEIGHT = 300, 80
MOST = 24


@dataclass(frozen=True, slots=True)
class PetView:
    """``days`` to the next birthday, ``None`` where none is known or will be."""

    ref: int
    name: str
    species: str
    kind: str
    sex: str
    neutered: bool | None
    age: str
    birthday: date | None
    is_guessed: bool
    days: int | None
    small: str
    large: str
    kilograms: Decimal | None
    weighed_on: date | None
    passed_on: date | None

    @property
    def is_memory(self) -> bool:
        return self.passed_on is not None


@dataclass(frozen=True, slots=True)
class Scales:
    """Weighings, newest first, with the difference to the one before; ``points`` draws them left to right."""

    rows: list[tuple[date, Decimal, Decimal | None]]
    points: str


def views(member_id: int, now: datetime) -> list[PetView]:
    """A member's pets, the living first. Three queries."""
    day, march = programme.day_of(now), celebrating.in_march(choices.current())
    return [_view(pet, day, march) for pet in pets.of(member_id)]


def view(pet: Pet, now: datetime) -> PetView:
    return _view(pet, programme.day_of(now), celebrating.in_march(choices.current()))


def _view(pet: Pet, day: date, march: bool) -> PetView:
    until = pet.passed_on or day
    days = None
    if pet.birthday is not None and pet.passed_on is None:
        days = (anniversaries.next_of(pet.birthday, day, in_march=march) - day).days
    return PetView(
        ref=pet.pk,
        name=pet.name,
        species=pet.species,
        kind=pet.breed or pet.get_species_display(),
        sex=pet.get_sex_display() if pet.sex else "",
        neutered=pet.is_neutered,
        age=age(pet.birthday, until) if pet.birthday else "",
        birthday=pet.birthday,
        is_guessed=pet.is_birthday_guessed,
        days=days if days is None or pet.birthday != day else None,
        small=picturing.address(pet.photo),
        large=picturing.address(pet.photo, "large"),
        kilograms=Decimal(pet.weight_grams) / 1000 if pet.weight_grams else None,
        weighed_on=pet.weighed_on,
        passed_on=pet.passed_on,
    )


def age(born: date, on: date) -> str:
    """Whole years; months for the first two, days for the first month."""
    months = (on.year - born.year) * 12 + on.month - born.month - (on.day < born.day)
    if months >= 24:
        return npgettext("age", "%(count)s year", "%(count)s years", months // 12) % {"count": months // 12}
    if months >= 1:
        return npgettext("age", "%(count)s month", "%(count)s months", months) % {"count": months}
    days = max(0, (on - born).days)
    return npgettext("age", "%(count)s day", "%(count)s days", days) % {"count": days} if days else _("born today")


def scales(weights: Sequence[PetWeight]) -> Scales | None:
    """The newest two dozen weighings; ``None`` where there is none."""
    shown = weights[:MOST]
    if not shown:
        return None
    before = [Decimal(each.grams) for each in weights[1 : MOST + 1]]
    rows = [
        (each.weighed_on, Decimal(each.grams) / 1000, (each.grams - old) / 1000 if old is not None else None)
        for each, old in zip(shown, [*before, *[None] * len(shown)], strict=False)
    ]
    return Scales(rows, _curve(shown[::-1]) if len(shown) > 1 else "")


def _curve(weights: Sequence[PetWeight]) -> str:
    """``x,y`` pairs in a box of 300 by 80, time from left to right, heavy above."""
    first, last = weights[0].weighed_on, weights[-1].weighed_on
    low, high = min(each.grams for each in weights), max(each.grams for each in weights)
    span, rise = max(1, (last - first).days), max(1, high - low)
    places = [
        (WIDTH * (each.weighed_on - first).days / span, HEIGHT - 6 - (HEIGHT - 12) * (each.grams - low) / rise)
        for each in weights
    ]
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
