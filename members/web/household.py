"""The household's page: opened, joined by a code, filled, left. Its deeds are ``members.profile.households``'."""

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from loyalty import clock
from loyalty import programme as programmes
from loyalty.errors import LoyaltyError
from loyalty.ledger import purses, reading
from loyalty.ledger.purses import Contents, Share
from loyalty.models import PoolMembership
from loyalty.values import Text
from loyalty.web.forms import OperationForm
from members.models import Member
from members.profile import households
from members.web.access import member_page, read_or_send

CODE = "household_code"
OWNER = PoolMembership.Role.OWNER
Deed = Callable[..., object]
_PERCENT = {"min": "0", "max": "100", "step": "1", "inputmode": "numeric"}


def _percent(label: Any) -> forms.IntegerField:
    note = gettext_lazy("0 is fine: you can put points in yourself at any time.")
    return forms.IntegerField(
        label=label, min_value=0, max_value=100, initial=0, help_text=note, widget=forms.NumberInput(_PERCENT)
    )


class OpenForm(OperationForm):
    name = forms.CharField(label=gettext_lazy("Name of your household"), max_length=40)
    percent = _percent(gettext_lazy("Share of your new points (%)"))


class TakeForm(OperationForm):
    code = forms.CharField(
        label=gettext_lazy("Invitation code"),
        max_length=30,
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "characters", "class": "digits"}),
    )
    percent = _percent(gettext_lazy("Share of your new points (%)"))


class InviteForm(OperationForm):
    role = forms.ChoiceField(
        label=gettext_lazy("What they may do"),
        choices=[
            (PoolMembership.Role.ADULT, gettext_lazy("Put points in and spend")),
            (PoolMembership.Role.CONTRIBUTOR, gettext_lazy("Put points in only")),
        ],
    )


class PercentForm(OperationForm):
    percent = _percent(gettext_lazy("Share of your new points (%)"))


class ContributeForm(OperationForm):
    """``key`` makes pressing twice one deed."""

    params: ClassVar[dict[str, str]] = {"amount": "points"}

    points = forms.IntegerField(
        label=gettext_lazy("How many"), min_value=1, widget=forms.NumberInput({"inputmode": "numeric", "min": "1"})
    )
    key = forms.CharField(max_length=40, widget=forms.HiddenInput)


@require_safe
@member_page
def show(request: HttpRequest, member: Member) -> HttpResponse:
    return _page(request, member)


def _page(request: HttpRequest, member: Member, **filled: OperationForm) -> HttpResponse:
    """The household as it stands, or how to get one; ``filled`` is a form that was refused, by its name."""
    status = next((form.status for form in filled.values()), 200)
    own = purses.shared_by(member.pk)
    if own is None:
        context: dict[str, Any] = {"open_form": OpenForm(), "take_form": TakeForm(), **filled}
        return render(request, "members/household_none.html", context, status=status)
    now, programme = clock.now(), programmes.current()
    contents = purses.contents(own.pool, now=now, programme=programme)
    is_owner = own.role == OWNER
    mine = reading.position(member.pk, now=now, programme=programme)[purses.POINTS].available
    context = {
        "household": own.pool,
        "points": contents.position.available,
        "people": _people(contents, member.pk),
        "mine": mine,
        "is_owner": is_owner,
        "invites": households.open_invites(own.pool_id, now=now) if is_owner else [],
        "code": request.session.pop(CODE, "") if request.method == "GET" else "",
        "invite_form": InviteForm(),
        "percent_form": PercentForm(initial={"percent": own.percent}),
        "contribute_form": ContributeForm(initial={"key": secrets.token_hex(12)}),
        **filled,
    }
    return render(request, "members/household.html", context, status=status)


def _people(contents: Contents, member_id: int) -> list[dict[str, Any]]:
    """Who shares, with what they brought; names are looked up in one query."""
    ids = [each.membership.account_id for each in contents.shares]
    names = dict(Member.objects.filter(pk__in=ids).values_list("pk", "name"))
    return [_person(each, names, member_id) for each in contents.shares]


