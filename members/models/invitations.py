"""Who brought whom. The code is a member's own; what it is worth is said by rules."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ReferralCode(models.Model):
    """A member's code to pass on. It carries no secret."""

    member = models.OneToOneField(
        "members.Member", models.CASCADE, primary_key=True, related_name="referral_code", verbose_name=_("member")
    )
    code = models.CharField(_("code"), max_length=12, unique=True)

    class Meta:
        verbose_name = _("referral code")
        verbose_name_plural = _("referral codes")

    def __str__(self) -> str:
        return self.code


class Referral(models.Model):
    """Who joined with whose code."""

    member = models.OneToOneField(
        "members.Member", models.CASCADE, primary_key=True, related_name="referral", verbose_name=_("member")
    )
    referrer = models.ForeignKey(
        "members.Member", models.SET_NULL, null=True, related_name="referrals", verbose_name=_("brought by")
    )
    code = models.CharField(_("code"), max_length=12)
    joined_at = models.DateTimeField(_("joined"))

    class Meta:
        verbose_name = _("referral")
        verbose_name_plural = _("referrals")

    def __str__(self) -> str:
        return self.code
