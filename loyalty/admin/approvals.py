"""What waits for a second person, and how much each role may do alone."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Case, QuerySet, When
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin
from unfold.contrib.filters.admin import RangeDateTimeFilter
from unfold.decorators import display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminTextInputWidget

from loyalty import accounts, approvals, clock
from loyalty.adjustment_files import filing
from loyalty.admin import adjustment_lines, showing
from loyalty.admin.auditing import origin
from loyalty.admin.base import AppendOnly, Confirmation, ModelAdmin, operation
from loyalty.models import Approval, Threshold, User

State = Approval.State


class Comment(forms.Form):
    """A word to whoever asked; may be left out."""

    answer = forms.CharField(
        label=_("Comment (optional)"), required=False, max_length=200, widget=UnfoldAdminTextInputWidget()
    )


class Refusal(forms.Form):
    """Saying no needs a reason."""

    answer = forms.CharField(
        label=_("Reason"),
        max_length=200,
        widget=UnfoldAdminTextInputWidget(),
        help_text=_("Whoever asked will read it."),
    )


def _sentence(approval: Approval) -> str | Promise:
    """The wish in one sentence, for the page that asks."""
    unit = accounts.currencies()[approval.terms["currency"]].name
    words = {
        "who": _maker(approval),
        "amount": showing.points(approval.amount),
        "unit": unit,
        "account": approval.account.number if approval.account else "–",
        "reason": approval.reason,
    }
    if approval.deed == Threshold.Deed.BULK:
        words |= {"file": approval.terms["file"], "members": approval.terms["members"]}
        return _("%(who)s asks to adjust %(members)s members by the file %(file)s: “%(reason)s”") % words
    if "reinstates" in approval.terms:
        words |= {"days": approval.terms["days"]}
        return (
            _(
                "%(who)s asks to give %(amount)s expired %(unit)s back to account %(account)s "
                "for %(days)s days: “%(reason)s”"
            )
            % words
        )
    if approval.deed == Threshold.Deed.FORGIVE:
        return _("%(who)s asks to forgive account %(account)s %(amount)s %(unit)s of debt: “%(reason)s”") % words
    return _("%(who)s asks for %(amount)s %(unit)s on account %(account)s: “%(reason)s”") % words


def _maker(approval: Approval) -> str:
    if approval.asked_by:
        return approval.asked_by.get_full_name()
    return str(approval.partner or "–")


def _ask_approve(page: ModelAdmin, request: HttpRequest, approval: Approval) -> Confirmation:
    return Confirmation(title=_("Approve this?"), text=_sentence(approval))


def _ask_reject(page: ModelAdmin, request: HttpRequest, approval: Approval) -> Confirmation:
    return Confirmation(title=_("Reject this?"), text=_sentence(approval))


def _ask_withdraw(page: ModelAdmin, request: HttpRequest, approval: Approval) -> Confirmation:
    return Confirmation(title=_("Withdraw this?"), text=_sentence(approval))


def _waits(approval: Approval) -> bool:
    return approval.state == State.WAITING


def _may_decide(user: User, approval: Approval) -> bool:
    return approvals.hindrance(approval, user, State.APPROVED) is None


def _may_withdraw(user: User, approval: Approval) -> bool:
    return approvals.hindrance(approval, user, State.WITHDRAWN) is None


def _person(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise approvals.MayNot
    return request.user


@admin.register(Approval)
class ApprovalAdmin(AppendOnly):
    """Waiting first. Who asked sees no button to approve; the operation would refuse as well."""

    list_display = ("asked", "wish", "signed", "owner", "maker", "standing", "split", "decider", "decided")
    list_filter = ("state", "deed", "is_suspicious", ("asked_at", RangeDateTimeFilter))
    list_filter_submit = True
    search_fields = ("=account__number", "reason", "=asked_by__username")
    search_help_text = _("Account number, reason or login")
    list_select_related = ("account", "asked_by", "partner", "decided_by")
    ordering = (Case(When(state=State.WAITING, then=0), default=1), "-asked_at", "-id")
    actions_detail = ("approve", "reject", "withdraw")
    change_form_template = "admin/loyalty/approval/change_form.html"
    fieldsets = (
        (None, {"fields": ("wish", "signed", "owner", "reason", "maker", "asked", "split")}),
        (_("Decision"), {"fields": ("state", "decider", "decided", "comment", "entry_link")}),
    )
    readonly_fields = (
        "wish",
        "signed",
        "owner",
        "maker",
        "asked",
        "split",
        "standing",
        "decider",
        "decided",
        "entry_link",
    )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With the lines of a file, where the wish is one."""
        approval = self.get_object(request, object_id)
        kept = filing.of(approval) if approval and approval.deed == Threshold.Deed.BULK else None
        known = adjustment_lines.known(request, kept) if kept else {}
        page: HttpResponse = super().change_view(request, object_id, form_url, {**known, **(extra_context or {})})
        return page

    @display(description=_("asked on"), ordering="asked_at")
    def asked(self, approval: Approval) -> str:
        return showing.when(approval.asked_at)

    @display(description=_("deed"), ordering="deed")
    def wish(self, approval: Approval) -> str | Promise:
        return _("give back expired points") if "reinstates" in approval.terms else approval.get_deed_display()

    @display(description=_("amount"), ordering="amount")
    def signed(self, approval: Approval) -> str:
        unit = approval.terms.get("currency", "points")
        return showing.points(approval.amount) + ("" if unit == "points" else f" {unit}")

    @display(description=_("account"), ordering="account__number")
    def owner(self, approval: Approval) -> SafeString | str:
        return showing.link(approval.account)

    @display(description=_("asked by"))
    def maker(self, approval: Approval) -> str:
        return _maker(approval)

    @display(description=_("state"), ordering="state", label=showing.CHIPS)
    def standing(self, approval: Approval) -> tuple[str, str]:
        return approval.state, approval.get_state_display()

    @display(description=_("warning"))
    def split(self, approval: Approval) -> str | Promise:
        return _("looks split") if approval.is_suspicious else "–"

    @display(description=_("decided by"))
    def decider(self, approval: Approval) -> str:
        return approval.decided_by.get_full_name() if approval.decided_by else "–"

    @display(description=_("decided on"), ordering="decided_at")
    def decided(self, approval: Approval) -> str:
        return showing.when(approval.decided_at)

    @display(description=_("comment"))
    def comment(self, approval: Approval) -> str:
        return approval.answer or "–"

    @display(description=_("entry"))
    def entry_link(self, approval: Approval) -> SafeString | str:
        return showing.link(approval.entry)

    @operation(
        label=_("Approve"),
        permission="loyalty.change_approval",
        ask=_ask_approve,
        icon="check",
        variant=ActionVariant.PRIMARY,
        suits=_waits,
        lets=_may_decide,
        form=Comment,
        audited=False,
        moves_value=True,
    )
    def approve(self, request: HttpRequest, approval: Approval, *, answer: str) -> str | Promise:
        approvals.approve(
            approval_id=approval.pk, by=_person(request), now=clock.now(), answer=answer, origin=origin(request)
        )
        return _("Approved. It is under way.") if approval.deed == Threshold.Deed.BULK else _("Approved and done.")

    @operation(
        label=_("Reject"),
        permission="loyalty.change_approval",
        ask=_ask_reject,
        icon="close",
        variant=ActionVariant.DANGER,
        suits=_waits,
        lets=_may_decide,
        form=Refusal,
        audited=False,
    )
    def reject(self, request: HttpRequest, approval: Approval, *, answer: str) -> str | Promise:
        approvals.reject(
            approval_id=approval.pk, by=_person(request), now=clock.now(), answer=answer, origin=origin(request)
        )
        return _("Rejected. Nothing has changed on the account.")

    @operation(
        label=_("Withdraw"),
        permission="loyalty.add_approval",
        ask=_ask_withdraw,
        icon="undo",
        suits=_waits,
        lets=_may_withdraw,
        audited=False,
    )
    def withdraw(self, request: HttpRequest, approval: Approval) -> str | Promise:
        approvals.withdraw(approval_id=approval.pk, by=_person(request), now=clock.now(), origin=origin(request))
        return _("Withdrawn.")


@admin.register(Threshold)
class ThresholdAdmin(SimpleHistoryAdmin, ModelAdmin):
    """Nobody but a superuser moves the limits of a role they hold."""

    list_display = ("group", "deed", "points_alone", "points_a_day", "may_approve")
    list_filter = ("deed", "group")
    list_select_related = ("group",)
    ordering = ("group__name", "deed")
    fields = ("group", "deed", ("points_alone", "points_a_day"), "may_approve")

    def _is_own(self, request: HttpRequest, threshold: Threshold | None) -> bool:
        person = request.user
        if threshold is None or not isinstance(person, User) or person.is_superuser:
            return False
        return person.groups.filter(pk=threshold.group_id).exists()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and not self._is_own(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and not self._is_own(request, obj)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offers roles the user does not hold."""
        if db_field.name == "group" and isinstance(request.user, User) and not request.user.is_superuser:
            groups: QuerySet[Any] = db_field.remote_field.model._default_manager.all()
            kwargs["queryset"] = groups.exclude(user=request.user)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)
