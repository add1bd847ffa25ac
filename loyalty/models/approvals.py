"""Deeds of value that wait for a second person, and how much each role may do alone."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords


class Threshold(models.Model):
    """What members of a role may do without a second person; 0: nothing. The highest one counts."""

    class Deed(models.TextChoices):
        ADJUST = "adjust", _("adjust points")
        BULK = "bulk", _("bulk file of adjustments")
        FORGIVE = "forgive", _("forgive debt")

    group = models.ForeignKey("auth.Group", models.CASCADE, related_name="thresholds", verbose_name=_("role"))
    deed = models.CharField(_("deed"), max_length=10, choices=Deed)
    points_alone = models.PositiveIntegerField(_("points without approval"), default=0)
    points_a_day = models.PositiveIntegerField(_("points a day without approval"), default=0)
    may_approve = models.BooleanField(_("may approve others'"), default=False)
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("limit of a role")
        verbose_name_plural = _("limits of roles")
        constraints = [models.UniqueConstraint(fields=["group", "deed"], name="one_threshold_for_a_deed")]

    def __str__(self) -> str:
        return f"{self.group}: {self.get_deed_display()}"


class Approval(models.Model):
    """A deed asked for by one person and decided by another. Done once, whatever is clicked."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        APPROVED = "approved", _("approved")
        REJECTED = "rejected", _("rejected")
        WITHDRAWN = "withdrawn", _("withdrawn")

    deed = models.CharField(_("deed"), max_length=10, choices=Threshold.Deed)
    account = models.ForeignKey(
        "loyalty.Account", models.PROTECT, null=True, related_name="approvals", verbose_name=_("account")
    )
    amount = models.BigIntegerField(_("amount"))
    terms = models.JSONField(_("terms"), default=dict)
    reason = models.CharField(_("reason"), max_length=200)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    partner = models.ForeignKey(
        "loyalty.Partner", models.PROTECT, null=True, related_name="approvals", verbose_name=_("partner")
    )
    asked_at = models.DateTimeField(_("asked"))
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(_("decided"), null=True)
    answer = models.CharField(_("answer"), max_length=200, blank=True)
    is_suspicious = models.BooleanField(_("looks split"), default=False)
    entry = models.OneToOneField(
        "loyalty.Entry", models.PROTECT, null=True, related_name="approval", verbose_name=_("entry")
    )

    class Meta:
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        constraints = [
            models.CheckConstraint(
                name="approval_needs_two_people",
                condition=~Q(state="approved") | Q(asked_by=None) | ~Q(asked_by=F("decided_by")),
            ),
        ]
        indexes = [models.Index(fields=["asked_at"], name="approval_waiting", condition=Q(state="waiting"))]

    def __str__(self) -> str:
        return f"{self.get_deed_display()} {self.amount:+,d}"
