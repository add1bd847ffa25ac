"""What the mall offers."""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from loyalty.texts import Bilingual


class Reward(models.Model):
    """A thing points buy. ``stock_left`` falls by conditional update and never below zero."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name_zh = models.CharField(_("name (Chinese)"), max_length=60)
    name_en = models.CharField(_("name (English)"), max_length=60, blank=True)
    text_zh = models.TextField(_("text (Chinese)"), blank=True)
    text_en = models.TextField(_("text (English)"), blank=True)
    picture = models.ImageField(_("picture"), upload_to="rewards/", blank=True)
    price_points = models.PositiveIntegerField(_("price in points"), validators=[MinValueValidator(1)])
    stock_left = models.PositiveIntegerField(_("in stock"), default=0)
    limit_per_member = models.PositiveSmallIntegerField(_("limit per member"), default=0, help_text=_("0: no limit"))
    is_on_shelf = models.BooleanField(_("on the shelf"), default=True)
    starts_at = models.DateTimeField(_("from"), default=timezone.now)
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)
    history = HistoricalRecords(excluded_fields=["stock_left"])

    name = Bilingual("name")
    text = Bilingual("text")

    class Meta:
        verbose_name = _("reward")
        verbose_name_plural = _("rewards")
        constraints = [models.CheckConstraint(name="reward_stock_not_negative", condition=Q(stock_left__gte=0))]

    def __str__(self) -> str:
        return self.name
