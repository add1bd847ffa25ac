"""Scheduled work and messages on their way: what ran, what waits, what was given up."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy
from unfold.decorators import display

from loyalty import audit, clock, outbox
from loyalty.admin import showing
from loyalty.admin.auditing import origin
from loyalty.admin.base import AppendOnly, staff
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


MAY_SEND = "loyalty.change_outboxmessage"
STANDINGS = {"delivered": "success", "waiting": "info", "dead": "danger"}


@admin.register(OutboxMessage)
class OutboxAdmin(AppendOnly):
    list_display = ("topic", "key", "standing", "attempts", "created", "due")
    list_filter = (Standing, "topic")
    search_fields = ("=key",)
    ordering = ("-created_at", "-id")
    actions = ("send_again",)

    def get_actions(self, request: HttpRequest) -> Any:
        """Only for those who may change messages."""
        return super().get_actions(request) if request.user.has_perm(MAY_SEND) else {}

    @admin.action(description=_("Send again what was given up"))
    def send_again(self, request: HttpRequest, queryset: "QuerySet[OutboxMessage]") -> None:
        """Those chosen that wait or arrived are left alone."""
        if not request.user.has_perm(MAY_SEND):
            raise PermissionDenied
        ids = sorted(queryset.exclude(dead_at=None).values_list("pk", flat=True))
        with transaction.atomic():
            count = outbox.revive(ids=ids, now=clock.now())
            outbox.wake()
            audit.record(
                deed="loyalty.outboxmessage.sent_again",
                subject="loyalty.outboxmessage",
                actor=staff(request),
                after={"id": [str(pk) for pk in ids]},
                now=clock.now(),
                **origin(request)._asdict(),
            )
        told = ngettext("%(count)s message goes out again.", "%(count)s messages go out again.", count)
        messages.success(request, told % {"count": count})

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
