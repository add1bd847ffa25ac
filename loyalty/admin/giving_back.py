"""A button on the purse's page: giving expired points back, for so many days more."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from loyalty import approvals, clock, ids, thresholds
from loyalty.admin.auditing import origin
from loyalty.admin.base import Confirmation, ModelAdmin, not_own, operation, staff
from loyalty.ledger import reinstating
from loyalty.ledger.reinstating import Expiry, Return
from loyalty.models import Account, Approval, Threshold
from loyalty.models.ledger import INSTANT

USUAL_DAYS = 30


def _told(offer: Expiry) -> str:
    words = {
        "left": number_format(offer.left, force_grouping=True),
        "unit": offer.currency.name,
        "day": date_format(localtime(offer.expired_at - INSTANT), "SHORT_DATE_FORMAT"),
        "until": date_format(localtime(offer.ends_at), "SHORT_DATE_FORMAT"),
    }
    return str(_("%(left)s %(unit)s, last day %(day)s (can be given back until %(until)s)")) % words


class GiveBack(forms.Form):
    """Which expiry, how much of it and for how long. The token makes a second click the same wish.

    ``purse`` only says whose expiries are offered; the deed is done to the account of the page.
    """

    expiry = forms.ChoiceField(label=_("What expired"), widget=UnfoldAdminSelectWidget())
    amount = forms.IntegerField(
        label=pgettext_lazy("points", "Amount"), min_value=1, widget=UnfoldAdminIntegerFieldWidget()
    )
    days = forms.IntegerField(
        label=_("For how many days"),
        min_value=1,
        max_value=reinstating.LONGEST,
        widget=UnfoldAdminIntegerFieldWidget(),
        help_text=_("They can be spent to the end of that day, then they expire again."),
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=120,
        widget=UnfoldAdminTextInputWidget(),
        help_text=_("Members and auditors may read it, for example “Was in hospital until 20 November”."),
    )
    purse = forms.IntegerField(widget=forms.HiddenInput())
    token = forms.CharField(widget=forms.HiddenInput(), initial=lambda: ids.uuid7().hex, max_length=40)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        account_id = str(self["purse"].value() or "")
        offers = reinstating.offers(int(account_id), now=clock.now()) if account_id.isdecimal() else []
        self.offers = {str(offer.entry_id): offer for offer in offers}
        expiry = self.fields["expiry"]
        if isinstance(expiry, forms.ChoiceField):
            expiry.choices = [(code, _told(offer)) for code, offer in self.offers.items()]

    def clean(self) -> dict[str, Any]:
        """Adds the unit of what was chosen."""
        data = super().clean() or {}
        chosen = self.offers.get(data.get("expiry", ""))
        return data | {"currency": chosen.currency.code if chosen else ""}


def _ask(page: ModelAdmin, request: HttpRequest, account: Account) -> Confirmation:
    offers = reinstating.offers(account.pk, now=clock.now())
    known: dict[str, Any] = {"purse": account.pk, "days": USUAL_DAYS}
    if offers:
        known |= {"expiry": str(offers[0].entry_id), "amount": offers[0].left}
    user = staff(request)
    alone = _alone(thresholds.limits(user, Threshold.Deed.ADJUST).alone if user else 0)
    text = _("They go back where they were, and what is owed is paid first.")
    return Confirmation(title=_("Give back expired points"), text=f"{text} {alone}", initial=known)


def _alone(points: int) -> str | Promise:
    if not points:
        return _("A colleague has to agree before anything changes.")
    return _("You may do up to %(points)s alone; more than that waits for a colleague.") % {
        "points": number_format(points, force_grouping=True)
    }


def _has_some(account: Account) -> bool:
    is_open = account.status == Account.Status.ACTIVE
    return is_open and bool(reinstating.offers(account.pk, now=clock.now()))


class GivingBack(ModelAdmin):
    """The button, for the page of accounts."""

    @operation(
        label=_("Give back expired points"),
        permission="loyalty.add_approval",
        ask=_ask,
        icon="history",
        suits=_has_some,
        lets=not_own,
        form=GiveBack,
        audited=False,
    )
    def give_back(self, request: HttpRequest, account: Account, **wish: Any) -> str | Promise:
        approval = approvals.ask(
            deed=Threshold.Deed.ADJUST,
            account_id=account.pk,
            amount=wish["amount"],
            reason=wish["reason"],
            currency=wish["currency"],
            back=Return(UUID(wish["expiry"]), wish["days"]),
            by=staff(request),
            token=wish["token"],
            now=clock.now(),
            origin=origin(request),
        )
        if approval.state == Approval.State.APPROVED:
            return _("Done: the points are back and can be spent.")
        messages.warning(request, approvals.outcome(approval))
        return ""
