"""How long points live for some members: the first that fits, in their order, counts."""

import json
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from loyalty import conditions
from loyalty import programme as programmes
from loyalty.admin.base import ModelAdmin
from loyalty.admin.lifetime_words import said
from loyalty.admin.rule_forms import said as told
from loyalty.admin.rule_words import Words
from loyalty.errors import LoyaltyError
from loyalty.ledger.lifetimes import IDLE
from loyalty.models import Currency, Lifetime


class LifetimeForm(forms.ModelForm):
    """Checks the condition and tells its editor where in it the error sits."""

    class Meta:
        model = Lifetime
        fields = ("name_zh", "name_en", "currency", "rank", "condition", "mode", "length", "is_active")
        labels = {"rank": _("Place in the order"), "is_active": _("In use")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "condition" in self.fields:
            self.fields["condition"].required = False
            catalogue = reverse("admin:loyalty_rule_catalogue")
            self.fields["condition"].widget = UnfoldAdminTextareaWidget(
                attrs={"rows": 6, "spellcheck": "false", "data-conditions": catalogue}
            )

    def clean_condition(self) -> dict[str, Any]:
        tree = self.cleaned_data.get("condition") or {}
        try:
            conditions.validate(tree, kind=None)
        except LoyaltyError as fault:
            faults = [{"path": fault.param or "", "message": told(fault)}]
            self.fields["condition"].widget.attrs["data-faults"] = json.dumps(faults, ensure_ascii=False)
            raise forms.ValidationError(told(fault)) from fault
        return dict(tree)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        unit, mode = data.get("currency"), data.get("mode")
        if unit is not None and mode and (mode in IDLE) != (unit.expiry_mode in IDLE):
            self.add_error("mode", _("Either all points of a currency live by activity, or none."))
        if unit is not None and mode == Currency.ExpiryMode.DATES and not unit.expiry_dates:
            self.add_error("mode", _("This currency has no fixed dates yet. Give it some first."))
        return data


@admin.register(Lifetime)
class LifetimeAdmin(SimpleHistoryAdmin, ModelAdmin):
    form = LifetimeForm
    list_display = ("__str__", "currency", "whom", "lives", "place", "used")
    list_filter = ("currency", "is_active")
    list_select_related = ("currency",)
    search_fields = ("name_zh", "name_en")
    ordering = ("currency", "rank", "id")
    change_form_template = "admin/loyalty/lifetime/change_form.html"
    fieldsets = (
        (None, {"fields": (("name_zh", "name_en"), ("currency", "rank"))}),
        (_("For members"), {"fields": ("condition",)}),
        (_("Lifetime"), {"fields": (("mode", "length"), "is_active")}),
    )

    class Media:
        css = {"all": ("css/admin-rule.css",)}
        js = tuple(
            f"js/admin/{name}.js"
            for name in ("dom", "combobox", "condition-values", "condition-editor", "condition-fields")
        )

    @display(description=_("for members"))
    def whom(self, life: Lifetime) -> str:
        words: Words = vars(life)["words"]  # hung on by get_changelist_instance
        return words.condition({"condition": life.condition})

    @display(description=_("how long they live"))
    def lives(self, life: Lifetime) -> str:
        return said(life.mode, life.length)

    @display(description=_("Place in the order"), ordering="rank")
    def place(self, life: Lifetime) -> int:
        return life.rank

    @display(description=_("In use"), ordering="is_active", boolean=True)
    def used(self, life: Lifetime) -> bool:
        return life.is_active

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The list with one :class:`Words` for all its rows, so the programme is asked for once."""
        page = super().get_changelist_instance(request)
        words = Words(programmes.current())
        for life in page.result_list:
            life.words = words
        return page
