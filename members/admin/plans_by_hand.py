"""Buttons of paid membership: giving a plan on the member's page, ending a term on the term's."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget, UnfoldBooleanWidget

from loyalty import clock, ids, programme
from loyalty.admin import showing
from loyalty.admin.auditing import origin
from loyalty.admin.base import Confirmation, ModelAdmin, operation, staff
from members.admin.reasons import Reason
from members.models import Member, Plan, PlanTerm
from members.paying import by_hand, reckoning

MAY = "members.change_planterm"


class GivenPlan(Reason):
    """Which plan, for how long and why. The token makes a second click the same gift."""

    plan = forms.ModelChoiceField(
        label=_("Paid plan"), queryset=Plan.objects.filter(archived_at=None), widget=UnfoldAdminSelectWidget()
    )
    days = forms.IntegerField(
        label=_("For how many days"),
        min_value=0,
        max_value=by_hand.LONGEST,
        initial=0,
        widget=UnfoldAdminIntegerFieldWidget(),
        help_text=_("0 is as long as the plan lasts. It begins after what the member has of it."),
    )
    token = forms.CharField(widget=forms.HiddenInput(), initial=lambda: ids.uuid7().hex, max_length=40)
    field_order = ("plan", "days", "reason")


class EndedTerm(Reason):
    gives_back = forms.BooleanField(
        label=_("Give back what the plan says"), required=False, initial=True, widget=UnfoldBooleanWidget()
    )
    field_order = ("gives_back", "reason")


def _ask_give(_page: Any, _request: HttpRequest, _member: Member) -> Confirmation:
    text = _("The member is told. Nothing is paid for it, so nothing is given back when it ends.")
    return Confirmation(title=_("Give a paid plan"), text=text)


def _ask_end(_page: Any, _request: HttpRequest, term: PlanTerm) -> Confirmation:
    """What ending it today would give back, reckoned as the deed will."""
    return Confirmation(title=_("End this membership today"), text=preview_text(term))


def preview_text(term: PlanTerm) -> str:
    """Days used and left, and what would be given back: "100 days used, 265 left. 7,260 points go back…"."""
    back = by_hand.preview(term, now=clock.now())
    text = ngettext("%(used)s day used, %(left)s left.", "%(used)s days used, %(left)s left.", back.used)
    words = [text % {"used": back.used, "left": back.left}]
    if back.points:
        told = _("%(points)s points go back to where they came from.")
        words.append(str(told) % {"points": f"{back.points:,}"})
    elif back.minor:
        told = _("Please give %(money)s back at the till; its refund is counted here by itself.")
        words.append(str(told) % {"money": showing.money(back.minor, term.plan.currency)})
    else:
        words.append(str(_("By the plan nothing is given back.")))
    return " ".join(words)


def _lasts(term: PlanTerm) -> bool:
    span = reckoning.span_of(term)
    return span.last >= max(programme.day_of(clock.now()), span.first)


class PlansByHand(ModelAdmin):
    """The button, for the page of members."""

    @operation(
        label=_("Give a paid plan"), permission=MAY, ask=_ask_give, icon="diamond", form=GivenPlan, audited=False
    )
    def give_plan(
        self, request: HttpRequest, member: Member, plan: Plan, days: int, reason: str, token: str
    ) -> str | Promise:
        by_hand.give(
            account_id=member.pk,
            plan=plan,
            days=days,
            token=token,
            reason=reason,
            by=staff(request),
            now=clock.now(),
            origin=origin(request),
        )
        return _("Done: the plan is given.")


class TermsByHand(ModelAdmin):
    """The button, for the page of terms."""

    actions_detail: tuple[str, ...] = ("end_term",)

    @operation(
        label=_("End it today"),
        permission=MAY,
        ask=_ask_end,
        icon="event_busy",
        variant=ActionVariant.DANGER,
        suits=_lasts,
        form=EndedTerm,
        audited=False,
    )
    def end_term(self, request: HttpRequest, term: PlanTerm, gives_back: bool, reason: str) -> str | Promise:
        back = by_hand.end(
            term_id=term.pk,
            gives_back=gives_back,
            reason=reason,
            by=staff(request),
            now=clock.now(),
            origin=origin(request),
        )
        if back.points:
            return str(_("Done: it has ended, and %(points)s points are back.")) % {"points": f"{back.points:,}"}
        if back.minor:
            told = _("Done: it has ended. Please give %(money)s back at the till where it was bought.")
            return str(told) % {"money": showing.money(back.minor, term.plan.currency)}
        return _("Done: it has ended.")
