"""The phone number and the e-mail address one signs in with: changed only by a code to the new one.

Who asks says their password again, or has signed in just now where there is none. The old address gets
a last word, so that nobody is moved away unseen. Whether a new address is somebody's already is told
only to who has typed its code. Taking one away needs a code to the one that stays.
"""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from loyalty import limits
from loyalty.errors import Conflict, LoyaltyError, NotFound
from loyalty.messaging import codes
from loyalty.messaging.codes import WrongCode
from loyalty.models import OneTimeCode, User
from loyalty.models.messages import Channel
from members.entering import contact_words, details, guest_orders
from members.entering.enrolment import ContactNeeded, EmailTaken, PhoneTaken
from members.models import Member

PURPOSE = OneTimeCode.Purpose.CONTACT
JUST_NOW = timedelta(minutes=15)
TRIES = 10


class WrongPassword(LoyaltyError):
    code = "wrong_password"
    sentence = _("This is not your password. Please try again, or set a new one.")


class SignInAgain(LoyaltyError):
    """There is no password to ask for, and signing in was a while ago."""

    code = "sign_in_again"
    sentence = _("To keep your account safe, please sign out and in again first. It only takes a moment.")


class SameContact(LoyaltyError):
    code = "same_contact"
    sentence = _("This is what we have already.")


class NotReachable(LoyaltyError):
    """No channel is set up that could carry the code."""

    code = "contact_not_reachable"
    sentence = _("We cannot send a code there yet. Please take the other way, or come by the shop.")


def channel_of(contact: str) -> str:
    """Where a code for that contact goes."""
    return Channel.EMAIL if "@" in contact else Channel.SMS


def confirm(member: Member, *, password: str, now: datetime) -> None:
    """That it is the member who asks; call it outside a transaction.

    Raises ``WrongPassword``, ``SignInAgain`` or ``TooManyTries``.
    """
    user = member.user
    if user is None or not user.has_usable_password():
        if user is None or user.last_login is None or user.last_login < now - JUST_NOW:
            raise SignInAgain
        return
    limits.hit(bucket=f"confirm:{member.pk}", limit=TRIES, per_seconds=JUST_NOW.seconds, now=now)
    if not user.check_password(password):
        raise WrongPassword(param="password")


def ask(member: Member, *, contact: str, password: str, language: str, network: str, now: datetime) -> OneTimeCode:
    """Sends a code to the new address. Raises what ``details``, ``confirm`` and ``send_code`` raise."""
    to = details.read_contact(contact)
    if to in (member.phone, member.email):
        raise SameContact(param="contact")
    if not codes.can_reach(channel_of(to)):
        raise NotReachable(param="contact")
    confirm(member, password=password, now=now)
    return _send(to, language=language, network=network, now=now)


def ask_to_remove(member: Member, *, what: str, language: str, network: str, now: datetime) -> OneTimeCode:
    """Sends a code to the one that stays; ``what`` is ``phone`` or ``email``. Raises ``ContactNeeded``."""
    stays = member.email if what == "phone" else member.phone
    if not stays:
        raise ContactNeeded(param="contact")
    if not codes.can_reach(channel_of(stays)):
        raise NotReachable(param="contact")
    return _send(stays, language=language, network=network, now=now)


def _send(to: str, *, language: str, network: str, now: datetime) -> OneTimeCode:
    return codes.send_code(
        to=to,
        channel=channel_of(to),
        purpose=PURPOSE,
        kind=contact_words.CODE,
        language=language,
        network=network,
        now=now,
    )


def complete(account_id: int, *, challenge_id: str, typed: str, now: datetime) -> Member:
    """The proven address takes the place of the old one of its kind, which is told; orders under it come with it.

    Raises ``WrongCode``, ``TooManyTries``, ``PhoneTaken`` or ``EmailTaken``.
    """
    challenge = codes.check_code(challenge_id=challenge_id, purpose=PURPOSE, typed=typed, now=now)
    field = "email" if challenge.channel == Channel.EMAIL else "phone"
    try:
        with transaction.atomic():
            member = _write(account_id, field, challenge.address, now)
    except IntegrityError:  # somebody else took it at the same moment
        _refuse_taken(account_id, field, challenge.address)
        raise Conflict from None
    guest_orders.attach(member, now=now)
    return member


def remove(account_id: int, *, what: str, challenge_id: str, typed: str, now: datetime) -> Member:
    """Takes the phone number or the e-mail address away, proven by a code to the one that stays."""
    challenge = codes.check_code(challenge_id=challenge_id, purpose=PURPOSE, typed=typed, now=now)
    with transaction.atomic():
        member = _locked(account_id)
        if challenge.address != (member.email if what == "phone" else member.phone):
            raise WrongCode(param="code")
        return _write(account_id, what, None, now)


def _locked(account_id: int) -> Member:
    found = Member.objects.select_for_update(of=("self",)).select_related("user").filter(pk=account_id).first()
    if found is None:
        raise NotFound
    return found


def _write(account_id: int, field: str, value: str | None, now: datetime) -> Member:
    member = _locked(account_id)
    if value is not None:
        _refuse_taken(account_id, field, value)
    old = getattr(member, field) or member.phone or member.email or ""
    setattr(member, field, value)
    Member.objects.bulk_update([member], [field])
    if old and old != value and codes.can_reach(channel_of(old)):
        codes.send_notice(
            to=old, channel=channel_of(old), kind=contact_words.CHANGED, language=_language(member), now=now
        )
    return member


def _refuse_taken(account_id: int, field: str, value: str) -> None:
    if Member.objects.exclude(pk=account_id).filter(**{field: value}).exists():
        raise (EmailTaken if field == "email" else PhoneTaken)(param="contact")


def _language(member: Member) -> str:
    user: User | None = member.user
    return (user.language if user else "") or member.language
