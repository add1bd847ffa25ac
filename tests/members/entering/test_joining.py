"""Joining with a code: the same answer for everybody, the truth only to who reads the message."""

from datetime import date, timedelta

import pytest

from loyalty import outbox
from loyalty.messaging import codes
from loyalty.messaging.channels import ConsoleSms
from loyalty.messaging.codes import WrongCode
from loyalty.models import Event, User
from members import consent
from members.entering import enrolment, joining
from members.entering.joining import PasswordNeeded, Wish
from members.models import Member
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
ANSWERS = {"terms": True, "marketing": False, "profiling": False}


def wish(contact: str = "139 0013 9000") -> Wish:
    return joining.prepare(
        name="周一诺",
        contact=contact,
        password=cast.PASSWORD,
        birthday=date(1999, 11, 8),
        language="zh-hans",
        answers=ANSWERS,
        now=cast.NOW,
    )


def join(asked: Wish) -> joining.Joined:
    challenge = joining.ask(asked, network="203.0.113.1", now=cast.NOW)
    code = codes.code_of(challenge)
    return joining.complete(asked, challenge_id=str(challenge.pk), typed=code, now=cast.NOW)


def test_the_code_makes_a_member_with_a_login() -> None:
    joined = join(wish())

    member = Member.objects.get()
    assert (joined.is_new, joined.user.pk) == (True, member.user_id)
    assert (member.phone, member.birthday, member.language) == ("+8613900139000", date(1999, 11, 8), "zh-hans")
    assert consent.given(member) == ANSWERS
    assert joined.user.check_password(cast.PASSWORD)
    assert Event.objects.filter(kind="member.joined").count() == 1


def test_nothing_exists_before_the_code_is_typed() -> None:
    joining.ask(wish(), network="203.0.113.1", now=cast.NOW)

    assert (Member.objects.count(), User.objects.count()) == (0, 0)


def test_who_is_a_member_learns_it_from_the_message_and_is_let_in_by_the_code() -> None:
    member = cast.new_member(password="another-password-entirely")

    joined = join(wish())
    outbox.drain(now=cast.NOW)

    assert (joined.is_new, joined.user.pk) == (False, member.user_id)
    assert joined.user.check_password("another-password-entirely")
    assert Member.objects.count() == 1


def test_the_message_to_a_member_says_so() -> None:
    cast.new_member(password=cast.PASSWORD)
    joining.ask(wish(), network="203.0.113.1", now=cast.NOW)

    outbox.drain(now=cast.NOW)

    assert "你已是会员" in ConsoleSms.printed[-1][1].body


def test_a_card_from_the_till_is_claimed_with_the_password_chosen() -> None:
    member = enrolment.enrol(source="api", phone="13900139000", name="周一诺", now=cast.NOW - timedelta(days=9))

    joined = join(wish())

    member.refresh_from_db()
    assert (joined.is_new, member.user_id) == (False, joined.user.pk)
    assert (joined.user.username, joined.user.check_password(cast.PASSWORD)) == (member.account.number, True)


@pytest.mark.parametrize("columns", [{"is_staff": True}, {"is_superuser": True}, {"is_active": False}])
def test_no_code_lets_staff_or_a_disabled_login_in(columns: dict[str, bool]) -> None:
    member = cast.new_member(password=cast.PASSWORD)
    User.objects.filter(member=member).update(**columns)

    with pytest.raises(PasswordNeeded):
        join(wish())


def test_a_code_for_one_contact_makes_no_member_of_another() -> None:
    challenge = joining.ask(wish("nuo@example.com"), network="203.0.113.1", now=cast.NOW)

    with pytest.raises(WrongCode):
        joining.complete(wish(), challenge_id=str(challenge.pk), typed=codes.code_of(challenge), now=cast.NOW)

    assert Member.objects.count() == 0


def test_what_waits_for_the_code_holds_no_password() -> None:
    kept = wish().kept()

    assert cast.PASSWORD not in str(kept)
    assert Wish.read(kept).contact == "+8613900139000"
