"""The form of what has a condition about members: segments and automatic tags, with the editor of rules."""

import json
from typing import Any

from django import forms
from django.urls import reverse
from unfold.widgets import UnfoldAdminTextareaWidget

from loyalty.admin.rule_forms import said
from loyalty.errors import LoyaltyError
from members.groups import segments

SCRIPTS = tuple(
    f"js/admin/{name}.js"
    for name in ("dom", "combobox", "condition-values", "condition-editor", "condition-fields", "segment-count")
)
STYLES = {"all": ("css/admin-rule.css", "css/admin-groups.css")}


class ConditionForm(forms.ModelForm):
    """Checks the condition and tells its editor where in it the fault sits."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "condition" in self.fields:
            self.fields["condition"].required = False
            self.fields["condition"].widget = UnfoldAdminTextareaWidget(
                attrs={
                    "rows": 6,
                    "spellcheck": "false",
                    "data-conditions": reverse("admin:members_segment_catalogue"),
                    "data-count": reverse("admin:members_segment_count"),
                }
            )

    def inside(self) -> str:
        """The segment whose condition it is; empty for others."""
        return ""

    def clean_condition(self) -> dict[str, Any]:
        tree = self.cleaned_data.get("condition") or {}
        try:
            segments.validate(tree, code=self.inside())
        except LoyaltyError as fault:
            told = [{"path": fault.param or "", "message": said(fault)}]
            self.fields["condition"].widget.attrs["data-faults"] = json.dumps(told, ensure_ascii=False)
            raise forms.ValidationError(said(fault)) from fault
        return dict(tree)
