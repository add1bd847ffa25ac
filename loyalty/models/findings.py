"""What the auditor found, and what people did about it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Finding(models.Model):
    """A breach of an invariant, from when it was first seen until it is gone.

    ``proposal`` is the compensating entry that would mend it: ``{"currency", "amount", "reason"}``,
    or empty where no entry can.
    """

    invariant = models.CharField(_("invariant"), max_length=8)
    row = models.CharField(_("row"), max_length=120)
    found = models.CharField(_("found"), max_length=300)
    account = models.ForeignKey(
        "loyalty.Account", models.PROTECT, null=True, related_name="findings", verbose_name=_("account")
    )
    proposal = models.JSONField(_("proposal"), default=dict)
    approval = models.OneToOneField(
        "loyalty.Approval", models.PROTECT, null=True, related_name="finding", verbose_name=_("approval")
    )
    found_at = models.DateTimeField(_("found at"))
    seen_at = models.DateTimeField(_("last seen"))
    gone_at = models.DateTimeField(_("gone"), null=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("released by")
    )

    class Meta:
        verbose_name = _("finding")
        verbose_name_plural = _("findings")
        constraints = [
            models.UniqueConstraint(
                fields=["invariant", "row"], condition=Q(gone_at=None), name="one_open_finding_of_a_row"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.invariant} {self.row}"
