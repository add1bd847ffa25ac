"""Days on which a member checked in; a streak is derived from them, never stored."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class CheckinDay(models.Model):
    """One business day of one account. Unique, so two clicks are one check-in."""

    account = models.ForeignKey(
        "loyalty.Account", models.CASCADE, related_name="checkin_days", verbose_name=_("account")
    )
    day = models.DateField(_("business day"))
    created_at = models.DateTimeField(_("checked in"))

    class Meta:
        verbose_name = _("check-in day")
        verbose_name_plural = _("check-in days")
        constraints = [models.UniqueConstraint(fields=["account", "day"], name="one_checkin_a_day")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.day}"
