"""Scheduled work and what waits to be delivered. These rows are the truth; messages only wake."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class JobRun(models.Model):
    """One period of one job. Claimed by lease; resumable from ``cursor``; done once."""

    class State(models.TextChoices):
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    job = models.CharField(_("job"), max_length=40)
    period = models.CharField(_("period"), max_length=40)
    state = models.CharField(_("state"), max_length=8, choices=State)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=1)
    leased_until = models.DateTimeField(_("leased until"))
    cursor = models.CharField(_("cursor"), max_length=80, blank=True)
    counts = models.JSONField(_("counts"), default=dict)
    error = models.TextField(_("error"), blank=True)
    started_at = models.DateTimeField(_("started"))
    finished_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        verbose_name = _("job run")
        verbose_name_plural = _("job runs")
        constraints = [models.UniqueConstraint(fields=["job", "period"], name="a_period_runs_once")]

    def __str__(self) -> str:
        return f"{self.job} {self.period} {self.state}"


class OutboxMessage(models.Model):
    """Something to be told outside, written in the transaction of the deed."""

    topic = models.CharField(_("topic"), max_length=40)
    key = models.CharField(_("key"), max_length=200, unique=True)
    payload = models.JSONField(_("payload"))
    created_at = models.DateTimeField(_("created"))
    due_at = models.DateTimeField(_("due"))
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    delivered_at = models.DateTimeField(_("delivered"), null=True)
    dead_at = models.DateTimeField(_("given up"), null=True)
    error = models.TextField(_("error"), blank=True)

    class Meta:
        verbose_name = _("outbox message")
        verbose_name_plural = _("outbox messages")
        indexes = [models.Index(fields=["due_at"], name="outbox_waiting", condition=Q(delivered_at=None, dead_at=None))]

    def __str__(self) -> str:
        return f"{self.topic} {self.key}"
