"""The question that every deed by hand asks: why."""

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget


class Reason(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        widget=UnfoldAdminTextInputWidget(),
        help_text=_("The member's history and the audit trail keep it."),
    )
