"""Facts that happened and what was decided on each, with the receipt in words."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateTimeFilter
from unfold.decorators import display

from loyalty.admin import receipts, showing
from loyalty.admin.reviews import Reviewing
from loyalty.models import Event, Replay
from loyalty.registry import EventKind, registry


class KindFilter(admin.SimpleListFilter):
    """By kind, named as the apps that contribute them name them."""

    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        return [(kind.code, kind.label) for kind in registry.all(EventKind)]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(Event)
class EventAdmin(Reviewing):
    list_display = ("happened", "what", "owner", "standing", "key", "recorded_at")
    list_filter = ("state", KindFilter, "partner", ("occurred_at", RangeDateTimeFilter))
    list_filter_submit = True
    search_fields = ("=key", "=account__number")
    search_help_text = _("Business key or account number")
    list_select_related = ("account", "partner")
    ordering = ("-occurred_at", "-id")
    fieldsets = (
        (None, {"fields": ("what", "owner", "state", "receipt", "later")}),
        (_("What we were told"), {"fields": ("told", "key", "partner", "cause")}),
        (_("When"), {"fields": ("occurred_at", "occurred_on", "recorded_at")}),
    )
    readonly_fields = ("what", "owner", "receipt", "later", "told")

    @display(description=_("happened"), ordering="occurred_at")
    def happened(self, event: Event) -> str:
        return showing.when(event.occurred_at)

    @display(description=_("kind"), ordering="kind")
    def what(self, event: Event) -> str:
        kind = registry.find(EventKind, event.kind)
        return str(kind.label) if kind else event.kind

    @display(description=_("account"))
    def owner(self, event: Event) -> SafeString | str:
        return showing.link(event.account)

    @display(description=_("state"), ordering="state", label=showing.CHIPS)
    def standing(self, event: Event) -> tuple[str, str]:
        return event.state, event.get_state_display()

    @display(description=_("receipt"))
    def receipt(self, event: Event) -> SafeString:
        decision = event.decisions.order_by("-number").first()
        context = {"receipt": receipts.told(decision.receipt) if decision else None}
        return render_to_string("admin/loyalty/_receipt.html", context)

    @display(description=_("payload"))
    def told(self, event: Event) -> SafeString:
        return render_to_string("admin/loyalty/_payload.html", {"payload": event.payload})

    @display(description=_("later events"))
    def later(self, event: Event) -> SafeString | str:
        """The proposal this event is the cause of, or that changes what it is worth."""
        found = Replay.objects.filter(account=event.account_id).order_by("-proposed_at") if event.account_id else ()
        known = (
            each for each in found if each.cause_id == event.pk or event.pk.hex in {row["event"] for row in each.diff}
        )
        replay = next(known, None)
        return (
            showing.link(replay, f"{_('What a late event changes')} · {replay.get_state_display()}") if replay else "–"
        )
