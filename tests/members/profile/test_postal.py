"""Addresses: read strictly, at most one usual, at most twenty."""

import pytest

from loyalty import faults
from loyalty.errors import LoyaltyError
from members.entering import phones
from members.models import Address, Member
from members.profile import postal
from members.profile.postal import AddressesFull, AddressNotFound, Told
from tests import cast

pytestmark = pytest.mark.django_db
HOME = Told("林小满", "138 0013 8000", "上海市", "上海市", "南京西路 1 号 101 室", district="静安区", postcode="200041")


@pytest.fixture
def member() -> Member:
    return cast.member()


def added(member: Member, street: str = HOME.street, *, is_usual: bool = False) -> Address:
    told = HOME._replace(street=street)
    return postal.add(member_id=member.pk, told=told, is_usual=is_usual, now=cast.NOW)


def usual(member: Member) -> list[tuple[str, bool]]:
    return [(each.street, each.is_usual) for each in postal.of(member.pk)]


def test_an_address_is_kept_clean_and_the_first_is_the_usual_one(member: Member) -> None:
    address = added(member)

    kept = Address.objects.get(pk=address.pk)
    assert (kept.phone, kept.district, kept.postcode, kept.is_usual) == ("+8613800138000", "静安区", "200041", True)


def test_one_address_is_the_usual_one_whatever_is_done(member: Member) -> None:
    first, second = added(member, "a"), added(member, "b")
    added(member, "c", is_usual=True)
    chosen = usual(member)
    postal.make_usual(member_id=member.pk, address_id=second.pk)
    again = usual(member)

    postal.remove(member_id=member.pk, address_id=second.pk)

    assert chosen == [("c", True), ("a", False), ("b", False)]
    assert again == [("b", True), ("a", False), ("c", False)]
    assert usual(member) == [("a", True), ("c", False)]
    assert first.pk == postal.of(member.pk)[0].pk


def test_changing_replaces_all_and_keeps_what_is_usual(member: Member) -> None:
    address = added(member)

    postal.change(
        member_id=member.pk, address_id=address.pk, told=HOME._replace(district="", street="新街 2 号"), now=cast.NOW
    )

    kept = Address.objects.get(pk=address.pk)
    assert (kept.street, kept.district, kept.is_usual) == ("新街 2 号", "", True)


@pytest.mark.parametrize(
    ("told", "refusal", "param"),
    [
        (HOME._replace(recipient=" "), faults.Required, "recipient"),
        (HOME._replace(street="x" * 121), faults.TooLong, "street"),
        (HOME._replace(city="上\u202e海"), faults.ControlCharacter, "city"),
        (HOME._replace(postcode="<b>"), faults.InvalidFormat, "postcode"),
        (HOME._replace(phone="12345"), phones.PhoneLengthWrong, "phone"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    member: Member, told: Told, refusal: type[LoyaltyError], param: str
) -> None:
    with pytest.raises(refusal) as caught:
        postal.add(member_id=member.pk, told=told, now=cast.NOW)

    assert (caught.value.param, Address.objects.count()) == (param, 0)


def test_twenty_addresses_fit(member: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postal, "MOST", 1)
    added(member)

    with pytest.raises(AddressesFull) as caught:
        added(member)

    assert caught.value.numbers == {"limit": 1}


def test_addresses_of_others_are_not_found(member: Member) -> None:
    address, stranger = added(member), cast.new_member().pk

    for deed in (
        lambda: postal.find(member_id=stranger, address_id=address.pk),
        lambda: postal.change(member_id=stranger, address_id=address.pk, told=HOME, now=cast.NOW),
        lambda: postal.make_usual(member_id=stranger, address_id=address.pk),
        lambda: postal.remove(member_id=stranger, address_id=address.pk),
    ):
        with pytest.raises(AddressNotFound):
            deed()

    assert usual(member) == [(HOME.street, True)]
