"""Orders as the tills told them, members' and guests', with what has been refunded since."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from loyalty import ids


class Order(models.Model):
    """One purchase. A guest order has no account until it is claimed.

    ``total_minor`` is what was paid in all (freight and points-paid part included);
    ``refunded_minor`` is cumulative and may exceed the total (the excess is flagged, not clawed).
    ``clawed`` maps each earning entry to what has been asked back of it, cumulative, less what came
    back since. ``payment`` is the entry by which points paid a part, ``points_returned`` how many of
    them went back. ``reversals`` lists refunds taken back: ``[instant, minor units]``. ``version`` is
    the partner's own count of how often it told the order.
    """

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    partner = models.ForeignKey("loyalty.Partner", models.PROTECT, related_name="orders", verbose_name=_("partner"))
    external_id = models.CharField(_("order id"), max_length=100)
    account = models.ForeignKey(
        "loyalty.Account", models.PROTECT, null=True, blank=True, related_name="orders", verbose_name=_("account")
    )
    customer_ref = models.CharField(_("customer reference"), max_length=100, blank=True)
    store = models.ForeignKey(
        "loyalty.Store", models.PROTECT, null=True, blank=True, related_name="orders", verbose_name=_("store")
    )
    event = models.OneToOneField("loyalty.Event", models.PROTECT, related_name="order", verbose_name=_("event"))
    currency = models.CharField(_("money"), max_length=3)
    total_minor = models.BigIntegerField(_("total (minor units)"))
    freight_minor = models.BigIntegerField(_("freight (minor units)"), default=0)
    points_paid_minor = models.BigIntegerField(_("paid with points (minor units)"), default=0)
    refunded_minor = models.BigIntegerField(_("refunded so far (minor units)"), default=0)
    clawed = models.JSONField(_("taken back so far"), default=dict)
    payment = models.OneToOneField(
        "loyalty.Entry", models.PROTECT, null=True, blank=True, related_name="paid_order", verbose_name=_("payment")
    )
    points_returned = models.BigIntegerField(_("points given back"), default=0)
    gift_returned_at = models.DateTimeField(_("gift received back"), null=True, blank=True)
    reversals = models.JSONField(_("refunds taken back"), default=list)
    version = models.PositiveIntegerField(_("version"), default=0)
    placed_at = models.DateTimeField(_("placed"))
    placed_on = models.DateField(_("business day"))

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        constraints = [
            models.UniqueConstraint(fields=["partner", "external_id"], name="order_id_is_unique_for_a_partner"),
            models.CheckConstraint(name="order_total_not_negative", condition=Q(total_minor__gte=0)),
            models.CheckConstraint(name="order_refund_not_negative", condition=Q(refunded_minor__gte=0)),
        ]
        indexes = [
            models.Index(fields=["account", "placed_at"], name="order_by_account"),
            models.Index(fields=["partner", "customer_ref"], name="order_by_customer"),
        ]

    def __str__(self) -> str:
        return self.external_id


class OrderLine(models.Model):
    """A line of an order. ``kind`` decides whether it earns; voided lines never do."""

    class Kind(models.TextChoices):
        GOODS = "goods", _("goods")
        SERVICE = "service", _("service")
        GIFT_CARD = "gift_card", _("gift card")
        REWARD = "reward", _("reward")

    order = models.ForeignKey(Order, models.CASCADE, related_name="lines", verbose_name=_("order"))
    position = models.PositiveSmallIntegerField(_("position"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.GOODS)
    sku = models.CharField(_("SKU"), max_length=64, blank=True)
    title = models.CharField(_("title"), max_length=200, blank=True)
    category = models.CharField(_("category"), max_length=64, blank=True)
    quantity = models.IntegerField(_("quantity"), default=1)
    amount_minor = models.BigIntegerField(_("amount (minor units)"))
    is_voided = models.BooleanField(_("voided"), default=False)

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        ordering = ["order", "position"]
        constraints = [models.UniqueConstraint(fields=["order", "position"], name="line_position_is_unique")]

    def __str__(self) -> str:
        return self.title or self.sku


REMAINING_MINOR = F("total_minor") - F("refunded_minor")
