"""Correcting what is known of a person: name, phone, e-mail address, birthday."""

from datetime import date, datetime

from django.db import IntegrityError, transaction

from loyalty import clock, programme
from loyalty.errors import Conflict, NotFound
from loyalty.models import User
from members import details
from members.enrolment import ContactNeeded, EmailTaken, PhoneTaken
from members.models import Member


def change(account_id: int, *, name: str, phone: str, email: str, birthday: date | None, now: datetime) -> Member:
    """Replaces all four. A phone or an e-mail address must stay, since one signs in with it.

    Raises what ``members.details.read`` raises, ``ContactNeeded``, ``PhoneTaken``, ``EmailTaken``
    or ``NotFound``.
    """
    running = programme.current()
    today = clock.business_day(now, running.timezone, running.day_start_hour)
    person = details.read(name=name, phone=phone, email=email, birthday=birthday, language="", today=today)
    if not (person.phone or person.email):
        raise ContactNeeded(param="phone")
    try:
        with transaction.atomic():
            return _write(account_id, person)
    except IntegrityError:  # somebody else took one of them at the same moment
        _refuse_taken(account_id, person)
        raise Conflict from None


def _write(account_id: int, person: details.Details) -> Member:
    member = Member.objects.select_for_update(of=("self",)).filter(pk=account_id).first()
    if member is None:
        raise NotFound
    _refuse_taken(account_id, person)
    member.name, member.phone, member.email, member.birthday = person.name, person.phone, person.email, person.birthday
    Member.objects.bulk_update([member], ["name", "phone", "email", "birthday"])
    User.objects.filter(member=member).update(display_name=person.name)
    return member


def _refuse_taken(account_id: int, person: details.Details) -> None:
    others = Member.objects.exclude(pk=account_id)
    if person.phone and others.filter(phone=person.phone).exists():
        raise PhoneTaken(param="phone")
    if person.email and others.filter(email=person.email).exists():
        raise EmailTaken(param="email")
