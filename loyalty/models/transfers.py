"""Points that change hands between members: gifts, shared purses and merged accounts."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from loyalty import ids


class Transfer(models.Model):
    """Points that went from one account to another, lot by lot. ``key`` makes a repeat harmless."""

    class Kind(models.TextChoices):
        GIFT = "gift", _("gift")
        POOL_IN = "pool_in", _("into the shared purse")
        POOL_OUT = "pool_out", _("back from the shared purse")
        MERGE = "merge", _("merged accounts")

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    key = models.CharField(_("key"), max_length=200, unique=True)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.GIFT)
    giver = models.ForeignKey("loyalty.Account", models.PROTECT, related_name="given", verbose_name=_("giver"))
    receiver = models.ForeignKey("loyalty.Account", models.PROTECT, related_name="received", verbose_name=_("receiver"))
    currency = models.ForeignKey("loyalty.Currency", models.PROTECT, related_name="+", verbose_name=_("currency"))
    amount = models.BigIntegerField(_("amount"))
    entry = models.OneToOneField("loyalty.Entry", models.PROTECT, related_name="transfer", verbose_name=_("entry"))
    memo = models.CharField(_("memo"), max_length=120, blank=True)
    transferred_at = models.DateTimeField(_("transferred"))
    transferred_on = models.DateField(_("business day"))

    class Meta:
        verbose_name = _("transfer")
        verbose_name_plural = _("transfers")
        constraints = [
            models.CheckConstraint(name="transfer_amount_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(name="transfer_to_another", condition=~Q(giver=F("receiver"))),
        ]
        indexes = [models.Index(fields=["giver", "transferred_on"], name="transfer_by_giver")]

    def __str__(self) -> str:
        return f"{self.amount} {self.get_kind_display()}"


class TransferPart(models.Model):
    """What of one lot went over: the receiver's entry, whose lot keeps the dates of ``source``."""

    transfer = models.ForeignKey(Transfer, models.PROTECT, related_name="parts", verbose_name=_("transfer"))
    entry = models.OneToOneField("loyalty.Entry", models.PROTECT, related_name="transfer_part", verbose_name=_("entry"))
    source = models.ForeignKey("loyalty.Lot", models.PROTECT, related_name="+", verbose_name=_("from lot"))

    class Meta:
        verbose_name = _("part of a transfer")
        verbose_name_plural = _("parts of transfers")

    def __str__(self) -> str:
        return f"{self.transfer_id}"


class Pool(models.Model):
    """A purse that several accounts share. Its lots remember who brought them (``Lot.origin``)."""

    account = models.OneToOneField("loyalty.Account", models.PROTECT, related_name="pool", verbose_name=_("account"))
    name = models.CharField(_("name"), max_length=40)
    opened_at = models.DateTimeField(_("opened"))
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    class Meta:
        verbose_name = _("shared purse")
        verbose_name_plural = _("shared purses")

    def __str__(self) -> str:
        return self.name


class PoolMembership(models.Model):
    """Who shares a purse, since when; ``percent`` of what they earn goes there."""

    class Role(models.TextChoices):
        OWNER = "owner", _("owner")
        ADULT = "adult", _("may spend")
        CONTRIBUTOR = "contributor", _("contributes only")

    pool = models.ForeignKey(Pool, models.PROTECT, related_name="memberships", verbose_name=_("shared purse"))
    account = models.ForeignKey(
        "loyalty.Account", models.PROTECT, related_name="pool_memberships", verbose_name=_("account")
    )
    role = models.CharField(_("role"), max_length=12, choices=Role, default=Role.ADULT)
    percent = models.PositiveSmallIntegerField(_("share of new points (%)"), default=0)
    joined_at = models.DateTimeField(_("joined"))
    left_at = models.DateTimeField(_("left"), null=True, blank=True)

    class Meta:
        verbose_name = _("share in a purse")
        verbose_name_plural = _("shares in purses")
        constraints = [
            models.UniqueConstraint(fields=["account"], condition=Q(left_at=None), name="one_shared_purse_at_a_time"),
            models.CheckConstraint(name="pool_percent_in_range", condition=Q(percent__lte=100)),
        ]

    def __str__(self) -> str:
        return f"{self.pool_id}: {self.account_id}"


class Merge(models.Model):
    """Two accounts of one person made one. ``record`` keeps what is needed to take it back."""

    survivor = models.ForeignKey("loyalty.Account", models.PROTECT, related_name="merges", verbose_name=_("kept"))
    duplicate = models.ForeignKey("loyalty.Account", models.PROTECT, related_name="+", verbose_name=_("merged"))
    reason = models.CharField(_("reason"), max_length=200)
    record = models.JSONField(_("record"), default=dict)
    merged_at = models.DateTimeField(_("merged"))
    merged_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    undone_at = models.DateTimeField(_("taken back"), null=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("merge")
        verbose_name_plural = _("merges")
        constraints = [
            models.UniqueConstraint(fields=["duplicate"], condition=Q(undone_at=None), name="one_merge_at_a_time"),
        ]

    def __str__(self) -> str:
        return f"{self.duplicate} → {self.survivor}"
