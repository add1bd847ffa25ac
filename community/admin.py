"""The operators' face of the community: who checked in on which day."""

from django.contrib import admin
from unfold.contrib.filters.admin import RangeDateFilter

from community.models import CheckinDay
from loyalty.admin.base import AppendOnly


@admin.register(CheckinDay)
class CheckinDayAdmin(AppendOnly):
    """One line for each stamp, newest first."""

    list_display = ("account", "day", "created_at")
    list_filter = (("day", RangeDateFilter),)
    list_filter_submit = True
    search_fields = ("=account__number",)
    list_select_related = ("account",)
    ordering = ("-created_at",)
