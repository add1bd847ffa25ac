"""Changing the phone number or the e-mail address: by a code to the new one, with word to the old one."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail

from loyalty import outbox
from loyalty.errors import LoyaltyError
from loyalty.limits import TooManyTries
from loyalty.messaging import codes
from loyalty.messaging.channels import ConsoleSms
from loyalty.messaging.codes import WrongCode
from loyalty.models import OneTimeCode, User
from members.entering import contacts, details, enrolment
from members.models import Member
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


def ask(member: Member, contact: str = "13600136000", *, password: str = cast.PASSWORD) -> OneTimeCode:
    return contacts.ask(member, contact=contact, password=password, language="en", network="203.0.113.1", now=cast.NOW)


def complete(member: Member, challenge: OneTimeCode) -> Member:
    return contacts.complete(member.pk, challenge_id=str(challenge.pk), typed=codes.code_of(challenge), now=cast.NOW)


def test_the_code_to_the_new_number_moves_it_and_the_old_one_is_told() -> None:
    """ASVS 6.3.7: notice to the old channel on a change."""
    member = cast.new_member(password=cast.PASSWORD)

    complete(member, ask(member))
    outbox.drain(now=cast.NOW)

    assert Member.objects.get(pk=member.pk).phone == "+8613600136000"
    to, said = ConsoleSms.printed[-1]
    assert (to, "刚刚更改" in said.body or "was just changed" in said.body) == ("+8613900139000", True)


def test_an_address_that_is_added_is_told_to_the_one_there_was() -> None:
    member = cast.new_member(password=cast.PASSWORD)

    complete(member, ask(member, "Nuo@Example.com"))
    outbox.drain(now=cast.NOW)

    assert Member.objects.values_list("phone", "email").get() == ("+8613900139000", "nuo@example.com")
    assert [letter.to for letter in mail.outbox] == []
    assert ConsoleSms.printed[-1][0] == "+8613900139000"


def test_before_the_code_nothing_changes() -> None:
    member = cast.new_member(password=cast.PASSWORD)

    challenge = ask(member)
    with pytest.raises(WrongCode):
        contacts.complete(member.pk, challenge_id=str(challenge.pk), typed="000000", now=cast.NOW)

    assert Member.objects.get().phone == "+8613900139000"


def test_whose_number_it_is_already_is_told_only_after_the_code() -> None:
    """ASVS 6.3.8: asking tells nothing."""
    member, other = cast.new_member(password=cast.PASSWORD), cast.gold_member()

    challenge = ask(member, str(other.phone))
    with pytest.raises(enrolment.PhoneTaken):
        complete(member, challenge)

    assert Member.objects.get(pk=other.pk).phone == "+8613800138000"


@pytest.mark.parametrize(
    ("contact", "password", "refusal", "param"),
    [
        ("13900139000", cast.PASSWORD, contacts.SameContact, "contact"),
        ("no@where", cast.PASSWORD, details.EmailUnreadable, "contact"),
        ("13600136000", "guessed-by-a-thief", contacts.WrongPassword, "password"),
    ],
)
def test_what_cannot_be_asked_sends_nothing(
    contact: str, password: str, refusal: type[LoyaltyError], param: str
) -> None:
    """ASVS 7.5.1: a stolen session alone moves nobody."""
    member = cast.new_member(password=cast.PASSWORD)

    with pytest.raises(refusal) as caught:
        ask(member, contact, password=password)

    assert (caught.value.param, OneTimeCode.objects.count()) == (param, 0)


def test_guessing_the_password_is_counted() -> None:
    member = cast.new_member(password=cast.PASSWORD)
    for _try in range(contacts.TRIES):
        with pytest.raises(contacts.WrongPassword):
            ask(member, password="wrong")

    with pytest.raises(TooManyTries):
        ask(member)


@pytest.mark.parametrize(("ago", "is_asked"), [(timedelta(minutes=5), True), (timedelta(hours=1), False)])
def test_without_a_password_one_must_have_signed_in_just_now(ago: timedelta, *, is_asked: bool) -> None:
    member = cast.new_member(password=cast.PASSWORD)
    assert member.user is not None
    member.user.set_unusable_password()
    User.objects.filter(member=member).update(password=member.user.password, last_login=cast.NOW - ago)
    member = Member.objects.select_related("user").get()
    refusals: list[Any] = []
    try:
        ask(member, password="")
    except contacts.SignInAgain as refusal:
        refusals.append(refusal.code)

    assert (OneTimeCode.objects.exists(), refusals == []) == (is_asked, is_asked)


def test_a_code_to_the_one_that_stays_takes_the_other_away() -> None:
    member = cast.new_member(password=cast.PASSWORD)
    Member.objects.filter(pk=member.pk).update(email="nuo@example.com")
    member.refresh_from_db()
    told: dict[str, Any] = {"language": "en", "network": "203.0.113.1", "now": cast.NOW}

    challenge = contacts.ask_to_remove(member, what="phone", **told)
    contacts.remove(
        member.pk, what="phone", challenge_id=str(challenge.pk), typed=codes.code_of(challenge), now=cast.NOW
    )
    outbox.drain(now=cast.NOW)

    assert challenge.address == "nuo@example.com"
    assert Member.objects.values_list("phone", "email").get() == (None, "nuo@example.com")
    assert ConsoleSms.printed[-1][0] == "+8613900139000"
    with pytest.raises(enrolment.ContactNeeded):
        contacts.ask_to_remove(Member.objects.get(), what="email", **told)


def test_a_code_for_a_change_does_not_remove_another_address() -> None:
    member = cast.new_member(password=cast.PASSWORD)
    Member.objects.filter(pk=member.pk).update(email="nuo@example.com")
    member.refresh_from_db()
    challenge = ask(member)

    with pytest.raises(WrongCode):
        contacts.remove(
            member.pk, what="email", challenge_id=str(challenge.pk), typed=codes.code_of(challenge), now=cast.NOW
        )

    assert Member.objects.get().email == "nuo@example.com"
