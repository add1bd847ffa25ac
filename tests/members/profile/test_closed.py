"""What a closed account's page still sends is refused: the person goes on elsewhere, or was forgotten."""

from collections.abc import Callable
from datetime import date

import pytest

from loyalty import accounts
from loyalty.models import Account
from members.models import Address, Member, Pet
from members.profile import interests, pets, postal, profiles
from tests import cast

pytestmark = pytest.mark.django_db
HOME = postal.Told("林小满", "13800138000", "上海市", "上海市", "漕溪路 1 号")


@pytest.mark.parametrize(
    "deed",
    [
        lambda pk: pets.add(member_id=pk, told=pets.Told("豆豆", "dog"), now=cast.NOW),
        lambda pk: postal.add(member_id=pk, told=HOME, now=cast.NOW),
        lambda pk: interests.choose(member_id=pk, codes=["cats"], now=cast.NOW),
        lambda pk: profiles.correct_birthday(pk, birthday=date(1990, 1, 1), reason="typed", by=None, now=cast.NOW),
    ],
    ids=["pet", "address", "interests", "birthday"],
)
def test_nothing_is_written_for_a_closed_account(deed: Callable[[int], object]) -> None:
    """F6: a page that was open while two members were merged, or one was forgotten."""
    member = cast.member()
    Account.objects.filter(pk=member.pk).update(status=Account.Status.CLOSED)

    with pytest.raises(accounts.AccountNotFound):
        deed(member.pk)

    assert (Pet.objects.count(), Address.objects.count()) == (0, 0)
    assert Member.objects.get().birthday == member.birthday
