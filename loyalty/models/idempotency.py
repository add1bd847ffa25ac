"""The first layer against doing things twice, and the counters that hold rate limits."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class IdempotencyKey(models.Model):
    """One ``Idempotency-Key`` of a partner and the answer it got. Kept 30 days."""

    partner = models.ForeignKey("loyalty.Partner", models.CASCADE, related_name="+", verbose_name=_("partner"))
    key = models.CharField(_("key"), max_length=255)
    fingerprint = models.CharField(_("fingerprint"), max_length=64)
    locked_at = models.DateTimeField(_("running since"), null=True)
    status = models.PositiveSmallIntegerField(_("status"), null=True)
    answer = models.JSONField(_("answer"), null=True)
    created_at = models.DateTimeField(_("created"), db_index=True)

    class Meta:
        verbose_name = _("idempotency key")
        verbose_name_plural = _("idempotency keys")
        constraints = [models.UniqueConstraint(fields=["partner", "key"], name="idempotency_key_is_unique")]

    def __str__(self) -> str:
        return self.key


class RateCounter(models.Model):
    """How often something was tried in one window. Counted by upsert, so parallel calls add up."""

    bucket = models.CharField(_("bucket"), max_length=120)
    window = models.BigIntegerField(_("window"))
    hits = models.PositiveIntegerField(_("hits"), default=0)

    class Meta:
        verbose_name = _("rate counter")
        verbose_name_plural = _("rate counters")
        constraints = [
            models.UniqueConstraint(fields=["bucket", "window"], name="one_counter_for_a_window"),
            models.CheckConstraint(name="rate_hits_not_negative", condition=Q(hits__gte=0)),
        ]

    def __str__(self) -> str:
        return f"{self.bucket} {self.hits}"
