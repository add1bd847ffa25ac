"""The form behind the rule editor: four JSON columns, each with its editor and its own errors.

Every column is a textarea of JSON that the page's scripts dress as an editor, so the form works
without them. What was typed is kept whatever is wrong with it.
"""

from typing import Any

from django import forms
from django.utils.crypto import get_random_string
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from loyalty import conditions
from loyalty.conditions.faults import UnknownFact
from loyalty.deciding import validation
from loyalty.errors import LoyaltyError
from loyalty.models import Currency, Rule
from loyalty.registry import EventKind, registry

EDITED = ("condition", "effects", "schedule", "caps")
FIELDS = ("name_zh", "name_en", "kind", *EDITED, "priority", "is_exclusive", "stops", "code")
EMPTY: dict[str, Any] = {"condition": {}, "effects": [], "schedule": {}, "caps": []}


def kinds() -> list[tuple[str, Any]]:
    """The kinds of event a rule may listen to: all but those that take something back."""
    return [(kind.code, kind.label) for kind in registry.all(EventKind) if kind.reverses is None]


class RuleForm(forms.ModelForm):
    """Checks the parts one by one; ``faults`` keeps where in a part each error sits."""

    kind = forms.ChoiceField(label=pgettext_lazy("rule", "When"), choices=kinds, widget=UnfoldAdminSelectWidget())
    code = forms.SlugField(
        label=_("Code"),
        required=False,
        max_length=60,
        widget=UnfoldAdminTextInputWidget(),
        help_text=_("A short name for machines. Left empty, one is made."),
    )

    class Meta:
        model = Rule
        fields = FIELDS
        labels = {"priority": _("Place in the order")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.faults: dict[str, list[dict[str, str]]] = {}
        for name in EDITED:
            if name in self.fields:
                self.fields[name].required = False
                self.fields[name].widget = UnfoldAdminTextareaWidget(
                    attrs={"rows": 6, "spellcheck": "false", "data-part": name}
                )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name in EDITED:
            if name in self.fields and name not in self.errors and data.get(name) in (None, ""):
                data[name] = EMPTY[name]
        if not self.errors.keys() & {"kind", *EDITED}:
            self._judge(data)
        return data

    def clean_code(self) -> str:
        given = self.cleaned_data["code"] or self.instance.code
        if given:
            return str(given)
        stem = slugify(self.cleaned_data.get("name_en", ""))[:50] or "rule"
        taken = Rule.objects.filter(code=stem).exists()
        return f"{stem}-{get_random_string(5, 'abcdefghjkmnpqrstuvwxyz23456789')}" if taken or stem == "rule" else stem

    def _judge(self, data: dict[str, Any]) -> None:
        try:
            conditions.validate(data["condition"], kind=data["kind"])
        except LoyaltyError as fault:
            self.blame("condition", fault)
        for part, found in definition_faults(self.definition(data)):
            self.blame(part, found)

    def definition(self, data: dict[str, Any]) -> dict[str, Any]:
        """What would be frozen if this were published as it stands."""
        return {name: data[name] for name in FIELDS if name in data}

    def blame(self, part: str, fault: LoyaltyError) -> None:
        """Puts a refusal beside its control: the field, and the path within it."""
        field = part if part in self.fields else None
        path = (fault.param or "").removeprefix(f"{part}.").removeprefix(part)
        self.add_error(field, said(fault))
        self.faults.setdefault(part, []).append({"path": path, "message": said(fault)})


def said(fault: LoyaltyError) -> str:
    """The fault's sentence; a comparison only just added is asked for, not called unknown."""
    if isinstance(fault, UnknownFact) and not fault.numbers.get("fact"):
        return str(_("Choose what is compared."))
    return fault.message


def definition_faults(definition: dict[str, Any]) -> list[tuple[str, LoyaltyError]]:
    """What the engine refuses about effects, schedule and limits, by part; names are the form's matter."""
    named = definition | {"name_zh": definition.get("name_zh") or "–"}
    try:
        validation.validate(named, currencies=set(Currency.objects.values_list("code", flat=True)))
    except LoyaltyError as fault:
        part = (fault.param or "").partition(".")[0]
        return [] if part == "condition" else [(part, fault)]
    return []
