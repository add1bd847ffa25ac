"""Files of orders that came in: how far each is, and what became of its rows."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from loyalty.admin import showing
from loyalty.admin.base import AppendOnly, ReadOnlyInline
from loyalty.models import ImportJob, ImportRow


class RowInline(ReadOnlyInline):
    model = ImportRow
    fields = ("number", "outcome", "param", "message")
    per_page = 25
    ordering = ("number",)


@admin.register(ImportJob)
class ImportJobAdmin(AppendOnly):
    list_display = ("file_name", "partner", "standing", "progress", "created", "created_by")
    list_filter = ("state", "partner")
    search_fields = ("file_name",)
    list_select_related = ("partner", "created_by")
    ordering = ("-created_at", "-id")
    inlines = (RowInline,)

    @display(description=_("state"), ordering="state", label=showing.CHIPS)
    def standing(self, job: ImportJob) -> tuple[str, str]:
        return job.state, job.get_state_display()

    @display(description=_("rows"))
    def progress(self, job: ImportJob) -> str:
        return f"{job.next_row:,} / {job.total_rows:,}"

    @display(description=_("created"), ordering="created_at")
    def created(self, job: ImportJob) -> str:
        return showing.when(job.created_at)
