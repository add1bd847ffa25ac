"""A guardian's word after joining: agreeing for a member who turned out to be a child, anew, and no longer.

Whoever reads what is sent to the kept contact is the guardian; they need no login of their own. Taking the
agreement back stops the membership at once and asks for it to be forgotten; until that day the same guardian
may agree again, and nobody else. From 14 on it is the member's own word, so the contact is forgotten.
"""

from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from loyalty import accounts, audit, clock, periods, programme
from loyalty.audit import NOWHERE, Origin
from loyalty.errors import LoyaltyError, NotFound
from loyalty.messaging import codes
from loyalty.messaging.codes import WrongCode
from loyalty.models import Account, OneTimeCode
from loyalty.registry import Job
from members import consent
from members.entering import ages, contact_words, contacts, details, guardians
from members.entering.guardians import Guardian
from members.models import Consent, Member
from members.privacy import wishes, words

PURPOSE = OneTimeCode.Purpose.GUARDIAN
BY_GUARDIAN = "guardian"
"""What an erasure says that a guardian asked for."""


class AnotherGuardian(LoyaltyError):
    code = "another_guardian"
    sentence = _("Please ask the parent or guardian who agreed before. Only they can agree again.")


def ask(member: Member, guardian: Guardian, *, language: str, network: str, now: datetime) -> OneTimeCode:
    """Sends the code by which the guardian of a member agrees.

    Raises ``AnotherGuardian``, ``GuardianIncomplete``, ``NotReachable`` or what ``send_code`` raises.
    """
    if not guardian.contact:
        raise guardians.GuardianIncomplete(param="guardian_contact")
    if member.guardian_contact and guardian.contact != member.guardian_contact:
        raise AnotherGuardian(param="guardian_contact")
    if not codes.can_reach(contacts.channel_of(guardian.contact)):
        raise contacts.NotReachable(param="guardian_contact")
    return _send(guardian.contact, contact_words.GUARDING, language, network, now)


def ask_in(*, contact: str, language: str, network: str, now: datetime) -> OneTimeCode:
    """Sends the code for a guardian's own page; for others all is the same, but nothing is sent.

    Raises what ``details`` raises for what is no contact, ``NotReachable``, and what ``send_code`` raises.
    """
    to = details.read_contact(contact)
    if not codes.can_reach(contacts.channel_of(to)):
        raise contacts.NotReachable(param="contact")
    return _send(to, contact_words.GUARDING if children(to, now=now) else "", language, network, now)


def prove(*, challenge_id: str, typed: str, now: datetime, contact: str = "") -> str:
    """The contact that is proven; with ``contact``, that one. Raises ``WrongCode`` or ``TooManyTries``."""
    challenge = codes.check_code(challenge_id=challenge_id, purpose=PURPOSE, typed=typed, now=now)
    if contact and challenge.address != contact:
        raise WrongCode(param="code")
    return challenge.address


def children(contact: str, *, now: datetime) -> list[Member]:
    """Members under 14 whose guardian can be reached there, the first who joined first. One query."""
    born_after = clock.add_months(programme.day_of(now), -12 * ages.CHILD_UNTIL)
    known = Member.objects.select_related("account").filter(guardian_contact=contact, birthday__gt=born_after)
    return list(known.exclude(account__status=Account.Status.CLOSED).order_by("pk")) if contact else []


@transaction.atomic
def agree(account_id: int, guardian: Guardian, *, now: datetime) -> Member:
    """The guardian, proven just now, agrees to the text as it is. What they stopped before goes on."""
    member = _locked(account_id)
    if member.guardian_contact and guardian.contact != member.guardian_contact:
        raise AnotherGuardian(param="guardian_contact")
    guardians.agree(member, guardian, now=now)
    row = wishes.waiting(account_id)
    if row is not None and row.reason == BY_GUARDIAN:
        wishes.take_back(account_id=account_id, now=now)
        if row.record.get("stopped"):
            Account.objects.filter(pk=account_id, status=Account.Status.FROZEN).update(status=Account.Status.ACTIVE)
    return member


@transaction.atomic
def withdraw(account_id: int, *, contact: str, now: datetime, origin: Origin = NOWHERE) -> Member:
    """The guardian, proven just now, agrees no longer: nothing is collected or spent, all is forgotten on its day.

    Withdrawn before: nothing is done again. Raises ``NotFound`` for who is no child of theirs.
    """
    member = _locked(account_id)
    if account_id not in {child.pk for child in children(contact, now=now)}:
        raise NotFound
    if member.guardian_agreed_at is None:
        return member
    member.guardian_agreed_at = None
    Member.objects.bulk_update([member], ["guardian_agreed_at"])
    guardians.answer(member, is_given=False, now=now)
    consent.answer(member, dict.fromkeys(_optional(), False), now=now)
    row = wishes.ask(account_id=account_id, now=now, origin=origin, tells=words.GUARDIAN)
    running = Account.objects.filter(pk=account_id, status=Account.Status.ACTIVE)
    row.reason, row.record = BY_GUARDIAN, {"stopped": bool(running.update(status=Account.Status.FROZEN))}
    row.save(update_fields=["reason", "record"])
    audit.record(deed="members.guardian.withdrawn", subject=audit.name_of(member), now=now, **origin._asdict())
    return member


def release(as_of: datetime, period: str) -> Mapping[str, int]:
    """Forgets how to reach the guardians of who is 14 by business day ``period``."""
    del as_of
    born_by = clock.add_months(date.fromisoformat(period), -12 * ages.CHILD_UNTIL)
    grown = Member.objects.exclude(guardian_contact="").filter(birthday__lte=born_by)
    return {"released": grown.update(guardian_contact="")}


def _optional() -> list[str]:
    return [Consent.Purpose.MARKETING.value, Consent.Purpose.PROFILING.value]


def _send(to: str, kind: str, language: str, network: str, now: datetime) -> OneTimeCode:
    return codes.send_code(
        to=to, channel=contacts.channel_of(to), purpose=PURPOSE, kind=kind, language=language, network=network, now=now
    )


def _locked(account_id: int) -> Member:
    accounts.lock([account_id])
    found = Member.objects.select_related("user").filter(pk=account_id).first()
    if found is None:
        raise NotFound
    return found


JOBS = (Job("release_guardians", _("Forget guardians of who is 14 by now"), periods.day, run=release, catch_up=0),)
