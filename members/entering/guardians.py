"""Parents and guardians: without one's agreement nobody under 14 becomes a member.

On the member page the guardian proves a phone number or an e-mail address of theirs by a code; at the
till staff see them. Their agreement is a consent of its own, with its own text. The proven contact is kept
while the child is one, so that the guardian can see, renew and end it (``members.privacy.guarding``).
"""

from datetime import date, datetime
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from loyalty import readers
from loyalty.errors import LoyaltyError
from members.entering import ages, details
from members.models import Consent, Member

TEXT_VERSION = "2026-11"
"""Version of what guardians agree to; a changed text gets a new one."""
_NAME = readers.Text(longest=60)


class AgreementNeeded(LoyaltyError):
    code = "guardian_agreement_needed"
    sentence = _("We need the agreement of the parent or guardian, so please ask them to tick it.")


class GuardianIncomplete(LoyaltyError):
    code = "guardian_incomplete"
    sentence = _("Please give the name of the parent or guardian, and a phone or e-mail where they get the code.")


class Guardian(NamedTuple):
    """``contact`` is in E.164 or an e-mail address in lower case; empty where staff met them in person."""

    name: str
    contact: str = ""


def read(*, name: str, contact: str, agreed: bool) -> Guardian:
    """Clean; raises ``GuardianIncomplete``, ``AgreementNeeded`` or what ``details`` raises."""
    if not name.strip():
        raise GuardianIncomplete(param="guardian_name")
    if not agreed:
        raise AgreementNeeded(param="guardian_agreed")
    proven = details.read_contact(contact, param="guardian_contact") if contact else ""
    return Guardian(_NAME.read(name, "guardian_name"), proven)


def agree(member: Member, guardian: Guardian, *, now: datetime) -> None:
    """Keeps who agreed and when; call it in the transaction that makes the member."""
    member.guardian_name, member.guardian_contact = guardian.name, guardian.contact or member.guardian_contact
    member.guardian_agreed_at = now
    Member.objects.bulk_update([member], ["guardian_name", "guardian_contact", "guardian_agreed_at"])
    answer(member, is_given=True, now=now)


def answer(member: Member, *, is_given: bool, now: datetime) -> None:
    """A row for the guardian's word on the text as it is now."""
    Consent.objects.create(
        member=member, purpose=Consent.Purpose.GUARDIAN, version=TEXT_VERSION, is_given=is_given, answered_at=now
    )


def is_missing(member: Member, today: date) -> bool:
    """Whether this is a child for whom nobody has agreed, or no longer does."""
    return member.guardian_agreed_at is None and ages.is_child(member.birthday, today)


def agreed_to(member: Member) -> str:
    """The version of the text that was agreed to last; empty without an agreement. One query."""
    rows = Consent.objects.filter(member=member, purpose=Consent.Purpose.GUARDIAN).order_by("answered_at", "pk")
    last = rows.last()
    return last.version if last is not None and last.is_given else ""
