"""What orders tell of a member, for conditions. Contributed in ``contributions``.

All orders that are on file count, those whose money was refunded too; money is what is left after refunds
where the label says so. A rule that judges an order is told of the orders before it. What is asked for a
period (so many orders in 90 days) is a metric.
"""

from collections.abc import Sequence

from django.db.models import Avg, BigIntegerField, CharField, F, OuterRef, Q, QuerySet
from django.db.models.expressions import BaseExpression
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Floor
from django.utils.translation import gettext_lazy as _

from loyalty.conditions import days, figures
from loyalty.conditions.codes import Codes
from loyalty.models import Order, OrderLine, Partner, Store
from loyalty.models.orders import REMAINING_MINOR
from loyalty.registry import Text, ValueType

NUMBER, MONEY, DATE, SET = ValueType.NUMBER, ValueType.MONEY, ValueType.DATE, ValueType.SET


def _orders() -> QuerySet[Order]:
    return Order.objects.filter(account=OuterRef("pk"))


def _latest() -> QuerySet[Order]:
    return _orders().order_by("-placed_at", "-pk")


def _lines() -> QuerySet[OrderLine]:
    return OrderLine.objects.filter(order__account=OuterRef("pk"), is_voided=False)


def _last_lines() -> QuerySet[OrderLine]:
    last = Order.objects.filter(account=OuterRef(OuterRef("pk"))).order_by("-placed_at", "-pk").values("pk")[:1]
    return OrderLine.objects.filter(order=last, is_voided=False)


def _channel() -> BaseExpression:
    return Cast(KeyTextTransform("channel", "event__payload"), CharField())


def _streak() -> BaseExpression:
    return days.months_in_a_row(_orders(), Order.objects.filter(account=OuterRef("account")), "placed_on")


def _average() -> BaseExpression:
    return Cast(Floor(figures.measured(_orders(), Avg("total_minor"))), BigIntegerField())


def _stores() -> Sequence[tuple[str, Text]]:
    return list(Store.objects.order_by("code").values_list("code", "name"))


def _cities() -> Sequence[tuple[str, Text]]:
    cities = Store.objects.exclude(city="").order_by("city").values_list("city", flat=True).distinct()
    return [(city, city) for city in cities]


def _partners() -> Sequence[tuple[str, Text]]:
    return list(Partner.objects.order_by("code").values_list("code", "name"))


def _line_kinds() -> Sequence[tuple[str, Text]]:
    return OrderLine.Kind.choices


_fact = figures.Family("order", _("Orders"), moves=True).fact


