"""When a birthday may be told anew. Gifts hang on birthdays, so they do not wander through the year.

A leaf among the operations, for members and their pets alike. What was told together with joining (or
with adding a pet) can be corrected once, for a slip of the thumb; from then on the brand's number of days
passes between two changes. Taking a birthday away is always possible.
"""

from datetime import date, timedelta

from django.utils import formats
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from loyalty.errors import LoyaltyError


class BirthdaySettled(LoyaltyError):
    """``on`` is the first day on which it can be changed again."""

    code = "birthday_settled"
    sentence = _("This birthday can be changed again from %(on)s. If it is wrong, our team will gladly set it right.")
    on: date

    @property
    def message(self) -> str:
        return str(self.sentence) % {"on": formats.date_format(self.on, gettext("F j, Y"))}


def change(*, old: date | None, new: date | None, set_on: date | None, days: int, today: date) -> date | None:
    """The day to keep as ``birthday_set_on`` after a member changes ``old`` to ``new``.

    ``days`` is the brand's limit, 0 is none. Raises ``BirthdaySettled``.
    """
    if new == old:
        return set_on
    if new is None:
        return set_on or today
    if set_on is not None and (again := set_on + timedelta(days=days)) > today:
        raise BirthdaySettled(param="birthday", on=again)
    return today
