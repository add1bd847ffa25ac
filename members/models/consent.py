"""What the person agreed to, purpose by purpose, and when they took it back."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Consent(models.Model):
    """One answer to one purpose. The latest row counts; rows are never changed."""

    class Purpose(models.TextChoices):
        TERMS = "terms", _("membership terms and privacy notice")
        MARKETING = "marketing", _("offers and news")
        PROFILING = "profiling", _("recommendations that fit me")
        GUARDIAN = "guardian", _("agreement of a parent or guardian")

    class Source(models.TextChoices):
        WEB = "web", _("member page")
        API = "api", _("partner")
        IMPORT = "import", _("import")
        STAFF = "staff", _("staff")

    member = models.ForeignKey("members.Member", models.CASCADE, related_name="consents", verbose_name=_("member"))
    purpose = models.CharField(_("purpose"), max_length=12, choices=Purpose)
    version = models.CharField(_("version of the text"), max_length=20)
    is_given = models.BooleanField(_("given"))
    answered_at = models.DateTimeField(_("answered"))
    source = models.CharField(_("told by"), max_length=8, choices=Source, default=Source.WEB)

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        indexes = [models.Index(fields=["member", "purpose", "-answered_at"], name="consent_latest")]

    def __str__(self) -> str:
        return f"{self.purpose}: {self.is_given}"