_DAYS = (
    _fact("first_on", _("day of the first order"), DATE, lambda: figures.least(_orders(), "placed_on")),
    _fact("last_on", _("day of the last order"), DATE, lambda: figures.most(_orders(), "placed_on")),
    _fact(
        "last_refunded_on",
        _("day of the last order that was refunded"),
        DATE,
        lambda: figures.most(_orders().filter(refunded_minor__gt=0), "placed_on"),
    ),
)
_COUNTS = (
    _fact("month_streak", _("months in a row with an order"), NUMBER, _streak),
    _fact("count", _("number of orders ever"), NUMBER, lambda: figures.count(_orders())),
    _fact(
        "day_count",
        _("number of days with an order"),
        NUMBER,
        lambda: figures.count(_orders(), "placed_on", distinct=True),
    ),
    _fact(
        "refunded_count",
        _("number of orders with a refund"),
        NUMBER,
        lambda: figures.count(_orders().filter(refunded_minor__gt=0)),
    ),
    _fact(
        "returned_count",
        _("number of orders refunded in full"),
        NUMBER,
        lambda: figures.count(_orders().filter(total_minor__gt=0, refunded_minor__gte=F("total_minor"))),
    ),
    _fact(
        "with_points_count",
        _("number of orders paid in part with points"),
        NUMBER,
        lambda: figures.count(_orders().filter(points_paid_minor__gt=0)),
    ),
    _fact("store_count", _("number of stores"), NUMBER, lambda: figures.count(_orders(), "store", distinct=True)),
    _fact(
        "piece_count",
        _("pieces bought ever"),
        NUMBER,
        lambda: figures.total(_lines(), "quantity", owner="order__account"),
    ),
    _fact(
        "category_count",
        _("number of categories"),
        NUMBER,
        lambda: figures.count(_lines().exclude(category=""), "category", owner="order__account", distinct=True),
    ),
    _fact(
        "sku_count",
        _("number of different goods"),
        NUMBER,
        lambda: figures.count(_lines().exclude(sku=""), "sku", owner="order__account", distinct=True),
    ),
    _fact(
        "last_piece_count",
        _("pieces of the last order"),
        NUMBER,
        lambda: figures.total(_last_lines(), "quantity", owner="order"),
    ),
)
_MONEY = (
    _fact("total", _("paid ever, after refunds"), MONEY, lambda: figures.total(_orders(), REMAINING_MINOR)),
    _fact("average", _("average order"), MONEY, _average),
    _fact("largest", _("largest order"), MONEY, lambda: figures.most(_orders(), "total_minor")),
    _fact("smallest", _("smallest order"), MONEY, lambda: figures.least(_orders(), "total_minor")),
    _fact("last_amount", _("amount of the last order"), MONEY, lambda: figures.top(_latest(), "total_minor")),
    _fact(
        "first_amount",
        _("amount of the first order"),
        MONEY,
        lambda: figures.top(_orders().order_by("placed_at", "pk"), "total_minor"),
    ),
    _fact("refunded", _("refunded ever"), MONEY, lambda: figures.total(_orders(), "refunded_minor")),
    _fact("freight", _("freight paid ever"), MONEY, lambda: figures.total(_orders(), "freight_minor")),
    _fact(
        "points_paid",
        _("paid with points ever"),
        MONEY,
        lambda: figures.total(_orders(), "points_paid_minor"),
    ),
)
_WHERE = (
    _fact("stores", _("stores bought in"), SET, lambda: Codes(_orders(), "store__code"), _stores),
    _fact("cities", _("cities bought in"), SET, lambda: Codes(_orders(), "store__city"), _cities),
    _fact(
        "last_store",
        _("store of the last order"),
        ValueType.CHOICE,
        lambda: figures.top(_latest(), "store__code"),
        _stores,
    ),
    _fact(
        "first_store",
        _("store of the first order"),
        ValueType.CHOICE,
        lambda: figures.top(_orders().order_by("placed_at", "pk"), "store__code"),
        _stores,
    ),
    _fact("partners", _("tills and shops bought through"), SET, lambda: Codes(_orders(), "partner__code"), _partners),
    _fact(
        "channels",
        _("channels bought through"),
        SET,
        lambda: Codes(_orders().annotate(channel=_channel()), "channel"),
    ),
    _fact(
        "last_channel",
        _("channel of the last order"),
        ValueType.TEXT,
        lambda: figures.top(_latest().annotate(channel=_channel()), "channel"),
    ),
)
_WHAT = (
    _fact("categories", _("categories bought"), SET, lambda: Codes(_lines(), "category")),
    _fact("last_categories", _("categories of the last order"), SET, lambda: Codes(_last_lines(), "category")),
    _fact("skus", _("goods bought (SKU)"), SET, lambda: Codes(_lines(), "sku")),
    _fact("last_skus", _("goods of the last order (SKU)"), SET, lambda: Codes(_last_lines(), "sku")),
    _fact("kinds", _("bought goods, services or gift cards"), SET, lambda: Codes(_lines(), "kind"), _line_kinds),
    _fact(
        "is_guest_claimed",
        _("has an order from before joining"),
        ValueType.BOOLEAN,
        lambda: figures.some(_orders().filter(Q(account__member__joined_at__gt=F("placed_at")))),
    ),
)
FACTS = (*_DAYS, *_COUNTS, *_MONEY, *_WHERE, *_WHAT)
