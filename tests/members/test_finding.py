"""Finding members, and signing in with what they remember."""

from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import MD5PasswordHasher

from loyalty.models import AccountReference
from members import finding
from members.entering import numbers
from tests import cast

pytestmark = pytest.mark.django_db


def test_a_member_is_found_by_number_or_phone_however_written() -> None:
    member = cast.new_member()

    for reference in (member.account.number, numbers.show(member.account.number), "139 0013 9000"):
        assert finding.by_contact(reference) == member


def test_a_name_is_the_partners_own() -> None:
    member, till, shop = cast.new_member(), cast.partner(), cast.partner("shop")
    AccountReference.objects.create(partner=shop, external_id="C-7", account=member.account)

    assert finding.by_external_id(shop.pk, "C-7") == member
    assert finding.by_external_id(till.pk, "C-7") is None


def test_phones_are_looked_up_all_at_once(django_assert_num_queries: Any) -> None:
    member = cast.new_member()

    with django_assert_num_queries(1):
        found = finding.by_phones(["139-0013-9000", "13700000001", "nonsense"])

    assert found == {"139-0013-9000": member.account_id}


@pytest.mark.parametrize("name", ["13900139000", "+86 139 0013 9000", "number"])
def test_one_signs_in_with_phone_or_number(name: str) -> None:
    member = cast.new_member(password=cast.PASSWORD)

    user = authenticate(username=member.account.number if name == "number" else name, password=cast.PASSWORD)

    assert user == member.user


@pytest.mark.parametrize("name", ["13900139000", "13600136000", "nobody@example.com", "000000000000"])
def test_a_wrong_sign_in_costs_the_same_work_for_known_and_unknown(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """ASVS 6.3.8: two hashes are computed, one by each backend, whoever asks."""
    cast.new_member(password=cast.PASSWORD)
    hashed: list[str] = []
    encode = MD5PasswordHasher.encode

    def counting(self: MD5PasswordHasher, password: str, salt: str) -> str:
        hashed.append(password)
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counting)

    assert authenticate(username=name, password="wrong") is None
    assert len(hashed) == 2


def test_a_member_without_a_login_cannot_sign_in() -> None:
    cast.new_member()

    assert authenticate(username="13900139000", password="") is None
    assert authenticate(username="13900139000", password=cast.PASSWORD) is None
