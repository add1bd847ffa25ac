"""Orders as the tills told them, members' and guests'."""

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import display

from loyalty.admin import showing
from loyalty.admin.base import AppendOnly, ReadOnlyInline
from loyalty.admin.owners import Belonging
from loyalty.models import Order, OrderLine


class LineInline(ReadOnlyInline):
    model = OrderLine
    fields = ("position", "kind", "sku", "title", "category", "quantity", "paid", "is_voided")
    readonly_fields = ("paid",)

    @display(description=_("amount"))
    def paid(self, line: OrderLine) -> str:
        return showing.money(line.amount_minor, line.order.currency)


@admin.register(Order)
class OrderAdmin(Belonging, AppendOnly):
    actions_detail = ("give_to",)
    list_display = ("external_id", "owner", "total", "refunded", "store", "partner", "placed")
    list_filter = ("partner", "store", ("placed_on", RangeDateFilter))
    list_filter_submit = True
    search_fields = ("=external_id", "=customer_ref", "=account__number")
    search_help_text = _("Order id, customer reference or account number")
    list_select_related = ("account", "store", "partner")
    ordering = ("-placed_at", "-id")
    inlines = (LineInline,)
    fields = (
        "external_id",
        "partner",
        "owner",
        "customer_ref",
        "store",
        "total",
        "freight",
        "by_points",
        "refunded",
        "placed_at",
        "fact",
    )
    readonly_fields = ("owner", "total", "freight", "by_points", "refunded", "fact")

    @display(description=_("account"))
    def owner(self, order: Order) -> SafeString | str:
        return showing.link(order.account) if order.account else str(_("guest"))

    @display(description=_("total"), ordering="total_minor")
    def total(self, order: Order) -> str:
        return showing.money(order.total_minor, order.currency)

    @display(description=_("freight"))
    def freight(self, order: Order) -> str:
        return showing.money(order.freight_minor, order.currency)

    @display(description=_("paid with points"))
    def by_points(self, order: Order) -> str:
        return showing.money(order.points_paid_minor, order.currency)

    @display(description=_("refunded"), ordering="refunded_minor")
    def refunded(self, order: Order) -> str:
        return showing.money(order.refunded_minor, order.currency) if order.refunded_minor else "–"

    @display(description=_("placed"), ordering="placed_at")
    def placed(self, order: Order) -> str:
        return showing.when(order.placed_at)

    @display(description=_("What the rules made of it"))
    def fact(self, order: Order) -> SafeString | str:
        return showing.link(order.event, _("Open the receipt"))
