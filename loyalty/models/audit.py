"""Who did what, and the seals that show when somebody changed the books behind our back."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from loyalty import ids


class AuditRecord(models.Model):
    """One deed of a person or partner: before and after, why, from where. Append-only by trigger."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    deed = models.CharField(_("deed"), max_length=60)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    partner = models.ForeignKey(
        "loyalty.Partner", models.PROTECT, null=True, related_name="+", verbose_name=_("partner")
    )
    subject = models.CharField(_("subject"), max_length=120)
    before = models.JSONField(_("before"), default=dict)
    after = models.JSONField(_("after"), default=dict)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    address = models.CharField(_("network address"), max_length=45, blank=True)
    request_id = models.CharField(_("request id"), max_length=40, blank=True)
    recorded_at = models.DateTimeField(_("recorded"), db_index=True)

    class Meta:
        verbose_name = _("audit record")
        verbose_name_plural = _("audit records")

    def __str__(self) -> str:
        return f"{self.deed} {self.subject}"


class Seal(models.Model):
    """A link of the chain: the digest of a stretch of rows together with the seal before.

    ``chain`` is ``ledger`` or ``audit``. The stretch is of rows recorded in [``since``, ``until``).
    """

    chain = models.CharField(_("chain"), max_length=10)
    number = models.PositiveIntegerField(_("number"))
    since = models.DateTimeField(_("from"))
    until = models.DateTimeField(_("until"))
    rows = models.PositiveIntegerField(_("rows"))
    digest = models.CharField(_("digest"), max_length=64)
    sealed_at = models.DateTimeField(_("sealed"))

    class Meta:
        verbose_name = _("seal")
        verbose_name_plural = _("seals")
        constraints = [models.UniqueConstraint(fields=["chain", "number"], name="seal_number_is_unique")]

    def __str__(self) -> str:
        return f"{self.chain} #{self.number}"
