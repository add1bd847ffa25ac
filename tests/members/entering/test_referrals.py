"""Who brought whom: a code to pass on, told to the rules of both sides."""

import pytest

from loyalty.models import Account, Event
from members.entering import enrolment, referrals
from members.models import Member, Referral, ReferralCode
from tests import cast

pytestmark = pytest.mark.django_db


def join(code: str, phone: str = "13600136000") -> Member:
    return enrolment.enrol(source="api", phone=phone, referral_code=code, now=cast.NOW)


def test_a_code_is_made_once_and_read_however_it_is_typed() -> None:
    member = cast.gold_member()

    code = referrals.code_of(member)
    typed = f" {code[:4].lower()}-{code[4:]} "

    assert (referrals.code_of(member), len(code), ReferralCode.objects.count()) == (code, 8, 1)
    assert referrals.referrer(typed) == member


def test_joining_with_a_code_is_told_to_the_rules_of_both() -> None:
    cast.rule("thanks", "referral.joined", points=80)
    cast.rule("hello", "member.joined", points=30, condition={"fact": "event.referred", "op": "is_true"})
    friend = cast.gold_member(points=0)

    member = join(referrals.code_of(friend))

    assert Referral.objects.values_list("member", "referrer").get() == (member.pk, friend.pk)
    assert (cast.available(friend.pk), cast.available(member.pk)) == (80, 30)
    assert Event.objects.get(kind="referral.joined").payload == {"number": 1, "source": "api"}


def test_a_rule_can_stop_after_so_many() -> None:
    few = {"fact": "event.number", "op": "lte", "value": 2}
    cast.rule("thanks", "referral.joined", points=80, condition=few)
    friend = cast.gold_member(points=0)
    code = referrals.code_of(friend)

    for last in range(3):
        join(code, f"1360013600{last}")

    assert cast.available(friend.pk) == 160


@pytest.mark.parametrize("code", ["", "23456789", "no code at all", "﷽" * 60, "\x00"])
def test_a_code_that_nobody_has_stops_nobody(code: str) -> None:
    """Abuse 18: what is answered does not tell which codes there are."""
    member = join(code)

    assert (Member.objects.get().pk, Referral.objects.count()) == (member.pk, 0)
    assert Event.objects.get(kind="member.joined").payload["referred"] is False


def test_the_code_of_who_has_left_brings_nobody() -> None:
    friend = cast.gold_member()
    code = referrals.code_of(friend)
    Account.objects.filter(pk=friend.pk).update(status=Account.Status.CLOSED)

    join(code)

    assert Referral.objects.count() == 0


def test_who_is_a_member_already_is_brought_by_nobody() -> None:
    """Abuse 11: nobody brings themselves."""
    friend = cast.gold_member()
    code = referrals.code_of(friend)

    with pytest.raises(enrolment.PhoneTaken):
        join(code, str(friend.phone))

    assert Referral.objects.count() == 0
