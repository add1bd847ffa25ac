"""What a person types on the way in: joining, with a guardian where needed; a new contact; an earlier purchase."""

from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from loyalty import clock
from loyalty.errors import LoyaltyError
from loyalty.values import Text
from loyalty.web.forms import OperationForm
from members.entering import guardians
from members.entering.details import GuardianNeeded
from members.entering.guardians import AgreementNeeded, Guardian, GuardianIncomplete
from members.models import Member
from members.web.forms import JoinForm

_FOR_GUARDIANS = (GuardianNeeded, GuardianIncomplete, AgreementNeeded)
GUARDIAN = ("guardian_name", "guardian_contact", "guardian_agreed")


class ArrivalForm(JoinForm):
    """Joining. The code of an invitation may be wrong; a guardian is asked for once a child's birthday is there."""

    referral_code = forms.CharField(
        label=_("Invitation code"),
        required=False,
        max_length=40,
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "characters"}),
    )
    guardian_name = forms.CharField(
        label=_("Name of your parent or guardian"), required=False, max_length=60, widget=forms.TextInput()
    )
    guardian_contact = forms.CharField(
        label=_("Their phone or e-mail"),
        help_text=_("They get a code there, which says that they agree."),
        required=False,
        max_length=254,
    )
    guardian_agreed = forms.BooleanField(
        label=_("I am the parent or guardian, and I agree that my child becomes a member"),
        help_text=_(
            "We keep the child's name, birthday, contact and purchases to run the membership, send no advertising and "
            "build no profile. You can see, correct and end it at any time."
        ),
        required=False,
    )

    @property
    def shows_guardian(self) -> bool:
        """Whether the part for parents is open; then it says of no field that it may stay empty."""
        typed = any(self.data.get(name) for name in GUARDIAN) if self.is_bound else False
        is_open = typed or isinstance(self.refusal, _FOR_GUARDIANS)
        for name in GUARDIAN:
            self.fields[name].required = is_open
        return is_open

    def refuse(self, refusal: LoyaltyError) -> None:
        """A child's birthday opens the part for parents instead of being called wrong."""
        if isinstance(refusal, GuardianNeeded):
            refusal.param = "guardian_name"
        super().refuse(refusal)

    @property
    def guardian(self) -> Guardian | None:
        """Who agreed; raises what ``guardians.read`` raises."""
        typed = self.cleaned_data
        if not any(typed[name] for name in GUARDIAN):
            return None
        if not typed["guardian_contact"]:
            raise GuardianIncomplete(param="guardian_contact")
        return guardians.read(
            name=typed["guardian_name"], contact=typed["guardian_contact"], agreed=typed["guardian_agreed"]
        )


class WeChatArrivalForm(ArrivalForm):
    """Who comes from WeChat needs no password, and the contact is only asked for."""

    contact = forms.CharField(
        label=_("Phone or e-mail"),
        help_text=_("So that the till finds you too, and you get in without WeChat."),
        required=False,
        max_length=254,
        widget=forms.TextInput({"autocomplete": "username"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["password"]


class PasswordForm(OperationForm):
    """The password again, where the member has one; ``reason`` says why."""

    reason: ClassVar[Text] = _("So that nobody but you can change this.")

    password = forms.CharField(
        label=_("Your password"),
        strip=False,
        max_length=256,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, member: Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = str(self.reason)
        if member.user is None or not member.user.has_usable_password():
            del self.fields["password"]


class NewContactForm(PasswordForm):
    """The new address, and who asks for it."""

    params: ClassVar[dict[str, str]] = {"phone": "contact", "email": "contact"}
    field_order = ("contact", "password")

    contact = forms.CharField(
        label=_("New phone or e-mail"), max_length=254, widget=forms.TextInput({"autocomplete": "off"})
    )


class PurchaseForm(OperationForm):
    """A purchase as its receipt has it."""

    number = forms.CharField(
        label=_("Receipt or order number"), max_length=100, widget=forms.TextInput({"autocomplete": "off"})
    )
    amount = forms.DecimalField(
        label=_("What was paid in all"),
        max_digits=12,
        decimal_places=2,
        widget=forms.TextInput({"inputmode": "decimal", "autocomplete": "off"}),
    )
    on = forms.DateField(
        label=_("Day of the purchase"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        input_formats=["%Y-%m-%d"],
    )

    def clean_on(self) -> Any:
        """A day to come is a slip of the thumb."""
        day = self.cleaned_data["on"]
        if day > (clock.now() + timedelta(days=1)).date():
            raise forms.ValidationError(_("This day is still to come. Please check it."))
        return day
