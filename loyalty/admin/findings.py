"""What the auditor found: the law in words, the figures, whom it stops, and what sets it right."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Case, QuerySet, When
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.contrib.filters.admin import RangeDateTimeFilter
from unfold.decorators import display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminTextInputWidget

from loyalty import accounts, approvals, clock, findings
from loyalty.admin import finding_words, showing
from loyalty.admin.auditing import origin
from loyalty.admin.base import AppendOnly, Confirmation, ModelAdmin, is_others, operation
from loyalty.bookkeeping import Check
from loyalty.models import Account, Finding, User
from loyalty.registry import registry

STANDINGS = {"open": "danger", "released": "warning", "gone": "success"}


class Reason(forms.Form):
    """Whoever releases an account says why."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        widget=UnfoldAdminTextInputWidget(),
        help_text=_("Auditors will read it, for example “Counted with the member, balance is right”."),
    )


class Standing(admin.SimpleListFilter):
    """Open first: what is gone is history."""

    title = _("state")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        return [
            ("open", pgettext_lazy("finding", "open")),
            ("released", pgettext_lazy("finding", "open, account released")),
            ("gone", pgettext_lazy("finding", "gone")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "open":
                return queryset.filter(gone_at=None)
            case "released":
                return queryset.filter(gone_at=None, released_by__isnull=False)
            case "gone":
                return queryset.exclude(gone_at=None)
            case _:
                return queryset


def _law(finding: Finding) -> Check | None:
    return registry.find(Check, finding.invariant)


def _named(finding: Finding) -> str:
    law = _law(finding)
    return f"{finding.invariant} · {law.law}" if law else finding.invariant


def _amount(finding: Finding) -> dict[str, object]:
    unit = accounts.currencies().get(finding.proposal["currency"])
    return {
        "amount": showing.points(finding.proposal["amount"]),
        "unit": unit.name if unit else finding.proposal["currency"],
        "account": finding.account.number if finding.account else "–",
    }


def _ask_entry(page: ModelAdmin, request: HttpRequest, finding: Finding) -> Confirmation:
    if not finding.proposal:
        return Confirmation(title=_("Ask for the compensating entry?"), text=findings.NothingToAsk().message)
    text = _("%(amount)s %(unit)s on account %(account)s. Beyond your own limit a colleague has to agree.")
    return Confirmation(title=_("Ask for the compensating entry?"), text=text % _amount(finding))


def _ask_release(page: ModelAdmin, request: HttpRequest, finding: Finding) -> Confirmation:
    text = _("The finding stays open, and the account can spend all the same. You answer for it with your name.")
    return Confirmation(title=_("Let the account spend again?"), text=text)


def _ask_look(page: ModelAdmin, request: HttpRequest, finding: Finding) -> Confirmation:
    text = _("Every law is asked again for this account alone; what is right by now goes off the list.")
    return Confirmation(title=_("Check this account now?"), text=text)


def _is_stopping(finding: Finding) -> bool:
    return findings.stops(finding) and finding.account is not None and finding.account.spending_stopped_at is not None


def _not_own(user: object, finding: Finding) -> bool:
    return is_others(user, finding.account_id)


def _person(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise approvals.MayNot
    return request.user


@admin.register(Finding)
class FindingAdmin(AppendOnly):
    list_display = ("code", "found_in_words", "owner", "standing", "first", "last")
    list_filter = (Standing, "invariant", ("found_at", RangeDateTimeFilter))
    list_filter_submit = True
    search_fields = ("=account__number", "=row", "=invariant")
    search_help_text = _("Account number, row or law (I3)")
    list_select_related = ("account", "approval", "released_by")
    ordering = (Case(When(gone_at=None, then=0), default=1), "-found_at", "-id")
    actions_detail = ("ask", "release", "look_again")
    fieldsets = (
        (None, {"fields": ("law", "figures", "row", "owner", "state", "effect")}),
        (_("What sets it right"), {"fields": ("mend", "proposed", "wish")}),
        (_("When"), {"fields": ("first", "last", "ended", "releaser")}),
    )
    readonly_fields = (
        "law",
        "figures",
        "owner",
        "state",
        "effect",
        "mend",
        "proposed",
        "wish",
        "first",
        "last",
        "ended",
        "releaser",
    )

    @display(description=_("law"), ordering="invariant")
    def code(self, finding: Finding) -> str:
        return _named(finding)

    @display(description=_("law"))
    def law(self, finding: Finding) -> str:
        return _named(finding)

    @display(description=_("figures"))
    def found_in_words(self, finding: Finding) -> str:
        return finding_words.sentence(finding.found)

    @display(description=_("figures"))
    def figures(self, finding: Finding) -> SafeString:
        rows = format_html_join(
            "", '<tr><th scope="row">{}</th><td class="eg-num">{}</td></tr>', finding_words.figures(finding.found)
        )
        return format_html('<table class="eg-table"><tbody>{}</tbody></table>', rows)

    @display(description=_("account"), ordering="account__number")
    def owner(self, finding: Finding) -> SafeString | str:
        return showing.link(finding.account)

    @display(description=_("state"), label=STANDINGS)
    def standing(self, finding: Finding) -> tuple[str, str | Promise]:
        if finding.gone_at is not None:
            return "gone", pgettext_lazy("finding", "gone")
        if finding.released_by_id is not None:
            return "released", pgettext_lazy("finding", "open, account released")
        return "open", pgettext_lazy("finding", "open")

    @display(description=_("state"))
    def state(self, finding: Finding) -> str:
        return str(self.standing(finding)[1])

    @display(description=_("what it does"))
    def effect(self, finding: Finding) -> str | Promise:
        if _is_stopping(finding):
            return _("The account can't spend until this is gone; it goes on earning.")
        return _("Nobody is stopped by it.")

    @display(description=_("advice"))
    def mend(self, finding: Finding) -> str | Promise:
        law = _law(finding)
        return (law.mend if law else "") or "–"

    @display(description=_("proposed entry"))
    def proposed(self, finding: Finding) -> str | Promise:
        if not finding.proposal:
            return _("none")
        return _("%(amount)s %(unit)s on account %(account)s") % _amount(finding)

    @display(description=_("approval"))
    def wish(self, finding: Finding) -> SafeString | str:
        if finding.approval is None:
            return "–"
        return showing.link(finding.approval, f"{finding.approval} · {finding.approval.get_state_display()}")

    @display(description=_("found at"), ordering="found_at")
    def first(self, finding: Finding) -> str:
        return showing.when(finding.found_at)

    @display(description=_("last seen"), ordering="seen_at")
    def last(self, finding: Finding) -> str:
        return showing.when(finding.seen_at)

    @display(description=_("gone"))
    def ended(self, finding: Finding) -> str:
        return showing.when(finding.gone_at)

    @display(description=_("released by"))
    def releaser(self, finding: Finding) -> str:
        return finding.released_by.get_full_name() if finding.released_by else "–"

    @operation(
        label=_("Ask for the compensating entry"),
        permission="loyalty.add_approval",
        ask=_ask_entry,
        icon="exposure",
        variant=ActionVariant.PRIMARY,
        suits=findings.may_ask,
        lets=_not_own,
        audited=False,
    )
    def ask(self, request: HttpRequest, finding: Finding) -> str | Promise:
        approval = findings.ask(finding_id=finding.pk, by=_person(request), now=clock.now(), origin=origin(request))
        return approvals.outcome(approval)

    @operation(
        label=_("Let the account spend again"),
        permission="loyalty.change_finding",
        ask=_ask_release,
        icon="lock_open",
        suits=_is_stopping,
        lets=_not_own,
        form=Reason,
        audited=False,
    )
    def release(self, request: HttpRequest, finding: Finding, *, reason: str) -> str | Promise:
        findings.release(
            account_id=finding.account_id or 0,
            by=_person(request),
            reason=reason,
            now=clock.now(),
            origin=origin(request),
        )
        if Account.objects.filter(findings=finding, spending_stopped_at__isnull=False).exists():
            return _("Released from its findings. It still owes too much to spend.")
        return _("The account can spend again.")

    @operation(
        label=_("Check again"),
        permission="loyalty.change_finding",
        ask=_ask_look,
        icon="refresh",
        suits=lambda finding: finding.account_id is not None and finding.gone_at is None,
        audited=False,
    )
    def look_again(self, request: HttpRequest, finding: Finding) -> str | Promise:
        left = findings.look(now=clock.now(), accounts=[finding.account_id] if finding.account_id else [])
        if left:
            return _("Checked: something is still wrong with this account.")
        return _("Checked: everything is right with this account.")
