"""The operators' page of claimed benefits: finding one by its code, using it for a member, undoing, taking back."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import display
from unfold.enums import ActionVariant
from unfold.utils import parse_date_str
from unfold.widgets import UnfoldAdminTextInputWidget

from loyalty import clock, programme
from loyalty.admin import showing
from loyalty.admin.auditing import origin
from loyalty.admin.base import AppendOnly, Confirmation, operation, staff
from members.benefits import giving, using
from members.benefits.using import Scan
from members.models import Benefit, BenefitClaim

MAY = "members.change_benefitclaim"
State = BenefitClaim.State


class Days(RangeDateFilter):
    """Instants between two business days, both included."""

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        running, bounds = programme.current(), {}
        for end, lookup, edge in (("from", "gte", running.start_of), ("to", "lt", running.end_of)):
            day = parse_date_str(self.used_parameters.get(f"{self.field_path}_{end}") or "")
            if day is not None:
                bounds[f"{self.field_path}__{lookup}"] = edge(day)
        return queryset.filter(**bounds)


class Noted(forms.Form):
    note = forms.CharField(label=_("Note"), max_length=200, required=False, widget=UnfoldAdminTextInputWidget())


class Reason(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        widget=UnfoldAdminTextInputWidget(),
        help_text=_("The claim and the audit trail keep it."),
    )


def _ask_use(_page: Any, _request: HttpRequest, claim: BenefitClaim) -> Confirmation:
    text = _("“%(benefit)s” of %(member)s then counts as used today.")
    return Confirmation(title=_("Use it now?"), text=text % {"benefit": claim.benefit, "member": claim.member})


def _ask_undo(_page: Any, _request: HttpRequest, _claim: BenefitClaim) -> Confirmation:
    text = _("The code can be used again through its last day. What rules gave for the use stays.")
    return Confirmation(title=_("Undo the use?"), text=text)


def _ask_take_back(_page: Any, _request: HttpRequest, _claim: BenefitClaim) -> Confirmation:
    text = _("The code can no longer be used, and the member cannot claim it again in this period.")
    return Confirmation(title=_("Take this benefit back?"), text=text)


def _is(state: str) -> Any:
    return lambda claim: claim.state == state


@admin.register(BenefitClaim)
class BenefitClaimAdmin(AppendOnly):
    """What was claimed, granted and given, newest first. The code is typed into the search at the counter."""

    list_display = ("what", "member", "tier", "standing", "claimed", "usable_through", "used")
    list_filter = (
        "state",
        "benefit",
        ("offer__set", admin.RelatedOnlyFieldListFilter),
        "tier",
        "used_in",
        ("claimed_at", Days),
        ("used_at", Days),
    )
    list_filter_submit = True
    search_fields = ("=code", "=member__account__number", "member__name", "=member__phone", "=reference")
    search_help_text = _("Code, member number, name, phone or the till's reference")
    list_select_related = ("benefit", "member__account", "tier")
    ordering = ("-claimed_at", "-pk")
    actions_detail = ("use", "undo", "take_back")
    fields = (
        ("benefit", "owner"),
        ("state", "code"),
        ("tier", "offered_by"),
        ("period", "place"),
        ("claimed_at", "usable_through"),
        ("used_at", "used_in"),
        ("used_by", "partner", "reference"),
        "note",
    )
    readonly_fields = ("owner", "offered_by")

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        """A code as it is read out: in groups of four, in any case."""
        typed = "".join(each for each in search_term.upper() if each.isalnum())
        if len(typed) == 12 and BenefitClaim.objects.filter(code=typed).exists():
            search_term = typed
        return super().get_search_results(request, queryset, search_term)

    @display(description=_("benefit"), ordering="benefit")
    def what(self, claim: BenefitClaim) -> str:
        return claim.benefit.name

    @display(description=_("member"))
    def owner(self, claim: BenefitClaim) -> SafeString | str:
        return showing.link(claim.member)

    @display(description=_("offered by"))
    def offered_by(self, claim: BenefitClaim) -> SafeString | str:
        return showing.link(claim.offer.set) if claim.offer else "–"

    @display(
        description=_("state"),
        ordering="state",
        label={"open": "info", "used": "success", "lapsed": "warning", "taken_back": "danger"},
    )
    def standing(self, claim: BenefitClaim) -> tuple[str, str]:
        return claim.state, claim.get_state_display()

    @display(description=_("claimed"), ordering="claimed_at")
    def claimed(self, claim: BenefitClaim) -> str:
        return showing.when(claim.claimed_at)

    @display(description=_("used at"), ordering="used_at")
    def used(self, claim: BenefitClaim) -> str:
        return showing.when(claim.used_at)

    @operation(
        label=_("Use it"),
        permission=MAY,
        ask=_ask_use,
        icon="check_circle",
        variant=ActionVariant.PRIMARY,
        suits=_is(State.OPEN),
        form=Noted,
        audited=False,
    )
    def use(self, request: HttpRequest, claim: BenefitClaim, note: str) -> str | Promise:
        """Staff stand in for every place, so that a till that is down keeps nobody waiting."""
        place = claim.benefit.used_in
        if place == Benefit.Place.ANYWHERE:
            place = Benefit.Place.STAFF
        using.use(Scan(claim.code, place, by=staff(request), note=note), now=clock.now(), origin=origin(request))
        return _("Used. Thank you.")

    @operation(
        label=_("Undo the use"),
        permission=MAY,
        ask=_ask_undo,
        icon="undo",
        suits=_is(State.USED),
        form=Reason,
        audited=False,
    )
    def undo(self, request: HttpRequest, claim: BenefitClaim, reason: str) -> str | Promise:
        using.undo(code=claim.code, reason=reason, by=staff(request), now=clock.now(), origin=origin(request))
        return _("The benefit can be used again.")

    @operation(
        label=_("Take it back"),
        permission=MAY,
        ask=_ask_take_back,
        icon="block",
        variant=ActionVariant.DANGER,
        suits=_is(State.OPEN),
        form=Reason,
        audited=False,
    )
    def take_back(self, request: HttpRequest, claim: BenefitClaim, reason: str) -> str | Promise:
        giving.take_back(code=claim.code, reason=reason, by=staff(request), now=clock.now(), origin=origin(request))
        return _("Taken back.")
