"""Who asked to be forgotten: what waits, what was taken back, what was done and removed."""

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from loyalty.admin import showing
from loyalty.admin.base import AppendOnly
from members.models import Erasure


@admin.register(Erasure)
class ErasureAdmin(AppendOnly):
    """Asking and taking back are buttons of the member's page."""

    list_display = ("asked_at", "whose", "standing", "due_on", "asked_by", "reason")
    list_filter = ("state",)
    search_fields = ("=account__number",)
    search_help_text = _("Account number")
    list_select_related = ("account", "asked_by")
    ordering = ("-asked_at", "-id")

    @display(description=_("account"), ordering="account__number")
    def whose(self, row: Erasure) -> SafeString | str:
        return showing.link(row.account)

    @display(description=_("state"), label=showing.CHIPS)
    def standing(self, row: Erasure) -> tuple[str, str]:
        return row.state, row.get_state_display()
