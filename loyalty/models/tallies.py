"""Numbers counted per account, metric and business day. Windows over them answer everything."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from loyalty.texts import Bilingual


class Metric(models.Model):
    """A number an event kind moves. Built-in ones come from the apps, others from operators."""

    class Measure(models.TextChoices):
        COUNT = "count", _("how many")
        SUM = "sum", _("sum of a field")

    code = models.CharField(_("code"), max_length=60, unique=True)
    name_zh = models.CharField(_("name (Chinese)"), max_length=40)
    name_en = models.CharField(_("name (English)"), max_length=40)
    kind = models.CharField(_("event kind"), max_length=40, blank=True)
    condition = models.JSONField(_("only if"), default=dict, blank=True)
    measure = models.CharField(_("counts"), max_length=8, choices=Measure, default=Measure.COUNT)
    field = models.CharField(_("field"), max_length=60, blank=True)
    is_builtin = models.BooleanField(_("built in"), default=False, editable=False)

    name = Bilingual("name")

    class Meta:
        verbose_name = _("metric")
        verbose_name_plural = _("metrics")

    def __str__(self) -> str:
        return self.name


class Tally(models.Model):
    """The value of one metric for one account on one business day. Zero rows may stay."""

    account = models.ForeignKey(
        "loyalty.Account", models.CASCADE, related_name="tallies", db_index=False, verbose_name=_("account")
    )
    metric = models.ForeignKey(Metric, models.PROTECT, related_name="+", db_index=False, verbose_name=_("metric"))
    day = models.DateField(_("business day"))
    value = models.BigIntegerField(_("value"))

    class Meta:
        verbose_name = _("tally")
        verbose_name_plural = _("tallies")
        constraints = [models.UniqueConstraint(fields=["account", "metric", "day"], name="one_tally_a_day")]
        indexes = [models.Index(fields=["metric", "day"], name="tally_by_metric")]

    def __str__(self) -> str:
        return f"{self.metric_id} {self.day} {self.value}"
