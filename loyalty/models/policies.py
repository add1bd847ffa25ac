"""Policies over time: what was in force when, lifetimes for some members, and budgets of rules."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from loyalty.models.accounts import Currency
from loyalty.texts import Bilingual


class PolicyVersion(models.Model):
    """The programme's policies as they stood from an instant on. Frozen; the next one ends it."""

    number = models.PositiveIntegerField(_("version"), unique=True)
    terms = models.JSONField(_("policies"))
    effective_from = models.DateTimeField(_("in force from"), db_index=True)
    published_at = models.DateTimeField(_("published"))
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("published by")
    )
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("policy version")
        verbose_name_plural = _("policy versions")
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"v{self.number}"


class Lifetime(models.Model):
    """How long points live for the members a condition picks; the first by ``rank`` that holds counts."""

    currency = models.ForeignKey(Currency, models.PROTECT, related_name="lifetimes", verbose_name=_("currency"))
    name_zh = models.CharField(_("name (Chinese)"), max_length=40)
    name_en = models.CharField(_("name (English)"), max_length=40)
    rank = models.PositiveSmallIntegerField(_("order"), default=100)
    condition = models.JSONField(_("for members"), default=dict, blank=True)
    mode = models.CharField(_("expires"), max_length=16, choices=Currency.ExpiryMode)
    length = models.PositiveSmallIntegerField(_("length"), default=12)
    is_active = models.BooleanField(_("active"), default=True)
    history = HistoricalRecords()

    name = Bilingual("name")

    class Meta:
        verbose_name = _("lifetime")
        verbose_name_plural = _("lifetimes")
        ordering = ["currency", "rank", "id"]

    def __str__(self) -> str:
        return self.name


class BudgetUse(models.Model):
    """What a rule has given everybody together in a period, for its budget. Its row is a lock as well."""

    rule = models.ForeignKey("loyalty.Rule", models.PROTECT, related_name="budget_uses", verbose_name=_("rule"))
    currency = models.ForeignKey(Currency, models.PROTECT, related_name="+", verbose_name=_("currency"))
    per = models.CharField(_("per"), max_length=8)
    since = models.DateField(_("from"))
    used = models.BigIntegerField(_("given"), default=0)

    class Meta:
        verbose_name = _("use of a budget")
        verbose_name_plural = _("use of budgets")
        constraints = [
            models.UniqueConstraint(fields=["rule", "currency", "per", "since"], name="one_use_of_a_budget"),
        ]

    def __str__(self) -> str:
        return f"{self.rule_id} {self.per} {self.used}"
