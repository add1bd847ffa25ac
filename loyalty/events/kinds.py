"""Event kinds that come from outside: what a till may tell us, and how it is stored.

The parsers turn raw input (the API's ``data``, an import's row) into the normalized payload: money as
integer minor units, every key present. ``SHAPES`` are also the reference: the OpenAPI schema is made
from them.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from loyalty import faults, money
from loyalty.events.order_shapes import (
    COMPLETED_SHAPE,
    GIFT_RETURNED_SHAPE,
    PAID_SHAPE,
    REFUND_CANCELLED_SHAPE,
    REFUNDED_SHAPE,
)
from loyalty.models import OrderLine, Store
from loyalty.registry import EventField, EventKind, Text, ValueType
from loyalty.shapes import Shape


def _minor(values: Mapping[str, Any], text: str, units: str, currency: str, path: str = "") -> int | None:
    """The amount told as ``text`` or as ``units``; ``None`` for neither, refused for both."""
    prefix = f"{path}." if path else ""
    if values[text] is not None and values[units] is not None:
        raise faults.OneOf(param=prefix + text, first=text, second=units)
    if values[text] is not None:
        return money.minor(values[text], currency, prefix + text)
    return None if values[units] is None else money.bounded(values[units], prefix + units)


def _line(position: int, line: Mapping[str, Any], currency: str) -> dict[str, Any]:
    path = f"lines.{position - 1}"
    amount = _minor(line, "amount", "amount_minor", currency, path)
    if amount is None:
        raise faults.Required(param=f"{path}.amount")
    kept = {name: line[name] for name in ("kind", "sku", "title", "category", "quantity", "voided")}
    return {"position": position, **kept, "amount_minor": amount}


def _total(given: int | None, lines: Sequence[Mapping[str, Any]], freight: int, discount: int) -> int:
    if not lines:
        if given is None:
            raise faults.Required(param="amount")
        if freight > given:
            raise faults.OutOfRange(param="freight", minimum=0, maximum=given)
        return given
    added = sum(line["amount_minor"] for line in lines if not line["voided"]) + freight - discount
    if given is not None and given != added:
        raise faults.AmountMismatch(param="amount", expected=added, given=given)
    return money.bounded(added, "amount")


def parse_order_paid(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The stored payload of ``order.paid``. The amount may be left out where lines are given."""
    values = PAID_SHAPE.read(raw)
    currency = values["currency"]
    money.digits(currency)
    freight = _minor(values, "freight", "freight_minor", currency) or 0
    discount = _minor(values, "discount", "discount_minor", currency) or 0
    lines = [_line(position, line, currency) for position, line in enumerate(values["lines"], start=1)]
    amount = _total(_minor(values, "amount", "amount_minor", currency), lines, freight, discount)
    points_paid = _minor(values, "points_paid_amount", "points_paid_minor", currency) or 0
    if points_paid > amount:
        raise faults.OutOfRange(param="points_paid_amount", minimum=0, maximum=amount)
    kept = {name: values[name] for name in ("order_id", "currency", "points_paid", "store", "channel", "customer")}
    kept |= {name: values[name] for name in ("points_hold", "version") if values[name] is not None}
    return kept | {
        "amount_minor": amount,
        "freight_minor": freight,
        "discount_minor": discount,
        "points_paid_minor": points_paid,
        "lines": lines,
        "metadata": values["metadata"] or {},
    }


