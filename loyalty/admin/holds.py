"""Points set aside, for reading: who keeps them, of which lots, and how it ended."""

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateTimeFilter, RelatedDropdownFilter
from unfold.decorators import display

from loyalty.admin import showing
from loyalty.admin.base import AppendOnly, ReadOnlyInline
from loyalty.models import Hold, HoldPart


class PartInline(ReadOnlyInline):
    model = HoldPart
    fields = ("amount", "lot")
    verbose_name_plural = _("Which points were set aside")


@admin.register(Hold)
class HoldAdmin(AppendOnly):
    list_display = ("held", "owner", "partner", "amount", "currency", "standing", "captured", "lapses", "memo")
    list_filter = (
        "state",
        "currency",
        ("partner", RelatedDropdownFilter),
        ("held_at", RangeDateTimeFilter),
    )
    list_filter_submit = True
    search_fields = ("=account__number", "key", "memo")
    search_help_text = _("Account number, key or memo")
    list_select_related = ("account", "currency", "partner")
    ordering = ("-held_at", "-id")
    inlines = (PartInline,)
    fieldsets = (
        (None, {"fields": ("owner", "amount", "currency", "standing", "captured", "booked", "memo")}),
        (_("Who asked"), {"fields": ("partner", "key")}),
        (_("When"), {"fields": ("held", "lapses", "ended")}),
    )
    readonly_fields = ("owner", "standing", "booked", "held", "lapses", "ended")

    @display(description=_("set aside at"), ordering="held_at")
    def held(self, hold: Hold) -> str:
        return showing.when(hold.held_at)

    @display(description=_("lapses at"), ordering="lapses_at")
    def lapses(self, hold: Hold) -> str:
        return showing.when(hold.lapses_at)

    @display(description=_("ended at"))
    def ended(self, hold: Hold) -> str:
        return showing.when(hold.ended_at)

    @display(description=_("account"), ordering="account__number")
    def owner(self, hold: Hold) -> SafeString | str:
        return showing.link(hold.account)

    @display(description=_("state"), ordering="state", label=showing.CHIPS)
    def standing(self, hold: Hold) -> tuple[str, str]:
        return hold.state, hold.get_state_display()

    @display(description=_("entry"))
    def booked(self, hold: Hold) -> SafeString | str:
        return showing.link(hold.entry)
