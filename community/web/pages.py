"""Tasks and the daily check-in."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from community import checkins
from community.web import calendar
from loyalty import clock
from loyalty.errors import LoyaltyError
from loyalty.web import addresses
from members.models import Member
from members.web import cards, steps
from members.web.access import member_page


@require_safe
@member_page
def tasks(request: HttpRequest, member: Member) -> HttpResponse:
    context = {
        "member": cards.person(member),
        **calendar.panel(member, clock.now()),
        "tasks": steps.open_steps(member),
    }
    return render(request, "community/tasks.html", context)


@require_POST
@member_page
def check_in(request: HttpRequest, member: Member) -> HttpResponse:
    """Stamps today; pressed twice it is one stamp."""
    try:
        checkins.check_in(member.pk, clock.now())
        messages.success(request, _("Checked in. See you tomorrow!"))
    except LoyaltyError as refusal:
        messages.error(request, refusal.message)
    return redirect(addresses.onward(request, "members:home"))
