"""Getting back in: a code to the phone or e-mail address, then a new password. Nobody learns who is a member."""

from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from loyalty.errors import LoyaltyError
from loyalty.messaging import codes, kinds, sending
from loyalty.models import Account, OneTimeCode, User
from loyalty.models.messages import Channel
from members import finding, told
from members.entering import details, logins, phones
from members.models import Member

PURPOSE = OneTimeCode.Purpose.RESET


class NobodyYet(LoyaltyError):
    """Told only to who has proved that the contact is theirs."""

    code = "nobody_yet"
    sentence = _("There is no membership with this contact yet. You can join in a minute.")


def channel_of(contact: str) -> str:
    """Where a code for that contact goes."""
    return Channel.EMAIL if "@" in contact else Channel.SMS


def ask(*, contact: str, language: str, network: str, now: datetime) -> OneTimeCode:
    """Sends a code to who has a membership with that contact; for others all is the same, but nothing is sent.

    Raises what ``details`` raises for what is no contact, and what ``send_code`` raises.
    """
    is_mail = channel_of(contact) == Channel.EMAIL
    to = details.read_email(contact, param="contact") if is_mail else phones.normalize(contact, param="contact")
    member = _member(to)
    return codes.send_code(
        to=to,
        channel=channel_of(to),
        purpose=PURPOSE,
        kind=kinds.CODE_RESET if member is not None and logins.may_use_codes(member) else "",
        language=language,
        network=network,
        now=now,
    )


def complete(*, challenge_id: str, typed: str, password: str, now: datetime) -> User:
    """Sets the password and tells the member by every other way there is. Other devices are signed out.

    The password is judged before the code, so that a weak one spends no code. Raises ``PasswordTooWeak``,
    ``WrongCode``, ``TooManyTries`` or ``NobodyYet``.
    """
    logins.check_password(password)
    challenge = codes.check_code(challenge_id=challenge_id, purpose=PURPOSE, typed=typed, now=now)
    hashed = make_password(password)
    with transaction.atomic():
        member = _member(challenge.address)
        if member is None or not logins.may_use_codes(member):
            raise NobodyYet
        user = member.user
        if user is None:
            user = logins.open_login(member, hashed=hashed)
        else:
            User.objects.filter(pk=user.pk).update(password=hashed)
            user.password = hashed
        key = f"password:{challenge.pk}"
        sending.tell(account_ids=[member.pk], kind=told.PASSWORD, params={}, key=key, now=now)
    return user


def _member(contact: str) -> Member | None:
    """The member of that contact, whose membership has not ended. One query."""
    found = finding.by_contact(contact)
    return found if found is not None and found.account.status != Account.Status.CLOSED else None
