"""Forms in which members tell of their pets, their addresses, what they care about, and how they look."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from loyalty.web.forms import OperationForm
from members.models import Interest, Pet
from members.profile.pets import Told

ACCEPT = "image/jpeg,image/png,image/webp"
_NEUTERED = (("", pgettext_lazy("sex", "not told")), ("yes", _("yes")), ("no", _("no")))


def _picture(label: Any, **options: Any) -> forms.FileField:
    """Any file; what it is, its content tells (``members.profile.redrawing``)."""
    widget = forms.FileInput({"accept": ACCEPT, "data-choose": _("Choose a picture")})
    return forms.FileField(label=label, help_text=_("JPEG, PNG or WebP, up to 8 MB"), widget=widget, **options)


def _named(choices: Iterable[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """Each with a capital: in a list they stand alone."""
    return [(value, capfirst(label)) for value, label in choices]


def _day(label: Any, **options: Any) -> forms.DateField:
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    return forms.DateField(label=label, widget=widget, input_formats=["%Y-%m-%d"], **options)


class PictureForm(OperationForm):
    picture = _picture(_("Picture"))


class PetForm(OperationForm):
    """What one tells of a pet; all but name and species may stay open."""

    name = forms.CharField(label=pgettext_lazy("pet", "Name"), max_length=30)
    species = forms.ChoiceField(label=_("Species"), choices=_named(Pet.Species.choices))
    breed = forms.CharField(label=_("Breed"), max_length=40, required=False, widget=forms.TextInput({"list": "breeds"}))
    sex = forms.ChoiceField(label=_("Girl or boy"), choices=_named(Pet.Sex.choices), required=False)
    is_neutered = forms.ChoiceField(label=_("Neutered"), choices=_named(_NEUTERED), required=False)
    birthday = _day(_("Birthday"), required=False, help_text=_("Or the day you found each other."))
    is_birthday_guessed = forms.BooleanField(label=_("The birthday is a guess"), required=False)

    @classmethod
    def known_of(cls, pet: Pet) -> dict[str, Any]:
        neutered = {None: "", True: "yes", False: "no"}[pet.is_neutered]
        return {name: getattr(pet, name) for name in Told._fields} | {"is_neutered": neutered}  # noqa: SLF001  # a named tuple's own

    @property
    def told(self) -> Told:
        known = {name: self.cleaned_data[name] for name in self.fields if name != "picture"}
        return Told(**known | {"is_neutered": {"yes": True, "no": False}.get(known["is_neutered"])})


class NewPetForm(PetForm):
    params: ClassVar[dict[str, str]] = {}
    picture = _picture(_("Photo"), required=False)


class WeightForm(OperationForm):
    kilograms = forms.DecimalField(
        label=_("Weight (kg)"),
        max_digits=8,
        widget=forms.NumberInput({"step": "any", "min": "0.001", "inputmode": "decimal"}),
    )
    on = _day(_("Day"))


class FarewellForm(OperationForm):
    on = _day(_("Day of farewell"))


class InterestsForm(OperationForm):
    """A tick for each entry of the brand's list."""

    def __init__(self, *args: Any, offered: list[Interest], ticked: set[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for each in offered:
            field = forms.BooleanField(label=each.name, required=False, initial=each.code in ticked)
            self.fields[f"interest-{each.code}"] = field

    @property
    def codes(self) -> list[str]:
        return [name.removeprefix("interest-") for name, is_on in self.cleaned_data.items() if is_on]
