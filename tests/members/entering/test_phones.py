"""Phones as people write them."""

import pytest

from loyalty.errors import InvalidInput
from members.entering import phones


@pytest.mark.parametrize(
    "written",
    [
        "13800138000",
        "+86 138 0013 8000",
        "86-138-0013-8000",
        "１３８００１３８０００",
        " 138·0013·8000 ",
        "0086 13800138000",
    ],
)
def test_every_way_of_writing_a_number_gives_one_form(written: str) -> None:
    """Bad input 85: +86, spaces, full-width digits and hyphens are normalized to one form."""
    assert phones.normalize(written) == "+8613800138000"


@pytest.mark.parametrize(("written", "given"), [("1380013800", 10), ("138001380001", 12), ("+86 1380013800", 10)])
def test_ten_or_twelve_digits_are_counted_in_the_answer(written: str, given: int) -> None:
    """Bad input 85: 10 or 12 digits give a clear error."""
    with pytest.raises(phones.PhoneLengthWrong) as refusal:
        phones.normalize(written)

    assert (refusal.value.code, refusal.value.numbers) == ("phone_length", {"expected": 11, "given": given})


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("1.38E+10", "phone_changed_by_spreadsheet"),
        ("010-6552 9988", "phone_not_mobile"),
        ("hello", "phone_invalid"),
        ("", "phone_invalid"),
        ("+86 199 0000 00000000000000000", "phone_length"),
    ],
)
def test_what_is_no_mobile_number_is_refused_with_its_reason(written: str, code: str) -> None:
    """Bad input 73: a number Excel has changed is told apart."""
    with pytest.raises(InvalidInput) as refusal:
        phones.normalize(written)

    assert (refusal.value.code, refusal.value.param) == (code, "phone")


def test_numbers_abroad_keep_their_country() -> None:
    assert phones.normalize("+852 5123 4567") == "+85251234567"
    assert phones.show("+85251234567") == "+852 5123 4567"
    assert phones.show("+8613800138000") == "138 0013 8000"


def test_a_masked_number_shows_its_ends_only() -> None:
    assert phones.mask("+8613800138000") == "138****8000"
