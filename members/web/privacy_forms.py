"""What a person types before a copy of their data is handed out, and before they are forgotten."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from loyalty.web.forms import OperationForm
from members.models import Member


class CopyForm(OperationForm):
    """The password again, where the member has one."""

    password = forms.CharField(
        label=_("Your password"),
        help_text=_("So that nobody but you gets it."),
        strip=False,
        max_length=256,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, member: Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if member.user is None or not member.user.has_usable_password():
            del self.fields["password"]


class LeaveForm(CopyForm):
    """And a tick, so that nobody leaves by a slip."""

    sure = forms.BooleanField(
        label=_("I want to leave and know that my points go"),
        error_messages={"required": _("Please tick this if you are sure.")},
    )
    field_order = ("sure", "password")

    def __init__(self, *args: Any, member: Member, **kwargs: Any) -> None:
        super().__init__(*args, member=member, **kwargs)
        if "password" in self.fields:
            self.fields["password"].help_text = _("So that nobody but you can do this.")