def parse_order_refunded(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The stored payload of ``order.refunded``: this refund's amount, all refunds so far, or both."""
    values = REFUNDED_SHAPE.read(raw)
    currency = values["currency"]
    money.digits(currency)
    refunded = _minor(values, "amount", "amount_minor", currency)
    cumulative = _minor(values, "cumulative_amount", "cumulative_minor", currency)
    if refunded is None and cumulative is None:
        raise faults.Required(param="amount")
    if refunded == 0 and cumulative is None:
        raise faults.MustBePositive(param="amount" if values["amount_minor"] is None else "amount_minor")
    kept = {name: values[name] for name in ("order_id", "refund_id", "currency", "customer")}
    if values["lines"]:
        kept["returned"] = _refunded_lines(values["lines"], currency, refunded)
    return kept | {
        "refunded_minor": refunded or 0,
        "cumulative_minor": cumulative,
        "metadata": values["metadata"] or {},
    }


def _refunded_lines(lines: Sequence[Mapping[str, Any]], currency: str, refunded: int | None) -> list[dict[str, Any]]:
    """What was given back of each article; in all no more than this refund's own amount, where that is told."""
    found = []
    for place, line in enumerate(lines):
        amount = _minor(line, "amount", "amount_minor", currency, f"lines.{place}")
        if amount is None:
            raise faults.Required(param=f"lines.{place}.amount")
        found.append({"sku": line["sku"], "amount_minor": amount})
    total = sum(line["amount_minor"] for line in found)
    if refunded is not None and total > refunded:
        raise faults.AmountMismatch(param="amount", expected=total, given=refunded)
    return found


def parse_about_order(shape: Shape) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """The stored payload of an event that only names its order."""

    def parse(raw: Mapping[str, Any]) -> dict[str, Any]:
        values = shape.read(raw)
        return {"order_id": values["order_id"], "metadata": values["metadata"] or {}}

    return parse


def parse_refund_cancelled(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The stored payload of ``order.refund_cancelled``."""
    values = REFUND_CANCELLED_SHAPE.read(raw)
    money.digits(values["currency"])
    amount = _minor(values, "amount", "amount_minor", values["currency"])
    if amount is None:
        raise faults.Required(param="amount")
    if amount == 0:
        raise faults.MustBePositive(param="amount" if values["amount_minor"] is None else "amount_minor")
    kept = {name: values[name] for name in ("order_id", "refund_id", "currency")}
    return kept | {"cancelled_minor": amount, "metadata": values["metadata"] or {}}


def _live(payload: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [line for line in payload["lines"] if not line["voided"] and line["kind"] != OrderLine.Kind.REWARD]


def _quantity(payload: Mapping[str, Any]) -> int | None:
    return sum(line["quantity"] for line in _live(payload)) if payload["lines"] else None


def _line_count(payload: Mapping[str, Any]) -> int | None:
    return len(_live(payload)) if payload["lines"] else None


def _stores() -> Sequence[tuple[str, Text]]:
    return list(Store.objects.order_by("name").values_list("code", "name"))


def _named(name: str) -> Callable[[Mapping[str, Any]], Any]:
    def read(payload: Mapping[str, Any]) -> Any:
        found = payload.get(name)
        return None if found == "" else found

    return read


ORDER_PAID = EventKind(
    "order.paid",
    _("order paid"),
    parse_order_paid,
    external=True,
    subject="order_id",
    is_activity=True,
    title=_("Your purchase"),
    icon="order",
    fields=(
        EventField("amount", _("order amount"), ValueType.MONEY, _named("amount_minor")),
        EventField(
            "goods_amount",
            _("amount of goods, without freight"),
            ValueType.MONEY,
            lambda payload: payload["amount_minor"] - payload["freight_minor"],
        ),
        EventField("freight", _("freight"), ValueType.MONEY, _named("freight_minor")),
        EventField("discount", _("discount"), ValueType.MONEY, _named("discount_minor")),
        EventField("points_paid", _("points paid with"), ValueType.NUMBER, _named("points_paid")),
        EventField("quantity", _("pieces bought"), ValueType.NUMBER, _quantity),
        EventField("line_count", _("order lines"), ValueType.NUMBER, _line_count),
        EventField("store", _("store"), ValueType.CHOICE, _named("store"), _stores),
        EventField("channel", _("channel"), ValueType.TEXT, _named("channel")),
        EventField("currency", _("money"), ValueType.TEXT, _named("currency")),
    ),
)
ORDER_REFUNDED = EventKind(
    "order.refunded",
    _("order refunded"),
    parse_order_refunded,
    external=True,
    reverses="order.paid",
    follows="order.paid",
    subject="refund_id",
    title=_("Return"),
    icon="refund",
    fields=(
        EventField("refunded", _("amount refunded"), ValueType.MONEY, _named("refunded_minor")),
        EventField("currency", _("money"), ValueType.TEXT, _named("currency")),
    ),
)
ORDER_COMPLETED = EventKind(
    "order.completed",
    _("order completed"),
    parse_about_order(COMPLETED_SHAPE),
    external=True,
    follows="order.paid",
    subject="order_id",
    title=_("Order completed"),
    icon="order",
)
ORDER_GIFT_RETURNED = EventKind(
    "order.gift_returned",
    _("free gift of an order returned"),
    parse_about_order(GIFT_RETURNED_SHAPE),
    external=True,
    reverses="order.paid",
    follows="order.paid",
    subject="order_id",
    title=_("Gift returned"),
    icon="refund",
)
ORDER_REFUND_CANCELLED = EventKind(
    "order.refund_cancelled",
    _("refund of an order cancelled"),
    parse_refund_cancelled,
    external=True,
    reverses="order.paid",
    follows="order.refunded",
    subject="refund_id",
    title=_("Return cancelled"),
    icon="order",
    fields=(
        EventField("cancelled", _("amount of the cancelled refund"), ValueType.MONEY, _named("cancelled_minor")),
        EventField("currency", _("money"), ValueType.TEXT, _named("currency")),
    ),
)
ORDERS = (ORDER_PAID, ORDER_REFUNDED, ORDER_COMPLETED, ORDER_GIFT_RETURNED, ORDER_REFUND_CANCELLED)
SHAPES = {
    ORDER_PAID.code: PAID_SHAPE,
    ORDER_REFUNDED.code: REFUNDED_SHAPE,
    ORDER_COMPLETED.code: COMPLETED_SHAPE,
    ORDER_GIFT_RETURNED.code: GIFT_RETURNED_SHAPE,
    ORDER_REFUND_CANCELLED.code: REFUND_CANCELLED_SHAPE,
}
