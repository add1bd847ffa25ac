"""What members may do with their data: look at what is kept, take a copy, ask to be forgotten."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from loyalty import accounts, clock
from loyalty.audit import Origin
from loyalty.errors import LoyaltyError
from loyalty.web import addresses
from members.entering import contacts
from members.models import Member
from members.privacy import exporting, persons, wishes
from members.web.access import open_page
from members.web.privacy_forms import CopyForm, LeaveForm

read_or_send = require_http_methods(["GET", "HEAD", "POST"])


@sensitive_post_parameters("password")
@read_or_send
@open_page
def data(request: HttpRequest, member: Member) -> HttpResponseBase:
    """What is kept, in words and numbers; the copy itself after the password."""
    form = CopyForm(request.POST if request.method == "POST" else None, member=member)
    if form.is_valid():
        try:
            return _copy(request, member, form.cleaned_data.get("password", ""))
        except LoyaltyError as refusal:
            form.refuse(refusal)
    return render(request, "members/data.html", {"form": form, "kept": _kept(member)}, status=form.status)


def _copy(request: HttpRequest, member: Member, password: str) -> FileResponse:
    now = clock.now()
    contacts.confirm(member, password=password, now=now)
    made = exporting.make(member.pk, now=now, by=member.user, origin=_origin(request))
    name = f"{member.account.number}-{now:%Y%m%d}.zip"
    return FileResponse(made, as_attachment=True, filename=name, content_type="application/zip")


def _kept(member: Member) -> list[dict[str, Any]]:
    """Each app's tables that hold something, with how much."""
    told = []
    for dossier, tables in persons.tell(sorted(accounts.family(member.pk))):
        counted = [(table.title, count) for table in tables if (count := table.count())]
        if counted:
            told.append({"title": dossier.label, "tables": counted})
    return told


@sensitive_post_parameters("password")
@read_or_send
@open_page
def leave(request: HttpRequest, member: Member) -> HttpResponse:
    """What would be lost, then the wish; while it waits, the way back."""
    now = clock.now()
    row = wishes.waiting(member.pk)
    if row is not None and request.method == "POST" and "stay" in request.POST:
        return _stay(request, member, now)
    form = LeaveForm(request.POST if request.method == "POST" and row is None else None, member=member)
    if form.is_valid():
        try:
            contacts.confirm(member, password=form.cleaned_data.get("password", ""), now=now)
            wishes.ask(account_id=member.pk, now=now, origin=_origin(request))
            return redirect("members:leave")
        except LoyaltyError as refusal:
            form.refuse(refusal)
    context = {
        "form": form,
        "wish": row,
        "price": wishes.price(member.pk, now=now),
        "days": wishes.days_to_think(),
    }
    return render(request, "members/leave.html", context, status=form.status)


def _stay(request: HttpRequest, member: Member, now: datetime) -> HttpResponse:
    """Takes the wish back; a child whose guardian stopped it learns that it is theirs to take back."""
    try:
        wishes.take_back(account_id=member.pk, now=now, by=None, origin=_origin(request))
    except LoyaltyError as refusal:
        messages.error(request, refusal.message)
        return redirect("members:leave")
    messages.success(request, _("Good that you stay. Everything is as it was."))
    return redirect("members:privacy")


def _origin(request: HttpRequest) -> Origin:
    return Origin(addresses.network(request), str(request.META.get("REQUEST_ID", "")))
