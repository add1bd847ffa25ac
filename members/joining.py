"""Joining on the member page: what is typed is checked, a code proves the contact, then the member is made.

Whoever asks gets the same answer whether or not the contact is known; only who reads the message learns
that they are a member already, and the code signs them in. Somebody whose card was made at the till
claims it the same way. What waits for the code is kept by the caller, the password only as its hash.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Self

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from loyalty import clock, programme
from loyalty.errors import LoyaltyError
from loyalty.messaging import codes, kinds
from loyalty.messaging.codes import WrongCode
from loyalty.models import OneTimeCode, User
from loyalty.models.messages import Channel
from members import consent, details, enrolment, finding, logins
from members.enrolment import EmailTaken, PhoneTaken
from members.models import Consent, Member

PURPOSE = OneTimeCode.Purpose.JOIN


class PasswordNeeded(LoyaltyError):
    """Staff, and logins that were disabled, are never let in by a code."""

    code = "password_needed"
    sentence = _("You are a member already. Please sign in with your password.")


@dataclass(frozen=True, slots=True)
class Wish:
    """Somebody's wish to join, every value clean. ``birthday`` is ISO text or empty; one contact is given."""

    name: str
    phone: str
    email: str
    birthday: str
    language: str
    hashed: str
    answers: Mapping[str, bool]

    @property
    def contact(self) -> str:
        return self.phone or self.email

    @property
    def channel(self) -> str:
        """Where the code goes."""
        return Channel.SMS if self.phone else Channel.EMAIL

    def kept(self) -> dict[str, Any]:
        """As plain JSON, for a session."""
        return asdict(self)

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> Self:
        return cls(**kept)


@dataclass(frozen=True, slots=True)
class Joined:
    user: User
    is_new: bool


def prepare(
    *,
    name: str,
    contact: str,
    password: str,
    birthday: date | None,
    language: str,
    answers: Mapping[str, bool],
    now: datetime,
) -> Wish:
    """Checks everything but whether the contact is known. Raises what ``details.read`` raises, ``TermsNeeded``
    or ``PasswordTooWeak``.
    """
    running = programme.current()
    today = clock.business_day(now, running.timezone, running.day_start_hour)
    told = {"email": contact, "phone": ""} if "@" in contact else {"phone": contact, "email": ""}
    person = details.read(name=name, birthday=birthday, language=language, today=today, **told)
    if not answers.get(Consent.Purpose.TERMS):
        raise consent.TermsNeeded(param="terms")
    logins.check_password(password, contact=person.phone or "", email=person.email or "", name=person.name)
    return Wish(
        name=person.name,
        phone=person.phone or "",
        email=person.email or "",
        birthday=birthday.isoformat() if birthday else "",
        language=person.language,
        hashed=make_password(password),
        answers=dict(answers),
    )


def ask(wish: Wish, *, network: str, now: datetime) -> OneTimeCode:
    """Sends the code; who is a member already is told so in the message. Raises what ``send_code`` raises."""
    is_known = finding.by_contact(wish.contact) is not None
    return codes.send_code(
        to=wish.contact,
        channel=wish.channel,
        purpose=PURPOSE,
        kind=kinds.CODE_KNOWN if is_known else kinds.CODE_JOIN,
        language=wish.language,
        network=network,
        now=now,
    )


def complete(wish: Wish, *, challenge_id: str, typed: str, now: datetime) -> Joined:
    """Makes the member, or lets in who is one; raises ``WrongCode``, ``TooManyTries`` or ``PasswordNeeded``."""
    challenge = codes.check_code(challenge_id=challenge_id, purpose=PURPOSE, typed=typed, now=now)
    if challenge.address != wish.contact:
        raise WrongCode(param="code")
    with transaction.atomic():
        member = finding.by_contact(wish.contact)
        is_new = member is None
        if member is None:
            member, is_new = _enrol(wish, now)
        if not logins.may_use_codes(member):
            raise PasswordNeeded
        user = member.user or logins.open_login(member, hashed=wish.hashed)
    return Joined(user, is_new)


def _enrol(wish: Wish, now: datetime) -> tuple[Member, bool]:
    """The new member; or the one that was made with this contact at the same moment."""
    try:
        return enrolment.enrol(
            source=Member.Source.WEB,
            now=now,
            name=wish.name,
            phone=wish.phone,
            email=wish.email,
            birthday=date.fromisoformat(wish.birthday) if wish.birthday else None,
            language=wish.language,
            consents=wish.answers,
        ), True
    except (PhoneTaken, EmailTaken):
        found = finding.by_contact(wish.contact)
        if found is None:
            raise
        return found, False
