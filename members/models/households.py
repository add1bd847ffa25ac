"""Invitations to share a purse. The purse itself is kept by the books (``loyalty.ledger.pooling``)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from loyalty.models import PoolMembership


class HouseholdInvite(models.Model):
    """Asks somebody to share a household's purse; open until it is taken, withdrawn or over.

    The code is shown once to who invites; only its hash is kept.
    """

    pool = models.ForeignKey("loyalty.Pool", models.PROTECT, related_name="invites", verbose_name=_("shared purse"))
    invited_by = models.ForeignKey("members.Member", models.CASCADE, related_name="+", verbose_name=_("invited by"))
    role = models.CharField(_("role"), max_length=12, choices=PoolMembership.Role, default=PoolMembership.Role.ADULT)
    code_hash = models.CharField(_("code"), max_length=64, unique=True)
    invited_at = models.DateTimeField(_("invited"))
    expires_at = models.DateTimeField(_("ends"))
    taken_by = models.ForeignKey(
        "members.Member", models.SET_NULL, null=True, related_name="+", verbose_name=_("taken by")
    )
    taken_at = models.DateTimeField(_("taken"), null=True)
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True)

    class Meta:
        verbose_name = _("invitation to a household")
        verbose_name_plural = _("invitations to households")

    def __str__(self) -> str:
        return f"{self.pool_id}"
