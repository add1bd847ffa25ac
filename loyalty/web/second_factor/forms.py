"""One code, typed."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from loyalty.web.forms import OperationForm

LONGEST = 40


class AppCode(OperationForm):
    """Six digits; phones show the pad of digits and offer to fill them in."""

    code = forms.CharField(label=_("Code of your app"), max_length=LONGEST)
    attributes = {"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True, "placeholder": "000000"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget = UnfoldAdminTextInputWidget(attrs={**self.attributes, "maxlength": LONGEST})


class RecoveryCode(AppCode):
    """One of those that were written down."""

    code = forms.CharField(label=_("Recovery code"), max_length=LONGEST)
    attributes = {
        "autocomplete": "off",
        "autocapitalize": "characters",
        "spellcheck": "false",
        "autofocus": True,
        "placeholder": "XXXX-XXXX-XXXX-XXXX",
    }
