"""The tiers of a ladder: how they look, what they bring, and what they ask for."""

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from loyalty.texts import Bilingual
from members.models.ladders import MAIN, Ladder

COLOR = RegexValidator(r"^#[0-9a-fA-F]{6}$", _("Give a colour as #rrggbb."))


class Tier(models.Model):
    """A step of a ladder. Looks and texts show at once; what it asks for counts once it is published.

    Reached when both ``threshold`` (≥, of what the ladder counts) and ``requirement`` hold, whichever are
    given; kept by ``keep_threshold`` and ``retention`` or, where neither is given, by the same. Tiers by
    invitation or payment are never reached by figures.
    """

    class Icon(models.TextChoices):
        SPROUT = "sprout", _("sprout")
        LEAF = "leaf", _("leaf")
        STAR = "star", _("star")
        CROWN = "crown", _("crown")
        GEM = "gem", _("gem")

    ladder = models.ForeignKey(Ladder, models.PROTECT, related_name="tiers", default=MAIN, verbose_name=_("ladder"))
    code = models.SlugField(_("code"), max_length=20, unique=True)
    name_zh = models.CharField(_("name (Chinese)"), max_length=20)
    name_en = models.CharField(_("name (English)"), max_length=20)
    rank = models.PositiveSmallIntegerField(_("rank"))
    threshold = models.PositiveBigIntegerField(_("growth needed"), null=True, blank=True)
    requirement = models.JSONField(_("and to reach it"), default=dict, blank=True)
    keep_threshold = models.PositiveBigIntegerField(_("growth needed to keep it"), null=True, blank=True)
    retention = models.JSONField(_("and to keep it"), default=dict, blank=True)
    is_invitation_only = models.BooleanField(_("by invitation only"), default=False)
    is_paid = models.BooleanField(_("bought"), default=False)
    icon = models.CharField(_("icon"), max_length=10, choices=Icon, blank=True)
    color_from = models.CharField(_("card colour"), max_length=7, default="#1d6b52", validators=[COLOR])
    color_to = models.CharField(_("card colour, far end"), max_length=7, default="#0f3d2f", validators=[COLOR])
    benefits_zh = models.CharField(_("benefits (Chinese)"), max_length=200, blank=True)
    benefits_en = models.CharField(_("benefits (English)"), max_length=200, blank=True)
    greeting_zh = models.CharField(_("greeting on reaching it (Chinese)"), max_length=200, blank=True)
    greeting_en = models.CharField(_("greeting on reaching it (English)"), max_length=200, blank=True)
    archived_at = models.DateTimeField(_("retired"), null=True, blank=True)

    name = Bilingual("name")
    benefits = Bilingual("benefits")
    greeting = Bilingual("greeting")

    class Meta:
        verbose_name = _("tier")
        verbose_name_plural = _("tiers")
        ordering = ["ladder", "rank"]
        constraints = [
            models.UniqueConstraint(name="tier_ranks_differ", fields=["ladder", "rank"], condition=Q(archived_at=None))
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_by_figures(self) -> bool:
        """Whether members reach it by what they do."""
        return not (self.is_invitation_only or self.is_paid) and self.archived_at is None
