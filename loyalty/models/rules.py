"""Rules as operators write them, and the frozen versions that decide."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from loyalty.texts import Bilingual


class Rule(models.Model):
    """When / if / then. The row is the draft; publishing freezes it into a :class:`RuleVersion`.

    Shapes of the JSON columns are documented in ``loyalty.rules``.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        LIVE = "live", _("live")
        RETIRED = "retired", _("retired")

    code = models.SlugField(_("code"), max_length=60, unique=True)
    name_zh = models.CharField(_("name (Chinese)"), max_length=60)
    name_en = models.CharField(_("name (English)"), max_length=60, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.DRAFT, editable=False)
    kind = models.CharField(_("when"), max_length=40)
    condition = models.JSONField(_("if"), default=dict, blank=True)
    effects = models.JSONField(_("then"), default=list)
    schedule = models.JSONField(_("schedule"), default=dict, blank=True)
    caps = models.JSONField(_("limits"), default=list, blank=True)
    priority = models.PositiveSmallIntegerField(_("order"), default=100, help_text=_("Smaller comes first."))
    is_exclusive = models.BooleanField(_("alone"), default=False, help_text=_("If it applies, no other rule does."))
    stops = models.BooleanField(_("stops"), default=False, help_text=_("If it applies, later rules are skipped."))
    changed_at = models.DateTimeField(_("changed"), auto_now=True)
    history = HistoricalRecords()

    name = Bilingual("name")

    class Meta:
        verbose_name = _("rule")
        verbose_name_plural = _("rules")
        ordering = ["priority", "id"]

    def __str__(self) -> str:
        return self.name


class RuleVersionQuerySet(models.QuerySet["RuleVersion"]):
    def in_force(self, *, since: object, until: object) -> "RuleVersionQuerySet":
        """Versions that were in force at any instant of [since, until]."""
        return self.filter(effective_from__lte=until).filter(Q(effective_until=None) | Q(effective_until__gt=since))


class RuleVersion(models.Model):
    """A rule as it was published: frozen but for the instant it ceased. Entries name it."""

    rule = models.ForeignKey(Rule, models.PROTECT, related_name="versions", verbose_name=_("rule"))
    number = models.PositiveSmallIntegerField(_("version"))
    definition = models.JSONField(_("definition"))
    effective_from = models.DateTimeField(_("in force from"))
    effective_until = models.DateTimeField(_("in force until"), null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("published by")
    )
    published_at = models.DateTimeField(_("published"))

    objects = RuleVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("rule version")
        verbose_name_plural = _("rule versions")
        constraints = [
            models.UniqueConstraint(fields=["rule", "number"], name="rule_version_number_is_unique"),
            models.UniqueConstraint(
                fields=["rule"], condition=Q(effective_until=None), name="one_open_version_of_a_rule"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule} v{self.number}"
