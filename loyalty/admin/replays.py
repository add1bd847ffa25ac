"""Proposals from late events: the difference in words, to be applied or discarded by a person."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Case, Prefetch, QuerySet, When
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminTextInputWidget

from loyalty import audit, clock
from loyalty.admin import replay_words, showing
from loyalty.admin.auditing import origin
from loyalty.admin.base import AppendOnly, Confirmation, ModelAdmin, operation, staff
from loyalty.events import replaying
from loyalty.models import AuditRecord, Decision, Replay

State = Replay.State
MAY = "loyalty.change_replay"


class Why(forms.Form):
    """Letting it go needs a reason."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        widget=UnfoldAdminTextInputWidget(),
        help_text=_("It stays in the audit trail."),
    )


def _ask_apply(page: ModelAdmin, request: HttpRequest, replay: Replay) -> Confirmation:
    return Confirmation(
        title=_("Set the points right?"),
        text=_("Entries are posted for every row below, dated when it happened. This is done once."),
        template="admin/loyalty/replay/ask.html",
        context={"difference": replay_words.told(replay.diff, replay.cause_id)},
    )


def _ask_discard(page: ModelAdmin, request: HttpRequest, replay: Replay) -> Confirmation:
    return Confirmation(title=_("Leave everything as it is?"), text=_("Later events keep what they were given."))


def _ask_again(page: ModelAdmin, request: HttpRequest, replay: Replay) -> Confirmation:
    return Confirmation(
        title=_("Judge again?"), text=_("The difference is worked out anew, with all that has happened since.")
    )


def _open(replay: Replay) -> bool:
    return replay.state == State.PROPOSED


@admin.register(Replay)
class ReplayAdmin(AppendOnly):
    """Open ones first."""

    list_display = ("proposed", "owner", "late", "why", "size", "moved", "standing", "decider")
    list_filter = ("state",)
    search_fields = ("=account__number",)
    search_help_text = _("Account number")
    list_select_related = ("account", "cause", "decided_by")
    ordering = (Case(When(state=State.PROPOSED, then=0), default=1), "-proposed_at", "-id")
    actions_detail = ("apply", "discard", "again")
    change_form_template = "admin/loyalty/replay/change_form.html"
    fields = (("state", "owner"), ("late", "why"), ("proposed", "decider", "decided"))
    readonly_fields = ("owner", "late", "why", "proposed", "decider", "decided")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Replay]:
        decided = Prefetch("cause__decisions", Decision.objects.only("event_id", "decided_at"))
        found: QuerySet[Replay] = super().get_queryset(request)
        return found.prefetch_related(decided)

    @display(description=_("proposed on"), ordering="proposed_at")
    def proposed(self, replay: Replay) -> str:
        return showing.when(replay.proposed_at)

    @display(description=_("account"), ordering="account__number")
    def owner(self, replay: Replay) -> SafeString | str:
        return showing.link(replay.account)

    @display(description=_("late event"))
    def late(self, replay: Replay) -> SafeString | str:
        return showing.link(replay.cause, f"{replay_words.what(replay.cause)} · {showing.when(replay.since)}")

    @display(description=_("why"))
    def why(self, replay: Replay) -> str:
        return replay_words.cause(replay.cause)

    @display(description=_("events that change"))
    def size(self, replay: Replay) -> int:
        return len({row["event"] for row in replay.diff})

    @display(description=_("points in all"))
    def moved(self, replay: Replay) -> str:
        moved = replaying.totals(replay.diff).get("points", 0)
        return showing.points(moved) if moved else "0"

    @display(
        description=_("state"), ordering="state", label={**showing.CHIPS, "proposed": "warning", "applied": "success"}
    )
    def standing(self, replay: Replay) -> tuple[str, str]:
        return replay.state, replay.get_state_display()

    @display(description=_("decided by"))
    def decider(self, replay: Replay) -> str:
        return replay.decided_by.get_full_name() if replay.decided_by else "–"

    @display(description=_("decided on"))
    def decided(self, replay: Replay) -> str:
        return showing.when(replay.decided_at)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        replay = self.get_object(request, object_id)
        known: dict[str, Any] = {}
        if replay is not None:
            record = AuditRecord.objects.filter(subject=audit.name_of(replay)).exclude(reason="").first()
            known = {
                "difference": replay_words.told(replay.diff, replay.cause_id),
                "reason": record.reason if record else "",
            }
        page: HttpResponse = super().change_view(request, object_id, form_url, {**known, **(extra_context or {})})
        return page

    @operation(
        label=_("Apply"),
        permission=MAY,
        ask=_ask_apply,
        icon="done_all",
        variant=ActionVariant.PRIMARY,
        suits=_open,
        audited=False,
    )
    def apply(self, request: HttpRequest, replay: Replay) -> str | Promise:
        replaying.apply(replay_id=replay.pk, by=staff(request), now=clock.now(), origin=origin(request))
        count = len({row["event"] for row in replay.diff})
        return ngettext("%(count)s event was set right.", "%(count)s events were set right.", count) % {"count": count}

    @operation(
        label=_("Discard"),
        permission=MAY,
        ask=_ask_discard,
        icon="close",
        variant=ActionVariant.DANGER,
        suits=_open,
        form=Why,
        audited=False,
    )
    def discard(self, request: HttpRequest, replay: Replay, *, reason: str) -> str | Promise:
        replaying.discard(
            replay_id=replay.pk, by=staff(request), now=clock.now(), reason=reason, origin=origin(request)
        )
        return _("Discarded. Everything stays as it was given.")

    @operation(label=_("Judge again"), permission=MAY, ask=_ask_again, icon="refresh", suits=_open)
    def again(self, request: HttpRequest, replay: Replay) -> str | Promise:
        found = replaying.propose(account_id=replay.account_id, cause_event_id=replay.cause_id, now=clock.now())
        if found is None:
            return _("Nothing differs any more, so the proposal is closed.")
        return _("Judged again: this is the difference now.")
