"""The forms of a file of adjustments: which file of which unit, and why."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from loyalty import ids
from loyalty.models import Currency, Partner


def units() -> list[tuple[str, str]]:
    """Every currency as a choice, asked anew whenever a form is made."""
    return [(unit.code, unit.name) for unit in Currency.objects.order_by("id")]


class UploadForm(forms.Form):
    """A file, the unit it moves, and whose customer ids it uses."""

    file = forms.FileField(
        label=_("File"),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.txt,.tsv,.xlsx,.gz"}),
        help_text=_("CSV or Excel (.xlsx), also gzipped; at most 20 MB and 10,000 rows."),
    )
    currency = forms.ChoiceField(label=_("Unit"), choices=units, widget=UnfoldAdminSelectWidget())
    partner = forms.ModelChoiceField(
        label=_("Partner (optional)"),
        required=False,
        empty_label="–",
        queryset=Partner.objects.filter(is_active=True).order_by("name"),
        widget=UnfoldAdminSelectWidget(),
        help_text=_("Only where the file names customers by a partner's own ids, as x:C-1001."),
    )


class AskForm(forms.Form):
    """Why, and whether rows that can't be done are left out. The token makes a second click the same wish."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=120,
        widget=UnfoldAdminTextInputWidget(),
        help_text=_("Members read it where their row has no note of its own. Auditors read it, too."),
    )
    skip_refused = forms.BooleanField(
        label=_("Leave out the rows that cannot be done"), required=False, widget=UnfoldBooleanSwitchWidget()
    )
    token = forms.CharField(widget=forms.HiddenInput(), initial=lambda: ids.uuid7().hex, max_length=40)

    def __init__(self, *args: Any, has_refused: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not has_refused:
            del self.fields["skip_refused"]
