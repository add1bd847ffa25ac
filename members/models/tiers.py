"""A simple ladder: tiers reached by growth."""

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from loyalty.texts import Bilingual

COLOR = RegexValidator(r"^#[0-9a-fA-F]{6}$", _("Give a colour as #rrggbb."))


class Tier(models.Model):
    """A step of the ladder, reached at ``threshold`` growth (≥)."""

    code = models.SlugField(_("code"), max_length=20, unique=True)
    name_zh = models.CharField(_("name (Chinese)"), max_length=20)
    name_en = models.CharField(_("name (English)"), max_length=20)
    rank = models.PositiveSmallIntegerField(_("rank"), unique=True)
    threshold = models.PositiveBigIntegerField(_("growth needed"), unique=True)
    color_from = models.CharField(_("card colour"), max_length=7, default="#1d6b52", validators=[COLOR])
    color_to = models.CharField(_("card colour, far end"), max_length=7, default="#0f3d2f", validators=[COLOR])
    benefits_zh = models.CharField(_("benefits (Chinese)"), max_length=200, blank=True)
    benefits_en = models.CharField(_("benefits (English)"), max_length=200, blank=True)

    name = Bilingual("name")
    benefits = Bilingual("benefits")

    class Meta:
        verbose_name = _("tier")
        verbose_name_plural = _("tiers")
        ordering = ["rank"]

    def __str__(self) -> str:
        return self.name


class TierChange(models.Model):
    """One move on the ladder, with the event that caused it. Never edited."""

    member = models.ForeignKey("members.Member", models.CASCADE, related_name="tier_changes", verbose_name=_("member"))
    previous = models.ForeignKey(Tier, models.PROTECT, null=True, related_name="+", verbose_name=_("tier before"))
    tier = models.ForeignKey(Tier, models.PROTECT, null=True, related_name="+", verbose_name=_("tier"))
    cause = models.ForeignKey("loyalty.Event", models.PROTECT, null=True, related_name="+", verbose_name=_("cause"))
    changed_at = models.DateTimeField(_("changed"))

    class Meta:
        verbose_name = _("tier change")
        verbose_name_plural = _("tier changes")

    def __str__(self) -> str:
        return f"{self.previous} → {self.tier}"