def _person(share: Share, names: dict[int, str], member_id: int) -> dict[str, Any]:
    account_id = share.membership.account_id
    return {
        "ref": share.membership.pk,
        "name": names.get(account_id) or _("Member"),
        "may_spend": share.membership.role != PoolMembership.Role.CONTRIBUTOR,
        "role": share.membership.get_role_display(),
        "percent": share.membership.percent,
        "brought": share.brought,
        "left": share.left,
        "is_me": account_id == member_id,
    }


@require_POST
@member_page
def invite(request: HttpRequest, member: Member) -> HttpResponse:
    """The code is shown once, on the page that follows."""
    form = InviteForm(request.POST)

    def deed(now: datetime) -> None:
        role = PoolMembership.Role(form.cleaned_data["role"])
        request.session[CODE] = households.invite(member_id=member.pk, role=role, now=now).code

    return _act(request, member, "invite_form", form, deed, "")


@require_POST
@member_page
def withdraw(request: HttpRequest, member: Member, ref: int) -> HttpResponse:
    return _act(
        request,
        member,
        "invite_form",
        None,
        lambda now: households.withdraw(member_id=member.pk, invite_id=ref, now=now),
        _("The invitation is withdrawn."),
    )


@read_or_send
@member_page
def leave(request: HttpRequest, member: Member) -> HttpResponse:
    """Says what comes back before anything is done; the owner of others closes instead of leaving."""
    own = purses.shared_by(member.pk)
    if own is None:
        return redirect("members:household")
    if request.method == "POST":
        deed = households.close if own.role == OWNER else households.leave
        return _act(
            request,
            member,
            "invite_form",
            None,
            lambda now: deed(member_id=member.pk, now=now),
            _("Done. What was left of your points is with you again."),
        )
    now = clock.now()
    contents = purses.contents(own.pool, now=now, programme=programmes.current())
    mine = contents.of(member.pk)
    context = {"household": own.pool, "is_owner": own.role == OWNER, "others": len(contents.shares) - 1, "share": mine}
    return render(request, "members/household_leave.html", context)


def _act(
    request: HttpRequest,
    member: Member,
    name: str,
    form: OperationForm | None,
    deed: Callable[[datetime], object],
    done: Text,
) -> HttpResponse:
    """Does the deed and goes back to the page; a refusal stands at its field, or above where there is no form."""
    if form is not None and not form.is_valid():
        return _page(request, member, **{name: form})
    try:
        deed(clock.now())
    except LoyaltyError as refusal:
        if form is None:
            messages.error(request, refusal.message)
            return redirect("members:household")
        form.refuse(refusal)
        return _page(request, member, **{name: form})
    if done:
        messages.success(request, str(done))
    return redirect("members:household")


def _posted(name: str, form_class: type[OperationForm], deed: Deed, done: Text) -> Callable[..., HttpResponseBase]:
    """The view that does the deed of one of the page's forms with what was typed."""

    @require_POST
    @member_page
    def view(request: HttpRequest, member: Member) -> HttpResponse:
        form = form_class(request.POST)
        return _act(
            request, member, name, form, lambda now: deed(member_id=member.pk, now=now, **form.cleaned_data), done
        )

    return view


open_household = _posted(
    "open_form",
    OpenForm,
    households.open_household,
    gettext_lazy("Your household is there. Invite somebody now."),
)
take = _posted("take_form", TakeForm, households.take, gettext_lazy("Welcome! From now on you collect together."))
set_percent = _posted(
    "percent_form",
    PercentForm,
    lambda now, **typed: households.set_percent(**typed),
    gettext_lazy("Saved. It counts from now on."),
)
contribute = _posted(
    "contribute_form", ContributeForm, households.contribute, gettext_lazy("Your points are in the shared purse.")
)
