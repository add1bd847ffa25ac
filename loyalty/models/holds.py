"""Points set aside for a while: a till that is still taking payment, a reward not yet handed over."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from loyalty import ids


class Hold(models.Model):
    """A reservation of points. It ends once: captured (in part or whole), released, or lapsed.

    ``key`` is the caller's: the same key is the same hold. Of what was captured there is one entry.
    """

    class State(models.TextChoices):
        HELD = "held", _("held")
        CAPTURED = "captured", _("captured")
        RELEASED = "released", _("released")
        LAPSED = "lapsed", _("lapsed")

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    key = models.CharField(_("key"), max_length=200, unique=True)
    partner = models.ForeignKey(
        "loyalty.Partner", models.PROTECT, null=True, related_name="holds", verbose_name=_("partner")
    )
    account = models.ForeignKey("loyalty.Account", models.PROTECT, related_name="holds", verbose_name=_("account"))
    currency = models.ForeignKey("loyalty.Currency", models.PROTECT, related_name="+", verbose_name=_("currency"))
    amount = models.BigIntegerField(_("amount"))
    captured = models.BigIntegerField(_("captured"), default=0)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.HELD)
    memo = models.CharField(_("memo"), max_length=120, blank=True)
    fingerprint = models.CharField(_("fingerprint"), max_length=64)
    held_at = models.DateTimeField(_("held"))
    lapses_at = models.DateTimeField(_("lapses"))
    ended_at = models.DateTimeField(_("ended"), null=True)
    entry = models.OneToOneField(
        "loyalty.Entry", models.PROTECT, null=True, related_name="hold", verbose_name=_("entry")
    )

    class Meta:
        verbose_name = _("hold")
        verbose_name_plural = _("holds")
        constraints = [
            models.CheckConstraint(name="hold_amount_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="hold_captured_in_range", condition=Q(captured__gte=0) & Q(captured__lte=F("amount"))
            ),
            models.CheckConstraint(
                name="hold_ends_when_it_ends",
                condition=Q(state="held", ended_at=None) | (~Q(state="held") & Q(ended_at__isnull=False)),
            ),
        ]
        indexes = [
            models.Index(fields=["lapses_at"], name="hold_lapsing", condition=Q(state="held")),
            models.Index(fields=["account"], name="hold_open", condition=Q(state="held")),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.state}"


class HoldPart(models.Model):
    """What a hold set aside of one lot; released to the same lot."""

    hold = models.ForeignKey(Hold, models.PROTECT, related_name="parts")
    lot = models.ForeignKey("loyalty.Lot", models.PROTECT, related_name="hold_parts", verbose_name=_("lot"))
    amount = models.BigIntegerField(_("amount"))

    class Meta:
        verbose_name = _("part of a hold")
        verbose_name_plural = _("parts of holds")
        constraints = [
            models.UniqueConstraint(fields=["hold", "lot"], name="one_part_of_a_lot"),
            models.CheckConstraint(name="hold_part_positive", condition=Q(amount__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.hold_id} {self.amount}"
