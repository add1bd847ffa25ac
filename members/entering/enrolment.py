"""Joining: an account, the person behind it, their consent and perhaps a login, all at once.

One person by :func:`enrol`, whoever asks (page, partner, staff); many nameless ones by
:func:`enrol_references`, for customers met in an import. Both tell the rules ``member.joined`` in
the same transaction.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from loyalty import accounts, programme
from loyalty.errors import Conflict, LoyaltyError
from loyalty.events import intake
from loyalty.models import Account, AccountReference, User
from loyalty.registry import Happening
from members import consent, finding
from members.climbing import ladders
from members.entering import ages, details, guardians, logins, numbers, referrals
from members.entering.guardians import Guardian
from members.models import Consent, Member

CHUNK = 1000
_ATTEMPTS = 3


class Newcomer(NamedTuple):
    """What somebody tells who joins."""

    name: str
    phone: str
    email: str
    birthday: date | None
    language: str
    password: str | None
    consents: Mapping[str, bool]
    referral_code: str
    guardian: Guardian | None


class ContactNeeded(LoyaltyError):
    code = "contact_needed"
    sentence = _("Please give a phone number or an e-mail address, so that the card can be found again.")


class PhoneTaken(Conflict):
    code = "phone_taken"
    sentence = _("There is already a member with this phone number. Please sign in, or use another number.")


class EmailTaken(Conflict):
    code = "email_taken"
    sentence = _("There is already a member with this e-mail address. Please sign in, or use another one.")


def enrol(
    *,
    source: str,
    now: datetime,
    name: str = "",
    phone: str = "",
    email: str = "",
    birthday: date | None = None,
    language: str = "",
    password: str | None = None,
    consents: Mapping[str, bool] | None = None,
    partner_id: int | None = None,
    external_id: str = "",
    referral_code: str = "",
    guardian: Guardian | None = None,
    signs_in_elsewhere: bool = False,
) -> Member:
    """Makes a member; with a password also the login, named by the member number.

    A second call with the same partner and external id returns the first member, whatever else it
    says. On the member page the terms must be agreed to (``TermsNeeded``). A partner's external id, or
    another way to sign in, may stand in for phone and e-mail (else ``ContactNeeded``). Who is under 14 needs
    a guardian (``GuardianNeeded``). A referral code that nobody has changes nothing.
    """
    if partner_id is not None and external_id and (first := finding.by_external_id(partner_id, external_id)):
        return first
    told = Newcomer(name, phone, email, birthday, language, password, dict(consents or {}), referral_code, guardian)
    day = programme.day_of(now)
    person = _read(told, source=source, day=day, needs_contact=not (external_id or signs_in_elsewhere))
    try:
        with transaction.atomic():
            member = _create_member(person, source=source, now=now, day=day, password=password)
            if partner_id is not None and external_id:
                AccountReference.objects.create(
                    partner_id=partner_id, external_id=external_id, account_id=member.account_id
                )
            _tell(member, told, day, now)
    except IntegrityError:
        return _lost_the_race(person, partner_id, external_id)
    member.refresh_from_db()
    return member


def _read(told: Newcomer, *, source: str, day: date, needs_contact: bool) -> details.Details:
    """What was told, clean and free to take; raises the first refusal."""
    person = details.read(
        name=told.name,
        phone=told.phone,
        email=told.email,
        birthday=told.birthday,
        language=told.language,
        today=day,
        is_guarded=told.guardian is not None,
    )
    if needs_contact and not (person.phone or person.email):
        raise ContactNeeded(param="phone")
    if source == Member.Source.WEB and not told.consents.get(Consent.Purpose.TERMS):
        raise consent.TermsNeeded(param="terms")
    if told.password is not None:
        logins.check_password(told.password, contact=person.phone or "", email=person.email or "", name=person.name)
    _refuse_taken(person)
    return person


def _tell(member: Member, told: Newcomer, day: date, now: datetime) -> None:
    """Keeps the answers, the guardian's too, and tells the rules of both who came and who brought them."""
    consent.answer(member, told.consents, now=now, source=member.source)
    if told.guardian is not None and ages.is_child(member.birthday, day):
        guardians.agree(member, told.guardian, now=now)
    brought = referrals.keep(member, told.referral_code, now=now)
    joined = _joined(member.account_id, member.source, now, is_referred=brought is not None)
    intake.record([joined, brought] if brought else [joined], now=now)


