"""The brand's choices about people, where programmes differ: one row, edited in the admin."""

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords


class MemberSettings(models.Model):
    """There is exactly one row, with primary key 1."""

    class LeapDay(models.TextChoices):
        FEBRUARY = "february", _("on 28 February")
        MARCH = "march", _("on 1 March")

    class BirthdayOn(models.TextChoices):
        DAY = "day", _("on the day")
        MONTH = "month", _("on the first day of the month")

    leap_day = models.CharField(
        _("who was born on 29 February is greeted, in other years,"),
        max_length=8,
        choices=LeapDay,
        default=LeapDay.FEBRUARY,
    )
    birthday_on = models.CharField(
        _("birthdays are celebrated"), max_length=5, choices=BirthdayOn, default=BirthdayOn.DAY
    )
    birthday_edit_days = models.PositiveSmallIntegerField(
        _("a birthday can be changed again after (days)"),
        default=365,
        help_text=_("Staff can set it right at any time. 0: members change it as they like."),
    )
    pet_limit = models.PositiveSmallIntegerField(
        _("pets a member may add"), default=10, validators=[MinValueValidator(1)]
    )
    pet_birthdays_a_year = models.PositiveSmallIntegerField(
        _("pets' birthdays celebrated a year"), default=2, help_text=_("For each member; 0 is without limit.")
    )
    erasure_days = models.PositiveSmallIntegerField(_("days to think again before data is erased"), default=7)
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("member settings")
        verbose_name_plural = _("member settings")
        constraints = [models.CheckConstraint(name="member_settings_is_one_row", condition=models.Q(pk=1))]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)
