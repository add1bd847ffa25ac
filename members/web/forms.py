"""What a person types: joining, signing in, the profile, the choices about data."""

from collections.abc import Collection, Mapping
from typing import Any, ClassVar

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from loyalty.messaging import preferences
from loyalty.models.messages import Channel, Purpose
from loyalty.web.forms import OperationForm
from members.models import Consent, Member

_DATE = {"type": "date", "autocomplete": "bday"}
_ASKED = {
    Consent.Purpose.MARKETING.value: (
        _("Tell me about offers and news"),
        _("Now and then, never more than it is worth."),
    ),
    Consent.Purpose.PROFILING.value: (
        _("Pick what fits me"),
        _("From what I bought; nothing leaves the house."),
    ),
}


def _date_field(**options: Any) -> forms.DateField:
    """ISO whatever the language: that is what browsers send and want."""
    widget = forms.DateInput(format="%Y-%m-%d", attrs=_DATE)
    return forms.DateField(label=_("Birthday"), widget=widget, input_formats=["%Y-%m-%d"], **options)


class JoinForm(OperationForm):
    """One screen. ``contact`` is a phone number or an e-mail address; one box is asked for, terms agreed to."""

    params: ClassVar[dict[str, str]] = {"phone": "contact", "email": "contact"}

    name = forms.CharField(label=_("Your name"), max_length=60, widget=forms.TextInput({"autocomplete": "name"}))
    contact = forms.CharField(
        label=_("Phone or e-mail"), max_length=254, widget=forms.TextInput({"autocomplete": "username"})
    )
    password = forms.CharField(
        label=_("Password"),
        help_text=_("At least 8 characters."),
        strip=False,
        max_length=256,
        widget=forms.PasswordInput({"autocomplete": "new-password"}, render_value=False),
    )
    birthday = _date_field(required=False)
    terms = forms.BooleanField(
        label=_("I agree to the membership terms and the privacy notice"),
        error_messages={"required": _("Please agree to the membership terms first; everything else is up to you.")},
    )
    marketing = forms.BooleanField(label=_ASKED["marketing"][0], required=False)
    profiling = forms.BooleanField(label=_ASKED["profiling"][0], required=False)

    @property
    def consents(self) -> list[BoundField]:
        """The optional purposes, unticked at first."""
        return [self[purpose] for purpose in _ASKED]

    @property
    def answers(self) -> dict[str, bool]:
        """Purpose → answer, the terms included."""
        return {purpose: self.cleaned_data[purpose] for purpose in (Consent.Purpose.TERMS.value, *_ASKED)}


class SignInForm(OperationForm):
    login = forms.CharField(
        label=_("Phone, e-mail or member number"),
        max_length=254,
        widget=forms.TextInput({"autocomplete": "username"}),
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=256,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )
    remember = forms.BooleanField(label=_("Stay signed in on this device"), required=False, initial=True)


class CodeForm(OperationForm):
    """Six digits, from wherever they were sent."""

    code = forms.CharField(
        label=pgettext_lazy("one-time", "Code"),
        max_length=20,
        widget=forms.TextInput({"autocomplete": "one-time-code", "inputmode": "numeric", "class": "digits"}),
    )


class ContactForm(OperationForm):
    contact = forms.CharField(
        label=_("Phone or e-mail"), max_length=254, widget=forms.TextInput({"autocomplete": "username"})
    )


class NewPasswordForm(CodeForm):
    password = forms.CharField(
        label=_("New password"),
        help_text=_("At least 8 characters."),
        strip=False,
        max_length=256,
        widget=forms.PasswordInput({"autocomplete": "new-password"}, render_value=False),
    )


class ProfileForm(OperationForm):
    """All of it is replaced; empty means "not known"."""

    name = forms.CharField(label=_("Your name"), max_length=60, widget=forms.TextInput({"autocomplete": "name"}))
    birthday = _date_field(required=False)

    @classmethod
    def known_of(cls, member: Member) -> dict[str, Any]:
        """What the form shows at first."""
        return {"name": member.name, "birthday": member.birthday}


class PrivacyForm(OperationForm):
    """A switch for each purpose one may refuse; what nobody of that age may agree to (``barred``) has none."""

    marketing = forms.BooleanField(label=_ASKED["marketing"][0], help_text=_ASKED["marketing"][1], required=False)
    profiling = forms.BooleanField(label=_ASKED["profiling"][0], help_text=_ASKED["profiling"][1], required=False)

    def __init__(self, *args: Any, barred: Collection[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for purpose in barred:
            del self.fields[purpose]


class ChannelsForm(OperationForm):
    """A switch for each purpose and channel one may choose, and the yes that offers need to begin with."""

    agreed = forms.BooleanField(
        label=_ASKED["marketing"][0], help_text=_("Without this, no offers go out by any channel."), required=False
    )

    def __init__(self, *args: Any, known: Mapping[preferences.Choice, bool], agreed: bool, **kwargs: Any) -> None:
        initial = {"agreed": agreed} | {"-".join(choice): is_on for choice, is_on in known.items()}
        super().__init__(*args, initial=initial, **kwargs)
        for choice in preferences.CHOICES:
            is_fixed = choice in preferences.ALWAYS
            note = _("Always on, so that nothing gets lost.") if is_fixed else ""
            label = Channel(choice[1]).label
            self.fields["-".join(choice)] = forms.BooleanField(
                label=label, help_text=note, required=False, disabled=is_fixed
            )

    def of(self, purpose: str) -> list[BoundField]:
        """The switches of one purpose."""
        return [self["-".join(choice)] for choice in preferences.CHOICES if choice[0] == purpose]

    @property
    def service(self) -> list[BoundField]:
        return self.of(Purpose.SERVICE)

    @property
    def marketing(self) -> list[BoundField]:
        return self.of(Purpose.MARKETING)

    @property
    def choices(self) -> dict[preferences.Choice, bool]:
        """(purpose, channel) → on, as chosen."""
        return {choice: self.cleaned_data["-".join(choice)] for choice in preferences.CHOICES}
