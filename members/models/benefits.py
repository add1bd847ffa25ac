"""What a tier or a plan brings besides points: benefits, the sets they are put together in, and what was claimed.

A benefit is held while a set that offers it is in season and the member's tier or plan is offered it.
What was claimed stays the member's until its own last day, whatever the sets become.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from loyalty.texts import Bilingual
from members.models.plans import Plan
from members.models.tiers import Tier


class Benefit(models.Model):
    """One thing members may have. ``way`` says whether it just holds, is claimed, or comes by itself."""

    class Kind(models.TextChoices):
        ADVISER = "adviser", _("personal service")
        GIFT = "gift", _("gift")
        RETURNS = "returns", _("free returns")
        DELIVERY = "delivery", _("free delivery")
        EARLY = "early", _("early access")
        GOODS = "goods", _("members' goods")
        PRIORITY = "priority", _("priority")
        SEAT = "seat", _("seat at an event")
        SERVICE = "service", _("service")
        BESPOKE = "bespoke", _("made to measure")
        OTHER = "other", pgettext_lazy("benefit", "other")

    class Way(models.TextChoices):
        STANDING = "standing", _("always there, never counted")
        CLAIMED = "claimed", _("the member claims it")
        GRANTED = "granted", _("comes by itself each period")

    class Place(models.TextChoices):
        ANYWHERE = "anywhere", _("anywhere")
        TILL = "till", _("at a till")
        MALL = "mall", _("in the points mall")
        STAFF = "staff", _("with staff")

    code = models.SlugField(_("code"), max_length=30, unique=True)
    name_zh = models.CharField(_("name (Chinese)"), max_length=30)
    name_en = models.CharField(_("name (English)"), max_length=30)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.GIFT)
    way = models.CharField(_("how members get it"), max_length=10, choices=Way, default=Way.CLAIMED)
    used_in = models.CharField(_("where it is used"), max_length=10, choices=Place, default=Place.ANYWHERE)
    summary_zh = models.CharField(_("in one line (Chinese)"), max_length=80, blank=True)
    summary_en = models.CharField(_("in one line (English)"), max_length=80, blank=True)
    details_zh = models.TextField(_("how to use it (Chinese)"), max_length=1000, blank=True)
    details_en = models.TextField(_("how to use it (English)"), max_length=1000, blank=True)
    use_days = models.PositiveSmallIntegerField(
        _("days to use it"), default=0, help_text=_("From the day it is claimed; 0 is to the end of its period.")
    )
    birthday_month = models.BooleanField(
        _("only in the month of the birthday"), default=False, help_text=_("Who has told no birthday cannot have it.")
    )
    cost_minor = models.PositiveBigIntegerField(_("costs us each time (minor units)"), default=0)
    archived_at = models.DateTimeField(_("retired"), null=True, editable=False)

    name = Bilingual("name")
    summary = Bilingual("summary")
    details = Bilingual("details")

    class Meta:
        verbose_name = _("benefit")
        verbose_name_plural = _("benefits")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name


class BenefitSet(models.Model):
    """Benefits put together under a name ("experience pack"), swapped in and out by season."""

    code = models.SlugField(_("code"), max_length=30, unique=True)
    name_zh = models.CharField(_("name (Chinese)"), max_length=30)
    name_en = models.CharField(_("name (English)"), max_length=30)
    archived_at = models.DateTimeField(_("retired"), null=True, editable=False)

    name = Bilingual("name")

    class Meta:
        verbose_name = _("benefit set")
        verbose_name_plural = _("benefit sets")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name


class BenefitOffer(models.Model):
    """A benefit in a set, for whom, and how often. Without tier and plan it is for every member."""

    class Period(models.TextChoices):
        DAY = "day", _("a day")
        WEEK = "week", _("a week")
        MONTH = "month", _("a month")
        QUARTER = "quarter", _("a quarter")
        YEAR = "year", _("a calendar year")
        EVER = "ever", pgettext_lazy("quota", "once and for all")

    set = models.ForeignKey(BenefitSet, models.CASCADE, related_name="offers", verbose_name=_("benefit set"))
    benefit = models.ForeignKey(Benefit, models.PROTECT, related_name="offers", verbose_name=_("benefit"))
    tier = models.ForeignKey(
        Tier, models.PROTECT, null=True, blank=True, related_name="benefit_offers", verbose_name=_("tier")
    )
    and_above = models.BooleanField(_("and tiers above"), default=True)
    plan = models.ForeignKey(
        Plan, models.PROTECT, null=True, blank=True, related_name="benefit_offers", verbose_name=_("plan")
    )
    quota = models.PositiveSmallIntegerField(_("times"), default=1)
    period = models.CharField(_("within"), max_length=8, choices=Period, default=Period.YEAR)

    class Meta:
        verbose_name = _("benefit offered")
        verbose_name_plural = _("benefits offered")
        ordering = ["set", "pk"]
        constraints = [
            models.CheckConstraint(
                name="offer_to_tier_or_plan",
                condition=Q(tier=None) | Q(plan=None),
                violation_error_message=_("Offer it to a tier or to a plan, not to both in one line."),
            ),
            models.CheckConstraint(name="offer_quota_positive", condition=Q(quota__gte=1)),
        ]

    def __str__(self) -> str:
        return f"{self.benefit} × {self.quota}"


class BenefitSeason(models.Model):
    """When a set is in force: business days, the last one included; ``None`` is without end."""

    set = models.ForeignKey(BenefitSet, models.CASCADE, related_name="seasons", verbose_name=_("benefit set"))
    from_on = models.DateField(_("from"))
    through_on = models.DateField(_("through"), null=True, blank=True)

    class Meta:
        verbose_name = _("season")
        verbose_name_plural = _("seasons")
        ordering = ["from_on"]
        constraints = [
            models.CheckConstraint(
                name="season_ends_after_it_begins",
                condition=Q(through_on=None) | Q(through_on__gte=models.F("from_on")),
                violation_error_message=_("A season ends on its first day or later."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.from_on} – {self.through_on or '…'}"


class BenefitClaim(models.Model):
    """One benefit that is a member's own: the ``place``-th of its ``period``, to be used through ``usable_through``.

    ``period`` is the period's name (``2026``, ``2026Q4``, ``2026-11``, ``2026W47``, ``2026-11-22``, ``ever``), or
    ``given`` for what a rule or staff gave beside all quotas. Its uniqueness is what keeps a quota under
    parallel claims. ``code`` is shown at the till.
    """

    class State(models.TextChoices):
        OPEN = "open", _("to be used")
        USED = "used", pgettext_lazy("benefit", "used")
        LAPSED = "lapsed", _("not used in time")
        TAKEN_BACK = "taken_back", _("taken back")

    member = models.ForeignKey(
        "members.Member", models.CASCADE, related_name="benefit_claims", db_index=False, verbose_name=_("member")
    )
    benefit = models.ForeignKey(Benefit, models.PROTECT, related_name="claims", verbose_name=_("benefit"))
    offer = models.ForeignKey(
        BenefitOffer, models.SET_NULL, null=True, related_name="claims", db_index=False, verbose_name=_("offered by")
    )
    tier = models.ForeignKey(Tier, models.PROTECT, null=True, related_name="+", verbose_name=_("as a member of"))
    period = models.CharField(_("period"), max_length=10)
    place = models.PositiveSmallIntegerField(_("number in the period"))
    code = models.CharField(_("code"), max_length=16, unique=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    claimed_at = models.DateTimeField(_("claimed"))
    usable_through = models.DateField(_("usable through"), null=True)
    used_at = models.DateTimeField(_("used at"), null=True)
    used_in = models.CharField(_("used in"), max_length=10, choices=Benefit.Place, blank=True)
    used_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("taken by")
    )
    partner = models.ForeignKey(
        "loyalty.Partner", models.SET_NULL, null=True, related_name="+", verbose_name=_("partner")
    )
    reference = models.CharField(_("reference"), max_length=100, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("claimed benefit")
        verbose_name_plural = _("claimed benefits")
        constraints = [
            models.UniqueConstraint(fields=["member", "benefit", "period", "place"], name="benefit_quota_kept"),
        ]
        indexes = [
            models.Index(fields=["usable_through", "id"], name="benefit_claim_due", condition=Q(state="open")),
            models.Index(fields=["benefit", "claimed_at"], name="benefit_claims_by_day"),
        ]

    def __str__(self) -> str:
        return f"{self.benefit_id}: {self.period}.{self.place}"
