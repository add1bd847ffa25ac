"""Rewards that members have taken."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Redemption(models.Model):
    """One taking of a reward. ``token`` is the client's: the same token is the same redemption.

    ``benefit`` is the one whose price it was taken at, ``claim`` the use of it that was taken for that; what
    cost no points has no entry.
    """

    class State(models.TextChoices):
        CONFIRMED = "confirmed", _("confirmed")
        VERIFIED = "verified", _("handed over")
        CANCELLED = "cancelled", _("cancelled")

    number = models.CharField(_("number"), max_length=20, unique=True)
    token = models.CharField(_("client token"), max_length=100)
    account = models.ForeignKey(
        "loyalty.Account", models.PROTECT, related_name="redemptions", verbose_name=_("account")
    )
    reward = models.ForeignKey("rewards.Reward", models.PROTECT, related_name="redemptions", verbose_name=_("reward"))
    quantity = models.PositiveSmallIntegerField(_("quantity"), default=1)
    points = models.PositiveIntegerField(_("points"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.CONFIRMED)
    entry = models.OneToOneField(
        "loyalty.Entry", models.PROTECT, null=True, related_name="redemption", verbose_name=_("entry")
    )
    benefit = models.ForeignKey(
        "members.Benefit",
        models.PROTECT,
        null=True,
        related_name="redemptions",
        verbose_name=_("at the price of the benefit"),
    )
    claim = models.ForeignKey(
        "members.BenefitClaim",
        models.SET_NULL,
        null=True,
        related_name="redemptions",
        verbose_name=_("use of the benefit"),
    )
    redeemed_at = models.DateTimeField(_("redeemed"))
    cancelled_at = models.DateTimeField(pgettext_lazy("redemption", "cancelled"), null=True)

    class Meta:
        verbose_name = _("redemption")
        verbose_name_plural = _("redemptions")
        constraints = [
            models.UniqueConstraint(fields=["account", "token"], name="redemption_token_is_unique"),
            models.CheckConstraint(name="redemption_quantity_positive", condition=Q(quantity__gte=1)),
            models.CheckConstraint(
                name="redemption_paid_by_entry",
                condition=Q(points=0, entry__isnull=True) | Q(points__gt=0, entry__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["account", "redeemed_at"], name="redemption_by_account")]

    def __str__(self) -> str:
        return self.number
