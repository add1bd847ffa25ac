"""Files of adjustments: one wish with many lines, agreed to as a whole."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class AdjustmentFile(models.Model):
    """A file of adjustments. The approval it belongs to says who asked and who agreed; done once."""

    approval = models.OneToOneField(
        "loyalty.Approval", models.PROTECT, related_name="adjustment_file", verbose_name=_("approval")
    )
    file_name = models.CharField(_("file"), max_length=200)
    file_hash = models.CharField(_("SHA-256"), max_length=64, unique=True)
    currency = models.ForeignKey("loyalty.Currency", models.PROTECT, related_name="+", verbose_name=_("currency"))
    given = models.BigIntegerField(_("points given"), default=0)
    taken = models.BigIntegerField(_("points taken"), default=0)
    done_at = models.DateTimeField(_("done"), null=True)

    class Meta:
        verbose_name = _("file of adjustments")
        verbose_name_plural = _("files of adjustments")

    def __str__(self) -> str:
        return self.file_name


class AdjustmentLine(models.Model):
    """One row of the file and the entry it became; ``refused`` says why where it became none."""

    file = models.ForeignKey(AdjustmentFile, models.CASCADE, related_name="lines", verbose_name=_("file"))
    number = models.PositiveIntegerField(_("row"))
    account = models.ForeignKey("loyalty.Account", models.PROTECT, related_name="+", verbose_name=_("account"))
    amount = models.BigIntegerField(_("amount"))
    note = models.CharField(_("note"), max_length=120, blank=True)
    entry = models.OneToOneField(
        "loyalty.Entry", models.PROTECT, null=True, related_name="adjustment_line", verbose_name=_("entry")
    )
    refused = models.CharField(_("refused"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("line of a file")
        verbose_name_plural = _("lines of a file")
        constraints = [
            models.UniqueConstraint(fields=["file", "number"], name="one_adjustment_a_row"),
            models.CheckConstraint(name="adjustment_line_moves", condition=~Q(amount=0)),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.amount:+d}"
