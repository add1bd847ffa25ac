"""Scheduled work and messages on their way: what ran, what waits, what was given up."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.decorators import display

from loyalty.admin import showing
from loyalty.admin.base import AppendOnly
from loyalty.models import JobRun, OutboxMessage
from loyalty.registry import Job, registry


@admin.register(JobRun)
class JobRunAdmin(AppendOnly):
    list_display = ("named", "period", "standing", "attempts", "counts", "started", "finished")
    list_filter = ("state",)
    search_fields = ("=job", "=period")
    ordering = ("-started_at", "-id")

    @display(description=_("job"), ordering="job")
    def named(self, run: JobRun) -> str:
        job = registry.find(Job, run.job)
        return str(job.label) if job else run.job

    @display(description=_("state"), ordering="state", label=showing.CHIPS)
    def standing(self, run: JobRun) -> tuple[str, str]:
        return run.state, run.get_state_display()

    @display(description=_("started"), ordering="started_at")
    def started(self, run: JobRun) -> str:
        return showing.when(run.started_at)

    @display(description=_("finished"), ordering="finished_at")
    def finished(self, run: JobRun) -> str:
        return showing.when(run.finished_at)


class Standing(admin.SimpleListFilter):
    """Where a message stands."""

    title = _("state")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        return [
            ("waiting", pgettext_lazy("message", "waiting")),
            ("delivered", pgettext_lazy("message", "delivered")),
            ("dead", pgettext_lazy("message", "given up")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "waiting":
                return queryset.filter(delivered_at=None, dead_at=None)
            case "delivered":
                return queryset.exclude(delivered_at=None)
            case "dead":
                return queryset.exclude(dead_at=None)
            case _:
                return queryset


STANDINGS = {"delivered": "success", "waiting": "info", "dead": "danger"}


@admin.register(OutboxMessage)
class OutboxAdmin(AppendOnly):
    list_display = ("topic", "key", "standing", "attempts", "created", "due")
    list_filter = (Standing, "topic")
    search_fields = ("=key",)
    ordering = ("-created_at", "-id")

    @display(description=_("state"), label=STANDINGS)
    def standing(self, message: OutboxMessage) -> tuple[str, str | Promise]:
        if message.delivered_at:
            return "delivered", pgettext_lazy("message", "delivered")
        return (
            ("dead", pgettext_lazy("message", "given up"))
            if message.dead_at
            else ("waiting", pgettext_lazy("message", "waiting"))
        )

    @display(description=_("created"), ordering="created_at")
    def created(self, message: OutboxMessage) -> str:
        return showing.when(message.created_at)

    @display(description=_("due"), ordering="due_at")
    def due(self, message: OutboxMessage) -> str:
        return showing.when(message.due_at)
