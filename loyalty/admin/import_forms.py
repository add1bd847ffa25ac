"""The forms of an import: which file of which partner, and which column is what."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from loyalty.errors import LoyaltyError
from loyalty.imports import columns
from loyalty.imports.columns import Plan
from loyalty.models import Partner

PREFIX = "column_"


class UploadForm(forms.Form):
    """A file and whose it is."""

    partner = forms.ModelChoiceField(
        label=_("Partner"),
        queryset=Partner.objects.filter(is_active=True).order_by("name"),
        widget=UnfoldAdminSelectWidget(),
        help_text=_("Whose orders these are. Order and customer ids are the partner's own."),
    )
    file = forms.FileField(
        label=_("File"),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.txt,.tsv,.xlsx,.gz"}),
        help_text=_("CSV or Excel (.xlsx), also gzipped; at most 20 MB and 100,000 rows."),
    )


class PlanForm(forms.Form):
    """A select for each field with the file's columns, and what holds for the whole file."""

    currency = forms.CharField(label=_("Money"), max_length=3, widget=UnfoldAdminTextInputWidget())
    zone = forms.CharField(
        label=_("Time zone"),
        max_length=64,
        widget=UnfoldAdminTextInputWidget(),
        help_text=_("Of times that don't say theirs."),
    )
    date_order = forms.ChoiceField(
        label=_("02/03/2026 is"),
        required=False,
        choices=[("", _("refused: it can be read in two ways")), ("dmy", _("2 March")), ("mdy", _("3 February"))],
        widget=UnfoldAdminSelectWidget(),
    )
    cancel_prefix = forms.CharField(
        label=_("Ids of cancellations begin with"), max_length=10, required=False, widget=UnfoldAdminTextInputWidget()
    )
    skip_bad_rows = forms.BooleanField(
        label=_("Leave out rows that cannot be read"),
        required=False,
        widget=UnfoldBooleanSwitchWidget(),
        help_text=_("Otherwise one such row stops the whole file, before anything is imported."),
    )

    def __init__(self, *args: Any, header: Sequence[str], plan: Plan, **kwargs: Any) -> None:
        rest = {name: getattr(plan, name) for name in self.base_fields}
        initial = rest | {PREFIX + code: column for code, column in plan.columns.items()}
        kwargs["initial"] = initial
        super().__init__(*args, **kwargs)
        self.header = [name for name in header if name]
        choices = [("", "–"), *((name, name) for name in dict.fromkeys(self.header))]
        for field in columns.FIELDS:
            self.fields[PREFIX + field.code] = forms.ChoiceField(
                label=str(field.label),
                choices=choices,
                required=False,
                help_text=str(field.hint),
                widget=UnfoldAdminSelectWidget(),
            )

    @property
    def main(self) -> list[forms.BoundField]:
        """The fields nearly every file has."""
        return [self[PREFIX + field.code] for field in columns.FIELDS[:4]]

    @property
    def more(self) -> list[forms.BoundField]:
        return [self[PREFIX + field.code] for field in columns.FIELDS[4:]]

    @property
    def whole(self) -> list[forms.BoundField]:
        """What holds for every row."""
        return [self[name] for name in self.base_fields]

    @property
    def shows_more(self) -> bool:
        """Whether something beyond the main fields is chosen."""
        return any(field.value() for field in self.more)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors:
            try:
                columns.check(self.plan(), self.header)
            except LoyaltyError as refusal:
                self.add_error(refusal.param if refusal.param in self.fields else None, refusal.message)
        return data

    def plan(self) -> Plan:
        """The plan as filled in; its language is the reader's."""
        data: dict[str, Any] = self.cleaned_data
        chosen = {field.code: data.get(PREFIX + field.code) for field in columns.FIELDS}
        rest: dict[str, Any] = {name: data.get(name) for name in self.base_fields}
        rest |= {"currency": data.get("currency", "").upper(), "language": get_language() or ""}
        return Plan(columns={code: column for code, column in chosen.items() if column}, **rest)
