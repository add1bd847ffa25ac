"""The brand and its policies, the units it gives, and the numbers it counts."""

import re
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminColorInputWidget, UnfoldAdminTextInputWidget

from loyalty import policybook
from loyalty import programme as programmes
from loyalty.admin.base import ModelAdmin
from loyalty.admin.lifetime_words import said
from loyalty.admin.policies import Policied
from loyalty.models import Currency, Metric, Programme


@admin.register(Programme)
class ProgrammeAdmin(Policied):
    """One row: the list goes straight to it."""

    policies = policybook.PROGRAMME
    change_form_template = "admin/loyalty/policyversion/change_form.html"
    fieldsets = (
        (_("Brand"), {"fields": (("name_zh", "name_en"), ("brand_color", "accent_color"), "logo")}),
        (_("Calendar and money"), {"fields": (("timezone", "day_start_hour"), "currency")}),
        (
            _("How points are worked out"),
            {
                "fields": (
                    ("stacking", "multiplier_ceiling"),
                    ("rounding_step", "rounding_mode"),
                    ("remainder", "free_items_earn"),
                    "tier_judged",
                )
            },
        ),
        (_("Refunds"), {"fields": (("refund_shortfall", "debt_limit"), ("threshold_refund", "gifts_first"))}),
        (_("Late and guest orders"), {"fields": (("late_days", "max_age_days", "claim_days"),)}),
        (
            _("Paying with points"),
            {"fields": (("tender_points", "tender_minor"), ("tender_minimum", "tender_share_percent"))},
        ),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        row = programmes.current()
        return HttpResponseRedirect(reverse("admin:loyalty_programme_change", args=[row.pk]))

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in {"brand_color", "accent_color"}:
            kwargs["widget"] = UnfoldAdminColorInputWidget()
        return super().formfield_for_dbfield(db_field, request, **kwargs)


class MonthDays(forms.CharField):
    """Month and day, such as ``06-30, 12-31``; kept as a list."""

    widget = UnfoldAdminTextInputWidget

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(str(item) for item in value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        if isinstance(value, list):
            return value
        return [part for part in re.split(r"[,，、;；\s]+", super().to_python(value) or "") if part]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool((initial or []) != self.to_python(data))


class CurrencyForm(forms.ModelForm):
    expiry_dates = MonthDays(
        label=_("Fixed dates"),
        required=False,
        help_text=_("Month and day, such as 06-30, 12-31. Only for fixed dates."),
    )

    class Meta:
        model = Currency
        fields = ("name_zh", "name_en", "code", *policybook.CURRENCY)


@admin.register(Currency)
class CurrencyAdmin(Policied):
    policies = policybook.CURRENCY
    form = CurrencyForm
    change_form_template = "admin/loyalty/policyversion/change_form.html"
    list_display = ("__str__", "code", "is_spendable", "lives", "pending_days", "balance_cap")
    search_fields = ("code", "name_zh", "name_en")
    fieldsets = (
        (None, {"fields": (("name_zh", "name_en"), ("code", "is_spendable"))}),
        (
            _("Lifetime"),
            {
                "fields": (
                    ("expiry_mode", "expiry_length"),
                    ("expiry_dates", "grace_days"),
                    ("pending_days", "reinstate_days"),
                )
            },
        ),
        (_("Refunds and debt"), {"fields": (("returned", "recoup_percent"),)}),
        (_("Limits"), {"fields": ("balance_cap", ("is_transferable", "transfer_daily_limit"))}),
    )

    @display(description=_("how long they live"))
    def lives(self, unit: Currency) -> str:
        return said(unit.expiry_mode, unit.expiry_length)

    def wish(self, item: Any, values: dict[str, Any]) -> dict[str, Any]:
        return {"currencies": {item.code: values}}

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("code",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Metric)
class MetricAdmin(ModelAdmin):
    list_display = ("__str__", "code", "kind", "measure", "is_builtin")
    list_filter = ("is_builtin", "measure")
    search_fields = ("code", "name_zh", "name_en")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and not (obj and obj.is_builtin)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
