"""Paid membership: plans that are bought with money or points, and the terms members hold."""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from loyalty.texts import Bilingual
from members.models.ladders import Ladder
from members.models.tiers import Tier


class Plan(models.Model):
    """What is sold: so long a membership for so much. ``sku`` on an order's line buys it at a till.

    A plan may lift the member to a tier that is bought, and brings what its benefit sets offer. Its price in
    points is spent from the books; its price in money is what a refund is reckoned from.
    """

    class Refund(models.TextChoices):
        PRO_RATA = "pro_rata", _("by the days that are left")
        WHOLE = "whole", _("all of it, while it runs")
        NONE = "none", _("nothing")

    code = models.SlugField(_("code"), max_length=30, unique=True)
    name_zh = models.CharField(_("name (Chinese)"), max_length=30)
    name_en = models.CharField(_("name (English)"), max_length=30)
    summary_zh = models.CharField(_("in one line (Chinese)"), max_length=120, blank=True)
    summary_en = models.CharField(_("in one line (English)"), max_length=120, blank=True)
    tier = models.ForeignKey(
        Tier,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="plans",
        limit_choices_to={"is_paid": True, "archived_at": None},
        verbose_name=_("brings the tier"),
    )
    length = models.PositiveSmallIntegerField(_("lasts"), default=1, validators=[MinValueValidator(1)])
    unit = models.CharField(_("unit of length"), max_length=6, choices=Ladder.Unit, default=Ladder.Unit.YEARS)
    price_minor = models.PositiveBigIntegerField(_("price (minor units)"), null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, default="CNY")
    price_points = models.PositiveBigIntegerField(_("price in points"), null=True, blank=True)
    sku = models.CharField(_("article number at the till"), max_length=64, blank=True)
    trial_days = models.PositiveSmallIntegerField(_("days to try it"), default=0)
    remind_days = models.PositiveSmallIntegerField(_("reminded (days ahead)"), default=14)
    refund = models.CharField(_("given back on a refund"), max_length=8, choices=Refund, default=Refund.PRO_RATA)
    is_on_sale = models.BooleanField(_("on sale"), default=True)
    archived_at = models.DateTimeField(_("retired"), null=True, editable=False)

    name = Bilingual("name")
    summary = Bilingual("summary")

    class Meta:
        verbose_name = _("paid plan")
        verbose_name_plural = _("paid plans")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["sku"], name="plan_skus_differ", condition=~Q(sku="") & Q(archived_at__isnull=True)
            ),
            models.CheckConstraint(name="plan_length_positive", condition=Q(length__gte=1)),
        ]

    def __str__(self) -> str:
        return self.name


class PlanTerm(models.Model):
    """A stretch of paid membership, from the first through the last business day. A renewal is a term of its own.

    ``key`` makes a purchase happen once. ``ended_on`` is the first day it no longer runs, where it was ended
    early; ``refunded_…`` is what was given back then.
    """

    class Source(models.TextChoices):
        ORDER = "order", _("bought at a till or shop")
        POINTS = "points", _("bought with points")
        TRIAL = "trial", _("tried")
        STAFF = "staff", _("given by staff")
        RULE = "rule", _("by rule")

    member = models.ForeignKey("members.Member", models.PROTECT, related_name="plan_terms", verbose_name=_("member"))
    plan = models.ForeignKey(Plan, models.PROTECT, related_name="terms", verbose_name=_("paid plan"))
    key = models.CharField(_("key"), max_length=200, unique=True)
    source = models.CharField(_("came by"), max_length=8, choices=Source)
    starts_on = models.DateField(_("from"))
    through_on = models.DateField(_("through"))
    ended_on = models.DateField(_("ended on"), null=True)
    price_minor = models.PositiveBigIntegerField(_("paid (minor units)"), default=0)
    price_points = models.PositiveBigIntegerField(_("paid in points"), default=0)
    event = models.ForeignKey(
        "loyalty.Event", models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("order")
    )
    entry = models.ForeignKey(
        "loyalty.Entry", models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("entry")
    )
    refunded_minor = models.PositiveBigIntegerField(_("given back (minor units)"), default=0)
    refunded_points = models.PositiveBigIntegerField(_("points given back"), default=0)
    note = models.CharField(_("note"), max_length=200, blank=True)
    bought_at = models.DateTimeField(_("bought"))

    class Meta:
        verbose_name = _("paid membership")
        verbose_name_plural = _("paid memberships")
        constraints = [
            models.CheckConstraint(name="plan_term_in_order", condition=Q(through_on__gte=models.F("starts_on"))),
            models.UniqueConstraint(fields=["member", "plan"], name="plan_tried_once", condition=Q(source="trial")),
        ]
        indexes = [models.Index(fields=["through_on", "id"], name="plan_term_due", condition=Q(ended_on=None))]

    def __str__(self) -> str:
        return f"{self.plan_id}: {self.starts_on} – {self.through_on}"
