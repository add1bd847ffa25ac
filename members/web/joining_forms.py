"""What a person types on the way in: a new contact, proven afterwards by its code."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from loyalty.web.forms import OperationForm
from members.models import Member


class NewContactForm(OperationForm):
    """The new address, and the password again where the member has one."""

    params: ClassVar[dict[str, str]] = {"phone": "contact", "email": "contact"}

    contact = forms.CharField(
        label=_("New phone or e-mail"), max_length=254, widget=forms.TextInput({"autocomplete": "off"})
    )
    password = forms.CharField(
        label=_("Your password"),
        help_text=_("So that nobody but you can change this."),
        strip=False,
        max_length=256,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, member: Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if member.user is None or not member.user.has_usable_password():
            del self.fields["password"]
