"""Joining on the member page: what is typed is checked, a code proves the contact, then the member is made.

Whoever asks gets the same answer whether or not the contact is known; only who reads the message learns
that they are a member already, and the code signs them in. Somebody whose card was made at the till
claims it the same way. What waits for the code is kept by the caller, the password only as its hash.

Who comes from WeChat needs no password, and no contact either: then no code is asked. For a child the
guardian proves theirs first; a contact that is both is proven once.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from typing import Any, Self

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from loyalty import programme
from loyalty.errors import LoyaltyError
from loyalty.messaging import codes, kinds
from loyalty.messaging.codes import WrongCode
from loyalty.models import OneTimeCode, User
from loyalty.models.messages import Channel
from members import consent, finding
from members.entering import ages, contact_words, details, enrolment, guest_orders, logins, wechat
from members.entering.enrolment import EmailTaken, PhoneTaken
from members.entering.guardians import Guardian
from members.entering.wechat import Identity
from members.models import Consent, Member

PURPOSE = OneTimeCode.Purpose.JOIN


class PasswordNeeded(LoyaltyError):
    """Staff, and logins that were disabled, are never let in by a code."""

    code = "password_needed"
    sentence = _("You are a member already. Please sign in with your password.")


@dataclass(frozen=True, slots=True)
class Wish:
    """Somebody's wish to join, every value clean. ``birthday`` is ISO text or empty.

    One contact is given, or ``wechat`` (a kept ``Identity``), or both; ``hashed`` is empty without a password.
    """

    name: str
    phone: str
    email: str
    birthday: str
    language: str
    hashed: str
    answers: Mapping[str, bool]
    referral_code: str = ""
    guardian_name: str = ""
    guardian_contact: str = ""
    is_guardian_proven: bool = False
    wechat: Mapping[str, Any] = field(default_factory=dict)

    @property
    def guardian(self) -> Guardian | None:
        return Guardian(self.guardian_name, self.guardian_contact) if self.guardian_name else None

    @property
    def waits_for_guardian(self) -> bool:
        """Whether the guardian's code is still to come; a contact of both is proven by its own."""
        return bool(self.guardian_name) and not self.is_guardian_proven and self.guardian_contact != self.contact

    @property
    def identity(self) -> Identity | None:
        return Identity.read(self.wechat) if self.wechat else None

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
    referral_code: str = "",
    guardian: Guardian | None = None,
    identity: Identity | None = None,
) -> Wish:
    """Checks everything but whether the contact is known. Raises what ``details.read`` raises, ``ContactNeeded``,
    ``TermsNeeded`` or ``PasswordTooWeak``; who comes from WeChat is asked for neither contact nor password.
    """
    today = programme.day_of(now)
    told = {"email": contact, "phone": ""} if "@" in contact else {"phone": contact, "email": ""}
    is_guarded = guardian is not None
    person = details.read(name=name, birthday=birthday, language=language, today=today, is_guarded=is_guarded, **told)
    if not (contact or identity):
        raise enrolment.ContactNeeded(param="phone")
    if not answers.get(Consent.Purpose.TERMS):
        raise consent.TermsNeeded(param="terms")
    if identity is None:
        logins.check_password(password, contact=person.phone or "", email=person.email or "", name=person.name)
    guarded = guardian if guardian is not None and ages.is_child(birthday, today) else Guardian("")
    return Wish(
        name=person.name,
        phone=person.phone or "",
        email=person.email or "",
        birthday=birthday.isoformat() if birthday else "",
        language=person.language,
        hashed=make_password(password) if identity is None else "",
        answers=dict(answers),
        referral_code=referral_code,
        guardian_name=guarded.name,
        guardian_contact=guarded.contact,
        wechat=identity.kept() if identity else {},
    )


def ask_guardian(wish: Wish, *, network: str, now: datetime) -> OneTimeCode:
    """Sends the guardian's code. Raises ``GuardianNeeded`` where none can reach them, or what ``send_code`` raises."""
    to = wish.guardian_contact
    channel = Channel.EMAIL if "@" in to else Channel.SMS
    if not to or not codes.can_reach(channel):
        raise details.GuardianNeeded(param="birthday", years=details.GUARDED_YEARS)
    return codes.send_code(
        to=to,
        channel=channel,
        purpose=OneTimeCode.Purpose.GUARDIAN,
        kind=contact_words.GUARDIAN,
        language=wish.language,
        network=network,
        now=now,
    )


def prove_guardian(wish: Wish, *, challenge_id: str, typed: str, now: datetime) -> Wish:
    """The wish with the guardian's agreement proven; raises ``WrongCode`` or ``TooManyTries``."""
    purpose = OneTimeCode.Purpose.GUARDIAN
    challenge = codes.check_code(challenge_id=challenge_id, purpose=purpose, typed=typed, now=now)
    if challenge.address != wish.guardian_contact:
        raise WrongCode(param="code")
    return replace(wish, is_guardian_proven=True)


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
    """Makes the member, or lets in who is one; raises ``WrongCode``, ``TooManyTries`` or ``PasswordNeeded``.

    Earlier orders under the contact come with it, and a WeChat that nobody has is tied to the login.
    """
    if wish.waits_for_guardian:
        raise details.GuardianNeeded(param="birthday", years=details.GUARDED_YEARS)
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
        user = member.user or logins.open_login(member, hashed=wish.hashed or make_password(None))
        if wish.identity is not None and wechat.holder(wish.identity) is None and not wechat.is_tied(user):
            wechat.tie(user, wish.identity)
    guest_orders.attach(member, now=now)
    return Joined(user, is_new)


def complete_by_wechat(wish: Wish, *, now: datetime) -> Joined:
    """Makes the member whom WeChat alone lets in; sent twice, the second one lets in the first.

    Raises ``GuardianNeeded`` before the guardian's code, or ``PasswordNeeded``.
    """
    if wish.waits_for_guardian or wish.identity is None:
        raise details.GuardianNeeded(param="birthday", years=details.GUARDED_YEARS)
    if (known := wechat.holder(wish.identity)) is not None:
        return Joined(known, is_new=False)
    try:
        with transaction.atomic():
            member, _is_new = _enrol(wish, now)
            user = logins.open_login(member, hashed=make_password(None))
            wechat.tie(user, wish.identity)
    except wechat.WeChatTaken:
        known = wechat.holder(wish.identity)
        if known is None:
            raise
        return Joined(known, is_new=False)
    return Joined(user, is_new=True)


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
            referral_code=wish.referral_code,
            guardian=wish.guardian,
            signs_in_elsewhere=wish.identity is not None,
        ), True
    except (PhoneTaken, EmailTaken):
        found = finding.by_contact(wish.contact)
        if found is None:
            raise
        return found, False
