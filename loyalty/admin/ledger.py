"""The books, for reading: entries, lots and what ties them. Nobody edits the books by hand."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateFilter, RelatedDropdownFilter
from unfold.decorators import display

from loyalty.admin import showing
from loyalty.admin.base import AppendOnly, ReadOnlyInline
from loyalty.models import Allocation, Entry, Lot


class AllocationInline(ReadOnlyInline):
    model = Allocation
    fields = ("kind", "amount", "lot")
    verbose_name_plural = _("Which points were used")


@admin.register(Entry)
class EntryAdmin(AppendOnly):
    list_display = ("effective", "owner", "signed", "currency", "counter", "rule", "balance_after")
    list_filter = (
        "currency",
        "counter",
        ("effective_on", RangeDateFilter),
        ("rule_version__rule", RelatedDropdownFilter),
    )
    list_filter_submit = True
    search_fields = ("=account__number", "memo", "=event__key")
    search_help_text = _("Account number, memo or business key")
    list_select_related = ("account", "currency", "rule_version__rule")
    ordering = ("-effective_at", "-id")
    inlines = (AllocationInline,)
    fieldsets = (
        (None, {"fields": ("owner", "signed", "currency", "counter", "balance_after", "memo")}),
        (_("Why"), {"fields": ("event", "rule", "desired", "reverses")}),
        (_("When"), {"fields": ("effective_at", "effective_on", "recorded_at", "version")}),
    )
    readonly_fields = ("owner", "signed", "rule")

    @display(description=_("effective"), ordering="effective_at")
    def effective(self, entry: Entry) -> str:
        return showing.when(entry.effective_at)

    @display(description=_("account"), ordering="account__number")
    def owner(self, entry: Entry) -> SafeString | str:
        return showing.link(entry.account)

    @display(description=_("amount"), ordering="amount")
    def signed(self, entry: Entry) -> str:
        return showing.points(entry.amount)

    @display(description=_("rule"))
    def rule(self, entry: Entry) -> SafeString | str:
        version = entry.rule_version
        return showing.link(version.rule, f"{version.rule} v{version.number}") if version else "–"


class LotStanding(admin.SimpleListFilter):
    """Only lots with something left, unless asked otherwise."""

    title = _("left")
    parameter_name = "left"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        return [("some", _("something left")), ("none", _("used up"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Lot]) -> QuerySet[Lot]:
        match self.value():
            case "some":
                return queryset.filter(remaining__gt=0)
            case "none":
                return queryset.filter(remaining=0)
            case _:
                return queryset


@admin.register(Lot)
class LotAdmin(AppendOnly):
    list_display = ("owner", "currency", "amount", "remaining", "earned_at", "available_at", "last_day")
    list_filter = (LotStanding, "currency", ("expires_at", RangeDateFilter))
    list_filter_submit = True
    search_fields = ("=account__number",)
    search_help_text = _("Account number")
    list_select_related = ("account", "currency")
    ordering = ("-earned_at", "-id")
    fields = ("owner", "currency", "amount", "remaining", "earned_at", "available_at", "last_day", "entry")
    readonly_fields = ("owner", "last_day")

    @display(description=_("last day"), ordering="expires_at")
    def last_day(self, lot: Lot) -> str:
        return date_format(timezone.localtime(lot.last_at), "SHORT_DATE_FORMAT") if lot.last_at else "–"

    @display(description=_("account"), ordering="account__number")
    def owner(self, lot: Lot) -> SafeString | str:
        return showing.link(lot.account)
