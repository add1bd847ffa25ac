"""Adding a purchase from before: what its receipt says, once."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from loyalty import clock
from loyalty import programme as programmes
from loyalty.errors import LoyaltyError
from loyalty.web import addresses
from members.entering import guest_orders
from members.models import Member
from members.web.access import member_page
from members.web.joining_forms import PurchaseForm


@require_http_methods(["GET", "HEAD", "POST"])
@member_page
def add(request: HttpRequest, member: Member) -> HttpResponse:
    form = PurchaseForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            found = guest_orders.claim(member, network=addresses.network(request), now=clock.now(), **form.cleaned_data)
        except LoyaltyError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _told(found.points))
            return redirect("members:points")
    context = {"form": form, "days": programmes.current().claim_days}
    return render(request, "members/purchase.html", context, status=form.status)


def _told(points: int) -> str:
    if points <= 0:
        return _("Found it! The purchase is yours now.")
    told = ngettext("Found it! It brought you %(points)s point.", "Found it! It brought you %(points)s points.", points)
    return told % {"points": number_format(points, force_grouping=True)}
