"""What members with a benefit may do at a reward."""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

MOST_HOURS = 24 * 60


class Privilege(models.Model):
    """A benefit that opens a reward, opens it earlier, or lowers its price.

    Of several that keep a reward for members, any one will do; of several that open it earlier the earliest
    counts. A price by a benefit that is claimed or granted takes one use of it for each piece; by one that
    is always there it simply holds.
    """

    class Does(models.TextChoices):
        RESERVED = "reserved", _("only they may take it")
        EARLY = "early", _("they may take it earlier")
        PRICE = "price", _("they pay another price")

    reward = models.ForeignKey(
        "rewards.Reward", models.CASCADE, related_name="privileges", db_index=False, verbose_name=_("reward")
    )
    benefit = models.ForeignKey(
        "members.Benefit", models.PROTECT, related_name="privileges", verbose_name=_("members with the benefit")
    )
    does = models.CharField(_("what they may do"), max_length=8, choices=Does, default=Does.RESERVED)
    hours = models.PositiveSmallIntegerField(
        _("hours earlier"), null=True, blank=True, validators=[MinValueValidator(1)], help_text=_("24 is one day.")
    )
    price_points = models.PositiveIntegerField(
        _("their price in points"), null=True, blank=True, help_text=_("0: it costs them no points.")
    )

    class Meta:
        verbose_name = _("what a benefit does here")
        verbose_name_plural = _("For members with a benefit")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["reward", "benefit", "does"],
                name="privilege_once",
                violation_error_message=_("This stands here already."),
            ),
            models.CheckConstraint(
                name="privilege_hours_with_early",
                condition=Q(does="early", hours__isnull=False, hours__gte=1, hours__lte=MOST_HOURS)
                | (~Q(does="early") & Q(hours=None)),
                violation_error_message=_("Please say how many hours earlier, up to sixty days."),
            ),
            models.CheckConstraint(
                name="privilege_price_with_price",
                condition=Q(does="price", price_points__isnull=False) | (~Q(does="price") & Q(price_points=None)),
                violation_error_message=_("Please say what they pay in points; 0 is free."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.benefit_id}: {self.does}"
