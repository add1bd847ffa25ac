"""Buttons on the purse's page: setting points right, forgiving debt, and merging a duplicate. All ask for a reason."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from loyalty import approvals, clock, ids, thresholds
from loyalty.admin.adjustment_forms import units
from loyalty.admin.auditing import origin
from loyalty.admin.base import Confirmation, ModelAdmin, not_own, operation, staff
from loyalty.admin.giving_back import GivingBack
from loyalty.models import Account, Approval, Threshold

Deed = Threshold.Deed


class Wish(forms.Form):
    """Amount, unit and reason. The token makes a second click the same wish."""

    amount = forms.IntegerField(
        label=pgettext_lazy("points", "Amount"),
        widget=UnfoldAdminIntegerFieldWidget(),
        help_text=_("With a minus sign, points are taken."),
    )
    currency = forms.ChoiceField(label=_("Unit"), choices=units, widget=UnfoldAdminSelectWidget())
    reason = forms.CharField(
        label=_("Reason"),
        max_length=120,
        widget=UnfoldAdminTextInputWidget(),
        help_text=_("Members and auditors may read it, for example “Bag not scanned on 11 November”."),
    )
    token = forms.CharField(widget=forms.HiddenInput(), initial=lambda: ids.uuid7().hex, max_length=40)


class Forgiveness(Wish):
    """The same for debt, whose amount is what is let go."""

    amount = forms.IntegerField(
        label=pgettext_lazy("points", "Amount"), min_value=1, widget=UnfoldAdminIntegerFieldWidget()
    )


def _limit(request: HttpRequest, deed: str) -> str | Promise:
    user = staff(request)
    alone = thresholds.limits(user, deed).alone if user else 0
    if not alone:
        return _("A colleague has to agree before anything changes.")
    return _("You may do up to %(points)s alone; more than that waits for a colleague.") % {
        "points": number_format(alone, force_grouping=True)
    }


def _ask_adjust(page: ModelAdmin, request: HttpRequest, account: Account) -> Confirmation:
    return Confirmation(title=_("Adjust points"), text=_limit(request, Deed.ADJUST), initial={"currency": "points"})


def _ask_forgive(page: ModelAdmin, request: HttpRequest, account: Account) -> Confirmation:
    owed = account.balances.filter(debt__gt=0).select_related("currency").first()
    known = {"currency": owed.currency.code, "amount": owed.debt} if owed else {}
    return Confirmation(title=_("Forgive debt"), text=_limit(request, Deed.FORGIVE), initial=known)


def _owes(account: Account) -> bool:
    return account.balances.filter(debt__gt=0).exists()


def _open(account: Account) -> bool:
    return account.status == Account.Status.ACTIVE and account.kind == Account.Kind.MEMBER


class ByHand(GivingBack):
    """The buttons, for the page of accounts."""

    actions_detail: tuple[str, ...] = ("adjust", "forgive", "give_back", "merge_away")

    def _wish(
        self, request: HttpRequest, account: Account, deed: Deed, *, amount: int, currency: str, reason: str, token: str
    ) -> str | Promise:
        approval = approvals.ask(
            deed=deed,
            account_id=account.pk,
            amount=amount,
            reason=reason,
            currency=currency,
            by=staff(request),
            token=token,
            now=clock.now(),
            origin=origin(request),
        )
        if approval.state == Approval.State.APPROVED:
            return _("Done: the account's points are set right.")
        messages.warning(request, approvals.outcome(approval))
        return ""

    @operation(
        label=_("Adjust points"),
        permission="loyalty.add_approval",
        ask=_ask_adjust,
        icon="exposure",
        suits=_open,
        lets=not_own,
        form=Wish,
        audited=False,
    )
    def adjust(self, request: HttpRequest, account: Account, **wish: Any) -> str | Promise:
        return self._wish(request, account, Deed.ADJUST, **wish)

    @operation(
        label=_("Forgive debt"),
        permission="loyalty.add_approval",
        ask=_ask_forgive,
        icon="volunteer_activism",
        variant=ActionVariant.DEFAULT,
        suits=lambda account: _open(account) and _owes(account),
        lets=not_own,
        form=Forgiveness,
        audited=False,
    )
    def forgive(self, request: HttpRequest, account: Account, **wish: Any) -> str | Promise:
        return self._wish(request, account, Deed.FORGIVE, **wish)

    @action(description=_("Merge into another account"), icon="call_merge")
    def merge_away(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Goes on to the page that asks for the account that stays."""
        account = self.get_object(request, object_id)
        if account is None:
            raise Http404
        query = urlencode({"duplicate": account.number})
        return HttpResponseRedirect(f"{reverse('admin:loyalty_merge_add')}?{query}")

    merge_away.needs = "loyalty.add_merge"
    merge_away.suits = _open
    merge_away.lets = not_own
