"""The pages of a member's pets, and their card on the home page."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from loyalty import clock, programme
from loyalty.errors import LoyaltyError
from loyalty.registry import FirstStep, Panel
from loyalty.web.forms import OperationForm
from members import choices
from members.models import Member, Pet, Picture
from members.profile import breeds, pets, pictures, profiles
from members.web import companions
from members.web.access import member_page, read_or_send
from members.web.telling import FarewellForm, NewPetForm, PetForm, PictureForm, WeightForm

SOON_DAYS = 60


def panel(member: Member, now: datetime) -> Mapping[str, Any] | None:
    """Pets with a birthday to come, the next one first; without living pets there is no card."""
    views = [view for view in companions.views(member.pk, now) if not view.is_memory]
    views.sort(key=lambda view: SOON_DAYS if view.days is None else view.days)
    return {"pets": views} if views else None


@require_safe
@member_page
def listing(request: HttpRequest, member: Member) -> HttpResponse:
    views = companions.views(member.pk, clock.now())
    limit = choices.current().pet_limit
    context = {"pets": views, "has_room": len(views) < limit, "has_no_pet": member.has_no_pet}
    return render(request, "members/pets.html", context)


@require_POST
@member_page
def no_pet(request: HttpRequest, member: Member) -> HttpResponse:
    """Says that there is no pet at the moment, so that nobody asks again."""
    profiles.say_no_pet(member.pk, has_none="none" in request.POST, now=clock.now())
    messages.success(request, _("Saved."))
    return redirect("members:pets")


@read_or_send
@member_page
def add(request: HttpRequest, member: Member) -> HttpResponse:
    form = NewPetForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        now = clock.now()
        try:
            pet = pets.add(member_id=member.pk, told=form.told, now=now)
        except LoyaltyError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("Nice to meet you, %(name)s!") % {"name": pet.name})
            _photo_along(request, pet, form.cleaned_data["picture"], now)
            return redirect("members:pet", pet.pk)
    context = {"form": form, "breeds": breeds.suggestions(), "pet": None}
    return render(request, "members/pet_form.html", context, status=form.status)


def _photo_along(request: HttpRequest, pet: Pet, upload: Any, now: datetime) -> None:
    """The photo sent with a new pet; if it cannot be taken, the pet stays and a word says why."""
    if not upload:
        return
    try:
        _keep_photo(pet, upload, now)
    except LoyaltyError as refusal:
        messages.warning(request, refusal.message)


def _keep_photo(pet: Pet, upload: Any, now: datetime) -> None:
    received = pictures.receive(member_id=pet.member_id, upload=upload, purpose=Picture.Purpose.PET, now=now)
    pets.set_photo(member_id=pet.member_id, pet_id=pet.pk, picture=received)


@require_safe
@member_page
def show(request: HttpRequest, member: Member, ref: int) -> HttpResponse:
    now = clock.now()
    pet = _own(member, ref)
    view = companions.view(pet, now)
    context = {
        "pet": view,
        "weights": companions.scales(pets.weights(pet)),
        "weight_form": WeightForm(initial={"on": programme.day_of(now)}),
    }
    return render(request, "members/pet.html", context)


@read_or_send
@member_page
def edit(request: HttpRequest, member: Member, ref: int) -> HttpResponse:
    pet = _own(member, ref)
    form = PetForm(request.POST or None, initial=PetForm.known_of(pet))

    def deed(now: datetime) -> str:
        pets.change(member_id=member.pk, pet_id=ref, told=form.told, now=now)
        return _("Saved.")

    context = {"breeds": breeds.suggestions(), "pet": companions.view(pet, clock.now())}
    return _act(request, pet, form, deed, "members/pet_form.html", context)


@read_or_send
@member_page
def photo(request: HttpRequest, member: Member, ref: int) -> HttpResponse:
    """Sets the photo, or takes it away where ``remove`` was pressed."""
    pet = _own(member, ref)
    if "remove" in request.POST:
        pets.set_photo(member_id=member.pk, pet_id=ref, picture=None)
        return redirect("members:pet", ref)
    form = PictureForm(request.POST or None, request.FILES or None)

    def deed(now: datetime) -> str:
        _keep_photo(pet, form.cleaned_data["picture"], now)
        return _("Saved.")

    return _act(request, pet, form, deed, "members/pet_photo.html", {"pet": companions.view(pet, clock.now())})


@read_or_send
@member_page
def weigh(request: HttpRequest, member: Member, ref: int) -> HttpResponse:
    pet = _own(member, ref)
    form = WeightForm(request.POST or None, initial={"on": programme.day_of(clock.now())})

    def deed(now: datetime) -> str:
        pets.weigh(member_id=member.pk, pet_id=ref, now=now, **form.cleaned_data)
        return _("Noted.")

    return _act(request, pet, form, deed, "members/pet_weight.html", {"pet": companions.view(pet, clock.now())})


@read_or_send
@member_page
def farewell(request: HttpRequest, member: Member, ref: int) -> HttpResponse:
    """Asks gently, then keeps the page as a memory; ``back`` takes that away again."""
    pet = _own(member, ref)
    if "back" in request.POST:
        pets.unremember(member_id=member.pk, pet_id=ref)
        return redirect("members:pet", ref)
    form = FarewellForm(request.POST or None, initial={"on": programme.day_of(clock.now())})

    def deed(now: datetime) -> str:
        pets.remember(member_id=member.pk, pet_id=ref, on=form.cleaned_data["on"], now=now)
        return _("We will keep %(name)s in mind.") % {"name": pet.name}

    context = {"pet": companions.view(pet, clock.now())}
    return _act(request, pet, form, deed, "members/pet_farewell.html", context)


@read_or_send
@member_page
def remove(request: HttpRequest, member: Member, ref: int) -> HttpResponse:
    pet = _own(member, ref)
    if request.method == "POST":
        pets.remove(member_id=member.pk, pet_id=ref, now=clock.now())
        messages.success(request, _("%(name)s is no longer on your page.") % {"name": pet.name})
        return redirect("members:pets")
    return render(request, "members/pet_remove.html", {"pet": companions.view(pet, clock.now())})


def _own(member: Member, ref: int) -> Pet:
    try:
        return pets.find(member_id=member.pk, pet_id=ref)
    except pets.PetNotFound:
        raise Http404 from None


def _act(
    request: HttpRequest,
    pet: Pet,
    form: OperationForm,
    deed: Callable[[datetime], str],
    template: str,
    context: Mapping[str, Any],
) -> HttpResponse:
    """Does the deed of a filled form and goes to the pet's page; else shows the form with what is wrong."""
    if request.method == "POST" and form.is_valid():
        try:
            done = deed(clock.now())
        except LoyaltyError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, done)
            return redirect("members:pet", pet.pk)
    return render(request, template, {**context, "form": form}, status=form.status)


HOME = (
    FirstStep(
        "pet",
        15,
        gettext_lazy("Tell us about your pet"),
        gettext_lazy("So that we know what suits it, and when its birthday is."),
        "members:pet-add",
        "paw",
        lambda member: member.has_no_pet or member.pets.exists(),
    ),
    Panel("pets", 25, "members/_pets.html", panel),
)
