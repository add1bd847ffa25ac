"""What members care about, from a list the brand keeps."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from loyalty.texts import Bilingual


class Interest(models.Model):
    """Something a member may tick on the profile."""

    code = models.SlugField(_("code"), max_length=30, unique=True)
    name_zh = models.CharField(_("name (Chinese)"), max_length=20)
    name_en = models.CharField(_("name (English)"), max_length=20)
    rank = models.PositiveSmallIntegerField(_("rank"), default=0)
    archived_at = models.DateTimeField(_("retired"), null=True, blank=True)

    name = Bilingual("name")

    class Meta:
        verbose_name = _("interest")
        verbose_name_plural = _("interests")
        ordering = ["rank", "pk"]

    def __str__(self) -> str:
        return self.name


class MemberInterest(models.Model):
    """A tick."""

    member = models.ForeignKey(
        "members.Member", models.CASCADE, related_name="interests", db_index=False, verbose_name=_("member")
    )
    interest = models.ForeignKey(Interest, models.CASCADE, related_name="members", verbose_name=_("interest"))

    class Meta:
        verbose_name = _("member's interest")
        verbose_name_plural = _("members' interests")
        constraints = [models.UniqueConstraint(fields=["member", "interest"], name="one_tick_an_interest")]

    def __str__(self) -> str:
        return f"{self.interest_id}"
