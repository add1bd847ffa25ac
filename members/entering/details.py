"""What a person tells of themselves: name, phone, e-mail, birthday, language, read strictly.

Joining, the profile page, the API and imports all read through here, so they refuse alike.
"""

from datetime import date
from typing import NamedTuple

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from loyalty import clock, readers
from loyalty.errors import InvalidInput, LoyaltyError
from members.entering import ages, phones

OLDEST_YEARS = 120
GUARDED_YEARS = ages.CHILD_UNTIL
_NAME = readers.Text(longest=60)


class EmailUnreadable(InvalidInput):
    code = "email_invalid"
    sentence = _("This does not look like an e-mail address. It should read like name@example.com.")


class BirthdayAhead(InvalidInput):
    code = "birthday_in_future"
    sentence = _("This birthday is still to come. Please check the year.")


class BirthdayTooOld(InvalidInput):
    code = "birthday_too_old"
    sentence = _("This birthday is more than %(years)s years ago. Please check the year.")


class GuardianNeeded(LoyaltyError):
    code = "guardian_needed"
    sentence = _(
        "Members under %(years)s join together with a parent or guardian. "
        "Please ask them to agree here, or to come to one of our stores with you."
    )


class Details(NamedTuple):
    """The clean values; what was not told is ``None`` or empty."""

    name: str
    phone: str | None
    email: str | None
    birthday: date | None
    language: str


def read(
    *,
    name: str,
    phone: str,
    email: str,
    birthday: date | None,
    language: str,
    today: date,
    is_guarded: bool = False,
) -> Details:
    """Cleans everything; raises the first refusal, ``param`` naming the field.

    ``is_guarded`` says that a guardian has agreed, so that a child's birthday is taken.
    """
    return Details(
        name=_NAME.read(name, "name") if name else "",
        phone=phones.normalize(phone) if phone else None,
        email=read_email(email) if email else None,
        birthday=_birthday(birthday, today, is_guarded=is_guarded) if birthday else None,
        language=language if language in dict(settings.LANGUAGES) else "",
    )


def read_email(text: str, *, param: str = "email") -> str:
    """An e-mail address as it is kept, in lower case; raises ``EmailUnreadable``."""
    plain = text.strip().lower()
    try:
        validate_email(plain)
    except ValidationError:
        raise EmailUnreadable(param=param) from None
    if len(plain) > 254:
        raise EmailUnreadable(param=param)
    return plain


def read_contact(text: str, *, param: str = "contact") -> str:
    """A phone number or an e-mail address as it is kept; raises what either raises."""
    return read_email(text, param=param) if "@" in text else phones.normalize(text, param=param)


def _birthday(day: date, today: date, *, is_guarded: bool) -> date:
    """Someone is 14 on the day of the 14th birthday; born on 29 February, on 28 February."""
    if day > today:
        raise BirthdayAhead(param="birthday")
    if clock.add_months(day, 12 * OLDEST_YEARS) < today:
        raise BirthdayTooOld(param="birthday", years=OLDEST_YEARS)
    if not is_guarded and ages.is_child(day, today):
        raise GuardianNeeded(param="birthday", years=GUARDED_YEARS)
    return day
