"""The member's messages: the list by day, one message, and what one wants to hear of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from loyalty import clock
from loyalty.errors import NotFound
from loyalty.messaging import inbox, preferences
from loyalty.models import Message
from members import consent
from members.models import Consent, Member
from members.web.access import member_page
from members.web.forms import ChannelsForm

PAGE = 20


@dataclass(frozen=True, slots=True)
class Day:
    """``name`` is today, yesterday or the date."""

    on: date
    name: str
    rows: Sequence[Message]


@require_safe
@member_page
def listing(request: HttpRequest, member: Member) -> HttpResponse:
    """Newest first, by the reader's days. A few queries, always as many."""
    page = Paginator(Message.objects.inbox(member.pk), PAGE).get_page(request.GET.get("page"))
    today = timezone.localtime(clock.now()).date()
    days = [
        Day(on, _name(on, today), list(rows))
        for on, rows in groupby(page.object_list, lambda row: timezone.localtime(row.sent_at).date())
    ]
    unread = any(row.read_at is None for day in days for row in day.rows)
    return render(request, "members/messages.html", {"days": days, "page": page, "unread": unread})


def _name(on: date, today: date) -> str:
    match (today - on).days:
        case 0:
            return _("Today")
        case 1:
            return _("Yesterday")
        case _:
            return ""


@require_safe
@member_page
def message(request: HttpRequest, member: Member, ref: UUID) -> HttpResponse:
    """One of one's own, read from now on; of another's there is none."""
    try:
        found = inbox.opened(member.pk, ref, now=clock.now())
    except NotFound:
        raise Http404 from None
    return render(request, "members/message.html", {"message": found})


@require_POST
@member_page
def read_all(request: HttpRequest, member: Member) -> HttpResponse:
    inbox.read_all(member.pk, now=clock.now())
    messages.success(request, _("All read."))
    return redirect("members:messages")


@require_http_methods(["GET", "HEAD", "POST"])
@member_page
def choices(request: HttpRequest, member: Member) -> HttpResponse:
    """By purpose and channel; offers and news need a yes to begin with, which is asked for here, too."""
    agreed = consent.given(member).get(Consent.Purpose.MARKETING, False)
    known = preferences.of(member.pk)
    sent = request.POST if request.method == "POST" else None
    form = ChannelsForm(sent, known=known, agreed=agreed)
    if form.is_valid():
        now = clock.now()
        preferences.choose(member.pk, form.choices, now=now)
        consent.answer(member, {Consent.Purpose.MARKETING: form.cleaned_data["agreed"]}, now=now)
        messages.success(request, _("Saved. It counts from now on."))
        return redirect("members:messages-choices")
    contact = {"phone": member.phone, "email": member.email}
    return render(request, "members/channels.html", {"form": form, "contact": contact}, status=form.status)
