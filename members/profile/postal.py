"""Where parcels go: a member's addresses, one of them the usual one.

The first address is the usual one by itself, and where that is taken out the next one takes its place.
"""

from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from loyalty import accounts, faults, readers
from loyalty.errors import LoyaltyError, NotFound
from members.entering import phones
from members.models import Address

MOST = 20


class AddressNotFound(NotFound):
    code = "address_not_found"
    sentence = _("We could not find this address. It may have been taken out meanwhile.")


class AddressesFull(LoyaltyError):
    code = "addresses_full"
    sentence = _("There are %(limit)s addresses, as many as fit. Please take out one you no longer need.")


class Told(NamedTuple):
    """An address as it is told; district and postcode may be empty. ``phone`` comes as people write it."""

    recipient: str
    phone: str
    province: str
    city: str
    street: str
    district: str = ""
    postcode: str = ""


_LONGEST = {"recipient": 40, "province": 30, "city": 30, "district": 30, "street": 120}
_POSTCODE = readers.Text(longest=10, pattern="[0-9A-Za-z][0-9A-Za-z -]{2,9}", expected="200000")


def of(member_id: int) -> list[Address]:
    """The usual one first."""
    return list(Address.objects.filter(member_id=member_id))


def find(*, member_id: int, address_id: int) -> Address:
    """One of the member's own; raises ``AddressNotFound`` for any other."""
    found = Address.objects.filter(pk=address_id, member_id=member_id).first()
    if found is None:
        raise AddressNotFound
    return found


@transaction.atomic
def add(*, member_id: int, told: Told, is_usual: bool = False, now: datetime) -> Address:
    """Raises ``AddressesFull`` or what is wrong with a field."""
    told = _read(told)
    accounts.lock_living(member_id)
    count = Address.objects.filter(member_id=member_id).count()
    if count >= MOST:
        raise AddressesFull(limit=MOST)
    address = Address.objects.create(member_id=member_id, written_at=now, **told._asdict())
    if is_usual or count == 0:
        _make_usual(address)
    return address


@transaction.atomic
def change(*, member_id: int, address_id: int, told: Told, is_usual: bool = False, now: datetime) -> Address:
    """Replaces all of it. The usual address stays the usual one until another becomes it."""
    told = _read(told)
    accounts.lock_living(member_id)
    address = find(member_id=member_id, address_id=address_id)
    for name, value in told._asdict().items():
        setattr(address, name, value)
    address.written_at = now
    Address.objects.bulk_update([address], [*told._asdict(), "written_at"])
    if is_usual:
        _make_usual(address)
    return address


@transaction.atomic
def make_usual(*, member_id: int, address_id: int) -> None:
    accounts.lock_living(member_id)
    _make_usual(find(member_id=member_id, address_id=address_id))


@transaction.atomic
def remove(*, member_id: int, address_id: int) -> None:
    accounts.lock_living(member_id)
    address = find(member_id=member_id, address_id=address_id)
    Address.objects.filter(pk=address.pk).delete()
    heir = Address.objects.filter(member_id=member_id).order_by("pk").first() if address.is_usual else None
    if heir is not None:
        _make_usual(heir)


def _make_usual(address: Address) -> None:
    """The old one first, as a member has one usual address at most."""
    Address.objects.filter(member_id=address.member_id, is_usual=True).exclude(pk=address.pk).update(is_usual=False)
    Address.objects.filter(pk=address.pk).update(is_usual=True)
    address.is_usual = True


def _read(told: Told) -> Told:
    for name in ("recipient", "phone", "province", "city", "street"):
        if not getattr(told, name).strip():
            raise faults.Required(param=name)
    clean = {
        name: readers.Text(longest).read(text, name) if (text := getattr(told, name)).strip() else ""
        for name, longest in _LONGEST.items()
    }
    postcode = _POSTCODE.read(told.postcode, "postcode") if told.postcode.strip() else ""
    return Told(**clean, phone=phones.normalize(told.phone), postcode=postcode)
