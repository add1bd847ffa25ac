"""What a person types before a copy of their data is handed out, and before they are forgotten."""

from typing import ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from loyalty.values import Text
from members.web.joining_forms import PasswordForm


class CopyForm(PasswordForm):
    """Before a copy of one's data."""

    reason: ClassVar[Text] = _("So that nobody but you gets it.")


class LeaveForm(PasswordForm):
    """And a tick, so that nobody leaves by a slip."""

    reason: ClassVar[Text] = _("So that nobody but you can do this.")
    field_order = ("sure", "password")

    sure = forms.BooleanField(
        label=_("I want to leave and know that my points go"),
        error_messages={"required": _("Please tick this if you are sure.")},
    )
