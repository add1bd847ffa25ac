"""Codes as such: the published vectors, what is taken when, and how many secrets there are."""

from datetime import UTC, datetime, timedelta

import pytest

from loyalty.second_factor import codes
from tests.cast import NOW

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # 12345678901234567890, as the RFCs have it
COUNTED = ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"]
TIMED = {59: "287082", 1111111109: "081804", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130"}


def test_codes_are_those_of_rfc_4226() -> None:
    assert [codes.code_at(SECRET, step) for step in range(10)] == COUNTED


def test_codes_are_those_of_rfc_6238() -> None:
    instants = {second: datetime.fromtimestamp(second, tz=UTC) for second in TIMED}

    assert {second: codes.code_at(SECRET, codes.step_at(at)) for second, at in instants.items()} == TIMED


def test_a_code_is_taken_in_its_step_and_in_the_ones_beside_it() -> None:
    """6.5.5: a code lives for 30 seconds, and as long before and after for clocks that go wrong."""
    here = codes.step_at(NOW)
    code = codes.code_at(SECRET, here)

    taken = [codes.match(SECRET, code, now=NOW + timedelta(seconds=30 * steps)) for steps in range(-3, 4)]

    assert taken == [None, None, here, here, here, None, None]


@pytest.mark.parametrize("typed", ["{0}", "{0:.3} {0:.3}", "{0}0", "", "abcdef"])
def test_only_the_six_digits_fit(typed: str) -> None:
    code = codes.code_at(SECRET, codes.step_at(NOW))

    assert (codes.match(SECRET, typed.format(code), now=NOW) is not None) is (typed == "{0}")


def test_codes_are_read_as_people_type_them() -> None:
    code = codes.code_at(SECRET, codes.step_at(NOW))
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in code)

    read = [codes.match(SECRET, typed, now=NOW) for typed in (f"{code[:3]} {code[3:]}", f" {code}\t", wide)]

    assert read == [codes.step_at(NOW)] * 3


def test_recovery_codes_hold_eighty_random_bits() -> None:
    """6.5.4: 16 of 32 signs each; no two alike."""
    written = [code for _turn in range(200) for code in codes.new_recovery_codes()]

    assert {len(codes.plain(code)) for code in written} == {16}
    assert set("".join(map(codes.plain, written))) == set(codes.SIGNS)
    assert (len(codes.SIGNS), len(set(written))) == (32, 2000)


def test_a_recovery_code_is_the_same_however_it_is_typed() -> None:
    [code, *_others] = codes.new_recovery_codes()

    same = {codes.digest(typed) for typed in (code, code.lower(), code.replace("-", ""), code.replace("-", " "))}

    assert same == {codes.digest(code)}
    assert codes.is_recovery_code(code)


def test_secrets_hold_160_bits_and_never_repeat() -> None:
    made = {codes.new_secret() for _turn in range(200)}

    assert ({len(secret) for secret in made}, len(made)) == ({32}, 200)
