"""The queue of late events, and the buttons on an event's page: accept, refuse, look what it changes."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminTextInputWidget

from loyalty import clock
from loyalty.admin import receipts, replay_words, showing
from loyalty.admin.auditing import origin
from loyalty.admin.base import PAGE, AppendOnly, Confirmation, ModelAdmin, address, operation, staff
from loyalty.errors import LoyaltyError
from loyalty.events import replaying, reviewing
from loyalty.models import Event, Replay

MAY = "loyalty.change_event"
PROPOSES = "loyalty.change_replay"


class Comment(forms.Form):
    """Why it is accepted; may be left out."""

    reason = forms.CharField(
        label=gettext_lazy("Comment (optional)"), required=False, max_length=200, widget=UnfoldAdminTextInputWidget()
    )


class Refusal(forms.Form):
    """Refusing needs a reason."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        widget=UnfoldAdminTextInputWidget(),
        help_text=gettext_lazy("It stays in the audit trail."),
    )


def _ask_accept(page: ModelAdmin, request: HttpRequest, event: Event) -> Confirmation:
    """With a dry run: what it gives or takes back, and what it changes for later events."""
    seen = reviewing.foresee(event_id=event.pk, now=clock.now())
    context = {
        "receipt": receipts.told(seen.receipt),
        "taken": taken_back(seen.receipt),
        "difference": replay_words.told(seen.diff, event.pk) if seen.diff else None,
    }
    return Confirmation(
        title=_("Accept this late event?"),
        text=_("It is decided by the rules that were in force on %(day)s.") % {"day": showing.when(event.occurred_at)},
        template="admin/loyalty/event/accept.html",
        context=context,
    )


def taken_back(receipt: Any) -> list[tuple[str, str]]:
    """What a refund takes, by unit."""
    sums: dict[str, int] = {}
    for step in receipt.get("reversal", {}).get("steps", ()):
        sums[step["currency"]] = sums.get(step["currency"], 0) - step["taken"]
    return [(showing.points(points), receipts.unit(code)) for code, points in sums.items() if points]


def _ask_refuse(page: ModelAdmin, request: HttpRequest, event: Event) -> Confirmation:
    return Confirmation(
        title=gettext_lazy("Refuse this late event?"), text=gettext_lazy("It stays recorded and gives nothing.")
    )


def _ask_judge(page: ModelAdmin, request: HttpRequest, event: Event) -> Confirmation:
    return Confirmation(
        title=gettext_lazy("What does it change for later events?"),
        text=gettext_lazy(
            "All that happened on this account since is judged again. Nothing moves; where something differs, "
            "you get a proposal."
        ),
    )


def _waits(event: Event) -> bool:
    return event.state == Event.State.REVIEW


def _is_decided(event: Event) -> bool:
    return event.state == Event.State.DECIDED and event.account_id is not None


class Reviewing(AppendOnly):
    """The queue and the buttons, for the page of events."""

    actions_detail: tuple[str, ...] = ("accept", "refuse", "judge")

    def get_urls(self) -> list[URLPattern]:
        own = path("review/", self.admin_site.admin_view(self.review), name="loyalty_event_review")
        return [own, *super().get_urls()]

    def review(self, request: HttpRequest) -> HttpResponse:
        """The events under review, oldest first, with what each is worth; a POST decides those that are ticked."""
        if not request.user.has_perm("loyalty.view_event"):
            raise PermissionDenied
        if request.method == "POST":
            self._decide(request)
            return HttpResponseRedirect(reverse("admin:loyalty_event_review"))
        waiting = Event.objects.filter(state=Event.State.REVIEW).select_related("account", "partner")
        found = Paginator(waiting.order_by("occurred_at", "id"), PAGE).get_page(request.GET.get("page", "1"))
        worth = reviewing.worth(list(found))
        unit = receipts.unit("points")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Late events to review"),
            "page": found,
            "rows": [_row(event, worth.get(event.pk), unit) for event in found],
            "may": request.user.has_perm(MAY),
        }
        return TemplateResponse(request, "admin/loyalty/event/review.html", context)

    def _decide(self, request: HttpRequest) -> None:
        if not request.user.has_perm(MAY):
            raise PermissionDenied
        chosen = [UUID(pk) for pk in request.POST.getlist("event") if _is_id(pk)]
        deed = reviewing.accept if request.POST.get("deed") == "accept" else reviewing.refuse
        if not chosen:
            messages.warning(request, _("Tick the events you want to decide."))
            return
        now, reason = clock.now(), request.POST.get("reason", "")[:200]
        try:
            count = deed(event_ids=chosen, by=staff(request), now=now, reason=reason, origin=origin(request))
        except LoyaltyError as refusal:
            messages.error(request, refusal.message)
            return
        if deed is reviewing.refuse:
            said = ngettext("%(count)s event was refused.", "%(count)s events were refused.", count)
        else:
            said = ngettext("%(count)s event was accepted.", "%(count)s events were accepted.", count)
        messages.success(request, said % {"count": count})
        opened = Replay.objects.filter(state=Replay.State.PROPOSED, proposed_at=now).count()
        if opened:
            messages.info(request, _("Later events would be worth something else: see the proposals."))

    @operation(
        label=gettext_lazy("Accept"),
        permission=MAY,
        ask=_ask_accept,
        icon="check",
        variant=ActionVariant.PRIMARY,
        suits=_waits,
        form=Comment,
        audited=False,
    )
    def accept(self, request: HttpRequest, event: Event, *, reason: str) -> str | Promise:
        reviewing.accept(
            event_ids=[event.pk], by=staff(request), now=clock.now(), reason=reason, origin=origin(request)
        )
        if Replay.objects.filter(state=Replay.State.PROPOSED, account__events=event).exists():
            return _("Accepted. Later events would be worth something else: see the proposals.")
        return _("Accepted and decided.")

    @operation(
        label=gettext_lazy("Refuse"),
        permission=MAY,
        ask=_ask_refuse,
        icon="close",
        variant=ActionVariant.DANGER,
        suits=_waits,
        form=Refusal,
        audited=False,
    )
    def refuse(self, request: HttpRequest, event: Event, *, reason: str) -> str | Promise:
        reviewing.refuse(
            event_ids=[event.pk], by=staff(request), now=clock.now(), reason=reason, origin=origin(request)
        )
        return _("Refused. It stays recorded and gives nothing.")

    @operation(
        label=gettext_lazy("Look at later events"),
        permission=PROPOSES,
        ask=_ask_judge,
        icon="history",
        suits=_is_decided,
        audited=False,
    )
    def judge(self, request: HttpRequest, event: Event) -> str | Promise:
        found = replaying.propose(account_id=event.account_id or 0, cause_event_id=event.pk, now=clock.now())
        if found is None:
            return _("Nothing differs: later events are worth what they were given.")
        messages.warning(request, _("Something differs; the proposal is linked below."))
        return ""


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _row(event: Event, decided: Any, unit: str) -> dict[str, Any]:
    """One line of the queue."""
    amount = event.payload.get("amount_minor", event.payload.get("refunded_minor"))
    money = showing.money(amount, event.payload.get("currency", "CNY")) if isinstance(amount, int) else ""
    given = decided.total() if decided is not None else None
    return {
        "event": event,
        "what": replay_words.what(event),
        "link": address(event),
        "money": money,
        "happened": showing.when(event.occurred_at),
        "told": showing.when(event.recorded_at),
        "worth": f"{showing.points(given)} {unit}" if given else "",
    }
