"""The member's page about their parent or guardian: who agreed, or whom to ask, and the code by which they agree."""

from datetime import date, datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from loyalty import clock, programme
from loyalty.errors import LoyaltyError
from loyalty.messaging import addresses as masks
from loyalty.web import addresses
from loyalty.web.forms import OperationForm
from members.entering import ages, guardians
from members.entering.guardians import Guardian
from members.models import Member
from members.privacy import guarding
from members.profile import profiles
from members.web import proving
from members.web.access import open_page, read_or_send
from members.web.forms import CodeForm

WISH, CODE = "guardian_wish", "guardian_code"


class GuardianForm(OperationForm):
    """Who agrees. A contact that is kept stays the one, so it is not asked for again."""

    guardian_name = forms.CharField(label=gettext_lazy("Name of your parent or guardian"), max_length=60)
    guardian_contact = forms.CharField(
        label=gettext_lazy("Their phone or e-mail"),
        help_text=gettext_lazy("They get a code there, which says that they agree."),
        max_length=254,
    )
    guardian_agreed = forms.BooleanField(
        label=gettext_lazy("I am the parent or guardian, and I agree that my child is a member"),
        help_text=gettext_lazy(
            "We keep the child's name, birthday, contact and purchases to run the membership, send no advertising and "
            "build no profile. You can see, correct and end it at any time."
        ),
        required=False,
    )

    def __init__(self, *args: Any, kept: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kept = kept
        if kept:
            del self.fields["guardian_contact"]

    @property
    def guardian(self) -> Guardian:
        """Raises what ``guardians.read`` raises."""
        typed = self.cleaned_data
        contact = self.kept or typed["guardian_contact"]
        return guardians.read(name=typed["guardian_name"], contact=contact, agreed=typed["guardian_agreed"])


def begin(request: HttpRequest, typed: dict[str, Any]) -> HttpResponse:
    """From the profile, where a child's birthday was typed; it is kept until the guardian has agreed."""
    birthday: date = typed["birthday"]
    request.session[WISH] = {"name": typed["name"], "birthday": birthday.isoformat()}
    return redirect("members:guardian")


@read_or_send
@open_page
def show(request: HttpRequest, member: Member) -> HttpResponse:
    """Who agreed, to what and when; or the form that asks somebody to."""
    now, wish = clock.now(), request.session.get(WISH)
    today = programme.day_of(now)
    if not wish and not guardians.is_missing(member, today):
        if not member.guardian_name:
            return redirect("members:me")
        return render(request, "members/guardian.html", _standing(member, today))
    form = GuardianForm(request.POST if request.method == "POST" else None, kept=member.guardian_contact)
    if form.is_valid():
        try:
            return _to_code(request, member, form.guardian, wish, now)
        except LoyaltyError as refusal:
            form.refuse(refusal)
    context = {"form": form, "to": masks.mask(form.kept) if form.kept else "", "is_waiting": not wish}
    return render(request, "members/guardian_ask.html", context, status=form.status)


def _standing(member: Member, today: date) -> dict[str, Any]:
    return {
        "name": member.guardian_name,
        "contact": masks.mask(member.guardian_contact) if member.guardian_contact else "",
        "agreed_at": member.guardian_agreed_at,
        "is_outdated": guardians.agreed_to(member) != guardians.TEXT_VERSION,
        "is_child": ages.is_child(member.birthday, today),
    }


def _to_code(
    request: HttpRequest, member: Member, guardian: Guardian, wish: dict[str, str] | None, now: datetime
) -> HttpResponse:
    if wish:
        profiles.may_change(member, date.fromisoformat(wish["birthday"]), now=now)
    language, network = get_language() or "", addresses.network(request)
    challenge = guarding.ask(member, guardian, language=language, network=network, now=now)
    request.session[CODE] = {"challenge": str(challenge.pk), "guardian": guardian._asdict(), "wish": wish}
    return redirect("members:guardian-code")


@sensitive_post_parameters("code")
@read_or_send
@open_page
def code(request: HttpRequest, member: Member) -> HttpResponse:
    """The guardian's code; typed, it is their agreement."""
    kept = request.session.get(CODE)
    if not kept:
        return redirect("members:guardian")
    form, guardian = CodeForm(request.POST if request.method == "POST" else None), Guardian(**kept["guardian"])
    if form.is_valid():
        try:
            _agree(member, guardian, kept, form.cleaned_data["code"], clock.now())
        except LoyaltyError as refusal:
            form.refuse(refusal)
        else:
            for name in (WISH, CODE):
                request.session.pop(name, None)
            messages.success(request, _("Thank you both. Everything is set."))
            return redirect("members:me")
    context = {
        "form": form,
        "to": masks.mask(guardian.contact),
        "guardian": guardian.name,
        "hint": proving.hint(kept["challenge"]),
    }
    return render(request, "members/guardian_code.html", context, status=form.status)


def _agree(member: Member, guardian: Guardian, kept: dict[str, Any], typed: str, now: datetime) -> None:
    guarding.prove(challenge_id=kept["challenge"], typed=typed, contact=guardian.contact, now=now)
    if wish := kept["wish"]:
        birthday = date.fromisoformat(wish["birthday"])
        profiles.change(member.pk, name=wish["name"], birthday=birthday, guardian=guardian, now=now)
    else:
        guarding.agree(member.pk, guardian, now=now)


PATHS = (
    path("me/guardian/", show, name="guardian"),
    path("me/guardian/code/", code, name="guardian-code"),
)
