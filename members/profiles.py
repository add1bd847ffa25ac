"""Correcting what is known of a person: name and birthday. Phone and e-mail address: ``members.contacts``."""

from datetime import date, datetime

from django.db import transaction

from loyalty import clock, programme
from loyalty.errors import NotFound
from loyalty.models import User
from members import details
from members.models import Member


@transaction.atomic
def change(account_id: int, *, name: str, birthday: date | None, now: datetime) -> Member:
    """Replaces both. Raises what ``members.details.read`` raises, or ``NotFound``."""
    running = programme.current()
    today = clock.business_day(now, running.timezone, running.day_start_hour)
    person = details.read(name=name, phone="", email="", birthday=birthday, language="", today=today)
    member = Member.objects.select_for_update(of=("self",)).filter(pk=account_id).first()
    if member is None:
        raise NotFound
    member.name, member.birthday = person.name, person.birthday
    Member.objects.bulk_update([member], ["name", "birthday"])
    User.objects.filter(member=member).update(display_name=person.name)
    return member
