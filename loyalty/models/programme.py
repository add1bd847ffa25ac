"""The brand and its policies: one row a deployment, edited in the admin."""

from datetime import date, datetime

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from loyalty import clock
from loyalty.texts import Bilingual

COLOR = RegexValidator(r"^#[0-9a-fA-F]{6}$", _("Give a colour as #rrggbb."))


class Programme(models.Model):
    """Name, look and policies. There is exactly one row, with primary key 1."""

    class Stacking(models.TextChoices):
        ADDITIVE = "additive", _("add up (×1.5 and ×2 give ×2.5)")
        MULTIPLICATIVE = "multiplicative", _("multiply (×1.5 and ×2 give ×3)")

    class RoundingStep(models.TextChoices):
        ONCE = "once", _("once, at the end")
        PER_RULE = "per_rule", _("each rule's base first, then the multiplier")
        PER_LINE = "per_line", _("each order line")

    class RoundingMode(models.TextChoices):
        FLOOR = "floor", _("down")
        HALF_UP = "half_up", _("half up")
        CEIL = "ceil", _("up")

    class RefundShortfall(models.TextChoices):
        DEBT = "debt", _("becomes debt that later earning pays")
        ABSORB = "absorb", _("is absorbed by the programme")
        FREEZE = "freeze", _("becomes debt, and stops spending over the limit")

    class ThresholdRefund(models.TextChoices):
        REJUDGE = "rejudge", _("judged again on what is left")
        PRORATE = "prorate", _("taken back in proportion")

    class Remainder(models.TextChoices):
        LAST = "last", _("on the last line")
        LARGEST = "largest", _("where most was cut off")

    class TierJudged(models.TextChoices):
        BEFORE = "before", _("the tier held before the order")
        AFTER = "after", _("the tier that the order leads to")

    name_zh = models.CharField(_("name (Chinese)"), max_length=60, default="常青会员")
    name_en = models.CharField(_("name (English)"), max_length=60, default="Evergreen")
    brand_color = models.CharField(_("brand colour"), max_length=7, default="#1d6b52", validators=[COLOR])
    accent_color = models.CharField(_("accent colour"), max_length=7, default="#d9552b", validators=[COLOR])
    logo = models.ImageField(_("logo"), upload_to="brand/", blank=True)
    timezone = models.CharField(_("time zone"), max_length=64, default="Asia/Shanghai")
    day_start_hour = models.PositiveSmallIntegerField(
        _("day starts at (hour)"), default=0, validators=[MaxValueValidator(6)]
    )
    currency = models.CharField(_("money"), max_length=3, default="CNY")
    stacking = models.CharField(_("multipliers"), max_length=16, choices=Stacking, default=Stacking.ADDITIVE)
    multiplier_ceiling = models.DecimalField(
        _("highest multiplier"),
        max_digits=6,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
    )
    rounding_step = models.CharField(_("round"), max_length=16, choices=RoundingStep, default=RoundingStep.ONCE)
    rounding_mode = models.CharField(_("rounding"), max_length=16, choices=RoundingMode, default=RoundingMode.FLOOR)
    refund_shortfall = models.CharField(
        _("refund beyond the balance"), max_length=16, choices=RefundShortfall, default=RefundShortfall.DEBT
    )
    threshold_refund = models.CharField(
        _("threshold bonus after a refund"), max_length=16, choices=ThresholdRefund, default=ThresholdRefund.REJUDGE
    )
    debt_limit = models.PositiveBigIntegerField(_("debt that stops spending"), default=1000)
    gifts_first = models.BooleanField(
        _("free gifts come back first"),
        default=True,
        help_text=_("Points paid with an order that held a redeemed gift return once the gift is back."),
    )
    remainder = models.CharField(
        _("remainder of a split over lines"), max_length=8, choices=Remainder, default=Remainder.LARGEST
    )
    free_items_earn = models.BooleanField(_("reward lines earn"), default=False)
    tier_judged = models.CharField(
        _("tier an order counts by"),
        max_length=8,
        choices=TierJudged,
        default=TierJudged.BEFORE,
        help_text=_("Where an order's own growth lifts the member to a higher tier: whether that order counts by it."),
    )
    late_days = models.PositiveSmallIntegerField(_("late events are reviewed after (days)"), default=7)
    max_age_days = models.PositiveSmallIntegerField(_("events are refused after (days)"), default=400)
    claim_days = models.PositiveSmallIntegerField(_("guest orders can be claimed for (days)"), default=30)
    tender_points = models.PositiveIntegerField(_("points that pay"), default=100)
    tender_minor = models.PositiveIntegerField(_("…this much (minor units)"), default=100)
    tender_minimum = models.PositiveIntegerField(_("fewest points to pay with"), default=0)
    tender_share_percent = models.PositiveSmallIntegerField(
        _("largest share of an order (%)"), default=50, validators=[MaxValueValidator(100)]
    )
    history = HistoricalRecords()

    name = Bilingual("name")

    class Meta:
        verbose_name = _("programme")
        verbose_name_plural = _("programme")
        constraints = [models.CheckConstraint(name="programme_is_one_row", condition=models.Q(pk=1))]

    def __str__(self) -> str:
        return self.name

    def day_of(self, at: datetime) -> date:
        """The business day of an instant."""
        return clock.business_day(at, self.timezone, self.day_start_hour)

    def start_of(self, day: date) -> datetime:
        """The first instant of a business day, in UTC."""
        return clock.start_of_day(day, self.timezone, self.day_start_hour)

    def end_of(self, day: date) -> datetime:
        """The first instant after a business day, in UTC."""
        return clock.end_of_day(day, self.timezone, self.day_start_hour)
