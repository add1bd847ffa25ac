"""Getting back in: a code, then a new password; nobody learns who is a member."""

import pytest
from django.core import mail

from loyalty import outbox
from loyalty.messaging import codes
from loyalty.messaging.channels import ConsoleSms
from loyalty.messaging.codes import WrongCode
from loyalty.models import Account, Message, OneTimeCode, User
from members.entering import enrolment, returning
from members.entering.details import EmailUnreadable
from members.entering.logins import PasswordTooWeak
from members.entering.phones import PhoneLengthWrong
from members.entering.returning import NobodyYet
from members.models import Member
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
NEW = "seven-mossy-stones"


def ask(contact: str = "13900139000") -> OneTimeCode:
    return returning.ask(contact=contact, language="zh-hans", network="203.0.113.1", now=cast.NOW)


def complete(challenge: OneTimeCode, *, typed: str = "", password: str = NEW) -> User:
    code = typed or codes.code_of(challenge)
    return returning.complete(challenge_id=str(challenge.pk), typed=code, password=password, now=cast.NOW)


def texts() -> int:
    before = len(ConsoleSms.printed)
    outbox.drain(now=cast.NOW)
    return len(ConsoleSms.printed) - before


def test_the_code_sets_a_new_password_and_every_channel_tells_of_it() -> None:
    """ASVS 6.3.7: notice to the old channels on a change."""
    member = cast.new_member(password=cast.PASSWORD)
    Member.objects.filter(pk=member.pk).update(email="nuo@example.com")

    user = complete(ask())
    outbox.drain(now=cast.NOW)

    assert (user.pk, user.check_password(NEW), user.check_password(cast.PASSWORD)) == (member.user_id, True, False)
    told = Message.objects.filter(template__kind="password.changed", state="sent")
    assert set(told.values_list("channel", flat=True)) == {"in_app", "email", "sms"}
    assert mail.outbox[0].to == ["nuo@example.com"]


def test_for_a_stranger_all_is_the_same_but_nothing_is_sent() -> None:
    known = cast.new_member(password=cast.PASSWORD)
    first, second = ask(str(known.phone)), ask("13600136000")

    assert texts() == 1
    assert (first.kind, second.kind) == ("code.reset", "")
    with pytest.raises(NobodyYet):
        complete(second)


@pytest.mark.parametrize("columns", [{"is_staff": True}, {"is_superuser": True}, {"is_active": False}])
def test_staff_and_disabled_logins_get_no_code(columns: dict[str, bool]) -> None:
    member = cast.new_member(password=cast.PASSWORD)
    User.objects.filter(member=member).update(**columns)

    challenge = ask()

    assert (texts(), challenge.kind) == (0, "")


def test_who_has_left_gets_no_code() -> None:
    member = cast.new_member(password=cast.PASSWORD)
    Account.objects.filter(pk=member.pk).update(status=Account.Status.CLOSED)

    ask()

    assert texts() == 0


def test_a_card_from_the_till_gets_its_first_password() -> None:
    member = enrolment.enrol(source="api", phone="13900139000", name="周一诺", now=cast.NOW)

    user = complete(ask())

    assert (user.username, user.check_password(NEW)) == (member.account.number, True)


def test_a_weak_password_spends_no_code() -> None:
    cast.new_member(password=cast.PASSWORD)
    challenge = ask()

    with pytest.raises(PasswordTooWeak):
        complete(challenge, password="12345678")

    assert complete(challenge).check_password(NEW)


def test_a_wrong_code_changes_nothing() -> None:
    member = cast.new_member(password=cast.PASSWORD)
    challenge = ask()
    wrong = str((int(codes.code_of(challenge)) + 1) % 10**6).zfill(6)

    with pytest.raises(WrongCode):
        complete(challenge, typed=wrong)

    assert User.objects.get(member=member).check_password(cast.PASSWORD)


def test_a_slip_of_the_finger_is_said_before_anything_is_sent() -> None:
    with pytest.raises(PhoneLengthWrong):
        ask("1390013")
    with pytest.raises(EmailUnreadable):
        ask("nobody@")
