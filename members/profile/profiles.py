"""Correcting what is known of a person: name and birthday. Phone and e-mail address: ``members.entering.contacts``."""

from datetime import date, datetime

from django.db import transaction

from loyalty import accounts, approvals, audit, programme
from loyalty.audit import NOWHERE, Origin
from loyalty.errors import NotFound
from loyalty.models import User
from members import choices, consent
from members.entering import ages, details, guardians
from members.entering.guardians import Guardian
from members.models import Member
from members.profile import birthdates, completeness


@transaction.atomic
def change(
    account_id: int, *, name: str, birthday: date | None, now: datetime, guardian: Guardian | None = None
) -> Member:
    """Replaces both, as the member wishes; ``guardian`` has just agreed, in case it is a child's birthday.

    Raises what ``members.entering.details.read`` raises, ``BirthdaySettled`` where the birthday was changed
    lately, or ``NotFound``.
    """
    today = programme.day_of(now)
    is_guarded = guardian is not None or _is_guarded(account_id)
    person = details.read(
        name=name, phone="", email="", birthday=birthday, language="", today=today, is_guarded=is_guarded
    )
    member = _locked(account_id)
    member.birthday_set_on = _set_on(member, person.birthday, today)
    member.name, member.birthday = person.name, person.birthday
    Member.objects.bulk_update([member], ["name", "birthday", "birthday_set_on"])
    User.objects.filter(member=member).update(display_name=person.name)
    if guardian is not None and ages.is_child(member.birthday, today):
        guardians.agree(member, guardian, now=now)
    consent.settle(member, now=now)
    completeness.settle(account_id, now=now)
    return member


def may_change(member: Member, birthday: date | None, *, now: datetime) -> None:
    """Raises what would be refused later, before a guardian is asked for a code; but for the guardian."""
    today = programme.day_of(now)
    details.read(name="", phone="", email="", birthday=birthday, language="", today=today, is_guarded=True)
    _set_on(member, birthday, today)


@transaction.atomic
def correct_birthday(
    account_id: int, *, birthday: date | None, reason: str, by: User | None, now: datetime, origin: Origin = NOWHERE
) -> Member:
    """Staff set a birthday right, whenever it was changed last. The audit trail keeps who and why, not the date.

    A child without a guardian sees nothing but the page that asks for one from then on.

    Gifts hang on it, so a colleague's own is for somebody else to set. Raises what
    ``members.entering.details.read`` raises, ``OwnMembership`` or ``NotFound``.
    """
    approvals.refuse_own(by, account_id)
    today = programme.day_of(now)
    person = details.read(name="", phone="", email="", birthday=birthday, language="", today=today, is_guarded=True)
    member = _locked(account_id)
    member.birthday, member.birthday_set_on = person.birthday, today
    Member.objects.bulk_update([member], ["birthday", "birthday_set_on"])
    consent.settle(member, now=now)
    audit.record(
        deed="members.birthday.correct",
        subject=audit.name_of(member),
        now=now,
        actor=by,
        before={"birthday": audit.HIDDEN},
        after={"birthday": audit.HIDDEN},
        reason=reason,
        address=origin.address,
        request_id=origin.request_id,
    )
    completeness.settle(account_id, now=now)
    return member


@transaction.atomic
def say_no_pet(account_id: int, *, has_none: bool, now: datetime) -> None:
    """Notes that a member lives with no pet at the moment, or takes that back."""
    _locked(account_id)
    Member.objects.filter(pk=account_id).update(has_no_pet=has_none)
    completeness.settle(account_id, now=now)


def _set_on(member: Member, birthday: date | None, today: date) -> date | None:
    days = choices.current().birthday_edit_days
    return birthdates.change(old=member.birthday, new=birthday, set_on=member.birthday_set_on, days=days, today=today)


def _is_guarded(account_id: int) -> bool:
    """Whether a guardian has agreed, so that a child's birthday may stand."""
    return Member.objects.filter(pk=account_id, guardian_agreed_at__isnull=False).exists()


def _locked(account_id: int) -> Member:
    """The account's lock comes first, as rewards for a profile are booked under it."""
    accounts.lock_living(account_id)
    member = Member.objects.filter(pk=account_id).first()
    if member is None:
        raise NotFound
    return member