def enrol_references(partner_id: int, references: Sequence[str], now: datetime) -> dict[str, int]:
    """Reference → account id for every customer reference of a partner, making members for new ones.

    Nothing is known of the person. The number of statements for each 1,000 references is constant.
    """
    found: dict[str, int] = {}
    unique = list(dict.fromkeys(references))
    for start in range(0, len(unique), CHUNK):
        found |= _enrol_chunk(partner_id, unique[start : start + CHUNK], now)
    return found


def _enrol_chunk(partner_id: int, references: Sequence[str], now: datetime) -> dict[str, int]:
    for attempt in range(_ATTEMPTS):
        known = _known(partner_id, references)
        fresh = [reference for reference in references if reference not in known]
        if not fresh:
            return known
        try:
            with transaction.atomic():
                return known | _create_nameless(partner_id, fresh, now)
        except IntegrityError:  # somebody else enrolled one of them just now: look again
            if attempt == _ATTEMPTS - 1:
                raise
    raise AssertionError


def _known(partner_id: int, references: Sequence[str]) -> dict[str, int]:
    rows = AccountReference.objects.filter(partner_id=partner_id, external_id__in=references)
    return dict(rows.values_list("external_id", "account_id"))


def _create_nameless(partner_id: int, references: Sequence[str], now: datetime) -> dict[str, int]:
    day, tier_id, source = programme.day_of(now), ladders.first_tier(now), Member.Source.IMPORT
    opened = Account.objects.bulk_create(
        Account(number=number, opened_at=now) for number in numbers.draw(len(references))
    )
    Member.objects.bulk_create(
        Member(account=account, source=source, joined_at=now, joined_on=day, tier_id=tier_id) for account in opened
    )
    AccountReference.objects.bulk_create(
        AccountReference(partner_id=partner_id, external_id=reference, account=account)
        for reference, account in zip(references, opened, strict=True)
    )
    intake.record([_joined(account.pk, source, now) for account in opened], now=now)
    return {reference: account.pk for reference, account in zip(references, opened, strict=True)}


def _create_member(person: details.Details, *, source: str, now: datetime, day: date, password: str | None) -> Member:
    account = accounts.open_account(now=now)
    user = None
    if password is not None:
        user = User.objects.create_user(
            account.number, password=password, display_name=person.name, language=person.language
        )
    return Member.objects.create(
        account=account,
        user=user,
        name=person.name,
        phone=person.phone,
        email=person.email,
        birthday=person.birthday,
        language=person.language,
        source=source,
        joined_at=now,
        joined_on=day,
        tier_id=ladders.first_tier(now),
    )


def _joined(account_id: int, source: str, now: datetime, *, is_referred: bool = False) -> Happening:
    return Happening(
        kind="member.joined",
        key=f"member.joined:{account_id}",
        account_id=account_id,
        occurred_at=now,
        payload={"source": source, "referred": is_referred},
    )


def _refuse_taken(person: details.Details) -> None:
    if person.phone and Member.objects.filter(phone=person.phone).exists():
        raise PhoneTaken(param="phone")
    if person.email and Member.objects.filter(email=person.email).exists():
        raise EmailTaken(param="email")


def _lost_the_race(person: details.Details, partner_id: int | None, external_id: str) -> Member:
    """Somebody joined with the same reference, phone or e-mail at the same moment."""
    if partner_id is not None and external_id and (first := finding.by_external_id(partner_id, external_id)):
        return first
    _refuse_taken(person)
    raise Conflict
