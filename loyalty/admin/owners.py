"""A button on a guest order's page: whose purchase it was."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from loyalty import approvals, clock
from loyalty.admin.base import Confirmation, ModelAdmin, operation, staff
from loyalty.events import customers, releasing
from loyalty.events.incoming import MemberNotFound
from loyalty.models import Order


class Owner(forms.Form):
    """Whose it was, and how one knows."""

    customer = forms.CharField(
        label=_("Member number, phone or e-mail"), max_length=254, widget=UnfoldAdminTextInputWidget()
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=120,
        widget=UnfoldAdminTextInputWidget(),
        help_text=_("Auditors read it, for example “Showed the receipt in the shop”."),
    )


def _ask(_page: ModelAdmin, _request: HttpRequest, order: Order) -> Confirmation:
    return Confirmation(
        title=_("Whose purchase is %(order)s?") % {"order": order.external_id},
        text=_("It earns as if they had shown their code then. An order belongs to one member for good."),
    )


class Belonging(ModelAdmin):
    """The button, for the page of orders."""

    @operation(
        label=_("Belongs to a member"),
        permission="loyalty.change_order",
        ask=_ask,
        icon="person_add",
        suits=lambda order: order.account_id is None,
        form=Owner,
    )
    def give_to(self, request: HttpRequest, order: Order, **told: Any) -> str | Promise:
        """Nobody gives an order to their own membership."""
        reference = told["customer"].strip()
        account_id = customers.resolve([reference], partner_id=order.partner_id).get(reference)
        if account_id is None:
            raise MemberNotFound(param="customer", reference=reference)
        user = staff(request)
        if user is not None and account_id in approvals.own_accounts(user):
            raise approvals.OwnMembership
        releasing.claim(partner_id=order.partner_id, order_id=order.external_id, account_id=account_id, now=clock.now())
        return _("Done: the purchase is theirs, and its points are in their purse.")
