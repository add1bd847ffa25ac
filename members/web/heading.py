"""Who may do what in a household, and who looks after it: the owner's part of the page."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from loyalty import clock
from loyalty.errors import LoyaltyError, NotFound
from loyalty.models import PoolMembership
from members.models import Member
from members.profile import households
from members.web.access import member_page, read_or_send


@require_POST
@member_page
def let_spend(request: HttpRequest, member: Member, ref: int) -> HttpResponse:
    """Lets somebody spend, or only put points in."""
    _other(member, ref)
    try:
        households.let_spend(member_id=member.pk, share_id=ref, may_spend=request.POST.get("spend") == "1")
    except LoyaltyError as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("Saved. It counts from now on."))
    return redirect("members:household")


@read_or_send
@member_page
def hand_over(request: HttpRequest, member: Member, ref: int) -> HttpResponse:
    """Says what changes and what does not; only a POST does it."""
    share = _other(member, ref)
    them = Member.objects.select_related("account").get(pk=share.account_id)
    name = them.name or _("Member")
    if request.method != "POST":
        return render(request, "members/household_head.html", {"household": share.pool, "name": name, "ref": ref})
    try:
        households.hand_over(member_id=member.pk, share_id=ref, now=clock.now())
    except LoyaltyError as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("Done. %(name)s looks after the household now.") % {"name": name})
    return redirect("members:household")


def _other(member: Member, ref: int) -> PoolMembership:
    """Nobody but the owner has these pages, and for their own household alone."""
    try:
        return households.other(member.pk, ref)
    except (households.OwnerOnly, NotFound):
        raise Http404 from None


PATHS = (
    path("me/household/people/<int:ref>/spend/", let_spend, name="household-spend"),
    path("me/household/people/<int:ref>/head/", hand_over, name="household-head"),
)
