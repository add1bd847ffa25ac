"""What members care about: the page of ticks; and what "me" shows of a member beside the card."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from loyalty import clock
from loyalty.events import promising
from members.models import Member
from members.profile import completeness, interests
from members.web import companions, picturing
from members.web.access import member_page, read_or_send
from members.web.telling import InterestsForm


@read_or_send
@member_page
def choose(request: HttpRequest, member: Member) -> HttpResponse:
    form = InterestsForm(
        request.POST if request.method == "POST" else None,
        offered=interests.offered(),
        ticked=interests.of(member.pk),
    )
    if form.is_valid():
        interests.choose(member_id=member.pk, codes=form.codes, now=clock.now())
        messages.success(request, _("Saved."))
        return redirect("members:me")
    return render(request, "members/interests.html", {"form": form}, status=form.status)


def about(member: Member, now: datetime) -> dict[str, Any]:
    """Portrait, pets and how complete the profile is; for the page "me"."""
    told = completeness.of(member)
    reward = 0
    if told.missing and member.completed_at is None:
        (reward,) = promising.points(completeness.COMPLETED.code, [(now, {})], account_id=member.pk)
    return {
        "avatar": picturing.address(member.avatar),
        "pets": companions.views(member.pk, now),
        "told": told,
        "reward": reward,
    }
