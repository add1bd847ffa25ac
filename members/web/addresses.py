"""The pages of a member's addresses."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from loyalty import clock
from loyalty.errors import LoyaltyError
from loyalty.web.forms import OperationForm
from members.entering import phones
from members.models import Address, Member
from members.profile import postal
from members.web.access import member_page, read_or_send


def _text(label: Any, longest: int, complete: str, *, required: bool = True) -> forms.CharField:
    widget = forms.TextInput({"autocomplete": complete})
    return forms.CharField(label=label, max_length=longest, widget=widget, required=required)


class AddressForm(OperationForm):
    """From the person to the province and down to the door, as parcels are addressed here."""

    recipient = _text(gettext_lazy("Recipient"), 40, "name")
    phone = _text(gettext_lazy("Mobile phone"), 40, "tel")
    province = _text(gettext_lazy("Province"), 30, "address-level1")
    city = _text(gettext_lazy("City"), 30, "address-level2")
    district = _text(gettext_lazy("District or county"), 30, "address-level3", required=False)
    street = _text(gettext_lazy("Street, number, flat"), 120, "street-address")
    postcode = _text(gettext_lazy("Postcode"), 10, "postal-code", required=False)
    is_usual = forms.BooleanField(label=gettext_lazy("My usual address"), required=False)

    @property
    def told(self) -> postal.Told:
        return postal.Told(**{name: self.cleaned_data[name] for name in postal.Told._fields})  # noqa: SLF001  # a named tuple's own

    @classmethod
    def known_of(cls, address: Address) -> dict[str, object]:
        return {name: getattr(address, name) for name in cls.base_fields} | {"phone": phones.show(address.phone)}


@require_safe
@member_page
def listing(request: HttpRequest, member: Member) -> HttpResponse:
    found = [(each, phones.mask(each.phone)) for each in postal.of(member.pk)]
    return render(request, "members/addresses.html", {"addresses": found, "has_room": len(found) < postal.MOST})


@read_or_send
@member_page
def add(request: HttpRequest, member: Member) -> HttpResponse:
    form = AddressForm(
        request.POST or None, initial={"recipient": member.name, "phone": phones.show(member.phone or "")}
    )
    return _act(request, form, lambda now: _add(form, member.pk, now), {"address": None})


@read_or_send
@member_page
def edit(request: HttpRequest, member: Member, ref: int) -> HttpResponse:
    address = _own(member, ref)
    form = AddressForm(request.POST or None, initial=AddressForm.known_of(address))
    return _act(request, form, lambda now: _change(form, address, now), {"address": address})


@require_POST
@member_page
def make_usual(request: HttpRequest, member: Member, ref: int) -> HttpResponse:
    postal.make_usual(member_id=member.pk, address_id=_own(member, ref).pk)
    messages.success(request, _("Saved."))
    return redirect("members:addresses")


@require_POST
@member_page
def remove(request: HttpRequest, member: Member, ref: int) -> HttpResponse:
    postal.remove(member_id=member.pk, address_id=_own(member, ref).pk)
    messages.success(request, _("The address is gone."))
    return redirect("members:addresses")


def _own(member: Member, ref: int) -> Address:
    try:
        return postal.find(member_id=member.pk, address_id=ref)
    except postal.AddressNotFound:
        raise Http404 from None


def _add(form: AddressForm, member_id: int, now: datetime) -> None:
    postal.add(member_id=member_id, told=form.told, is_usual=form.cleaned_data["is_usual"], now=now)


def _change(form: AddressForm, address: Address, now: datetime) -> None:
    postal.change(
        member_id=address.member_id,
        address_id=address.pk,
        told=form.told,
        is_usual=form.cleaned_data["is_usual"],
        now=now,
    )


def _act(
    request: HttpRequest, form: AddressForm, deed: Callable[[datetime], None], context: dict[str, Address | None]
) -> HttpResponse:
    if form.is_valid():
        try:
            deed(clock.now())
        except LoyaltyError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("members:addresses")
    return render(request, "members/address_form.html", {**context, "form": form}, status=form.status)
