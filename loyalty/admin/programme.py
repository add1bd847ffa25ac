"""The brand and its policies, the units it gives, and the numbers it counts."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin
from unfold.widgets import UnfoldAdminColorInputWidget

from loyalty import programme as programmes
from loyalty.admin.base import ModelAdmin
from loyalty.models import Currency, Metric, Programme


@admin.register(Programme)
class ProgrammeAdmin(SimpleHistoryAdmin, ModelAdmin):
    """One row: the list goes straight to it."""

    fieldsets = (
        (_("Brand"), {"fields": (("name_zh", "name_en"), ("brand_color", "accent_color"), "logo")}),
        (_("Calendar and money"), {"fields": (("timezone", "day_start_hour"), "currency")}),
        (
            _("How points are worked out"),
            {"fields": (("stacking", "multiplier_ceiling"), ("rounding_step", "rounding_mode"))},
        ),
        (_("Refunds"), {"fields": (("refund_shortfall", "threshold_refund"),)}),
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


@admin.register(Currency)
class CurrencyAdmin(SimpleHistoryAdmin, ModelAdmin):
    list_display = ("__str__", "code", "is_spendable", "expiry_mode", "expiry_length", "pending_days")
    search_fields = ("code", "name_zh", "name_en")
    fields = (("name_zh", "name_en"), "code", "is_spendable", ("expiry_mode", "expiry_length"), "pending_days")

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
