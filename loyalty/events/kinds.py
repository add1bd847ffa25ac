"""Event kinds that come from outside: what a till may tell us, and how it is stored.

``parse_order_paid`` and ``parse_order_refunded`` turn raw input (the API's ``data``, an import's
row) into the normalized payload: money as integer minor units, every key present. The shapes are
also the reference: the OpenAPI schema is made from them.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from loyalty import faults, money
from loyalty.models import OrderLine, Store
from loyalty.readers import Amount, Boolean, Choice, Integer, Metadata
from loyalty.readers import Text as Words
from loyalty.registry import EventField, EventKind, Text, ValueType
from loyalty.shapes import Item, ListOf, Shape

CODE = r"[A-Za-z0-9_-]+"
MINOR = Integer(minimum=-money.LIMIT, maximum=money.LIMIT, note="The same in minor units, instead of the text.")
CURRENCY = Words(3, identifier=True, pattern="[A-Z]{3}", expected="CNY", note="ISO 4217.", example="CNY")
CUSTOMER = Words(
    100,
    identifier=True,
    note="Whose it is: `m:` member number, `p:` phone, `x:` your own id of the customer. "
    "Left out, the order is kept as a guest order.",
    example="x:C-1001",
)

ORDER_LINE = Shape(
    "OrderLine",
    (
        Item("sku", Words(64, identifier=True, example="TEA-01"), required=False, default=""),
        Item("title", Words(200, example="Jasmine tea"), required=False, default=""),
        Item("category", Words(64, example="tea"), required=False, default=""),
        Item("kind", Choice(OrderLine.Kind.values), required=False, default=OrderLine.Kind.GOODS.value),
        Item("quantity", Integer(minimum=1, maximum=1_000_000), required=False, default=1),
        Item("amount", Amount("What this line cost in all."), required=False),
        Item("amount_minor", MINOR, required=False),
        Item("voided", Boolean("Taken out at the till; earns nothing."), required=False, default=False),
    ),
)
PAID_SHAPE = Shape(
    "OrderPaid",
    (
        Item("order_id", Words(100, identifier=True, note="Your number of the order.", example="A-1001")),
        Item("currency", CURRENCY),
        Item("amount", Amount("What was paid in all, freight and points-paid part included."), required=False),
        Item("amount_minor", MINOR, required=False),
        Item("freight", Amount("Freight within the amount.", "12.00"), required=False),
        Item("freight_minor", MINOR, required=False),
        Item("discount", Amount("Discount on the whole order, already off the amount.", "8.00"), required=False),
        Item("discount_minor", MINOR, required=False),
        Item("points_paid", Integer(note="Points the member paid with."), required=False, default=0),
        Item("points_paid_amount", Amount("What those points paid for.", "0.00"), required=False),
        Item("points_paid_minor", MINOR, required=False),
        Item("store", Words(40, identifier=True, pattern=CODE, example="SH01"), required=False, default=""),
        Item("channel", Words(40, identifier=True, example="pos"), required=False, default=""),
        Item("customer", CUSTOMER, required=False, default=""),
        Item("lines", ListOf(ORDER_LINE, 500), required=False, default=()),
        Item("metadata", Metadata(), required=False),
    ),
)
REFUNDED_SHAPE = Shape(
    "OrderRefunded",
    (
        Item("order_id", Words(100, identifier=True, note="The order refunded.", example="A-1001")),
        Item("refund_id", Words(100, identifier=True, note="Your number of the refund.", example="R-7")),
        Item("currency", CURRENCY),
        Item("amount", Amount("What this refund gave back.", "30.00"), required=False),
        Item("amount_minor", MINOR, required=False),
        Item("cumulative_amount", Amount("All refunds of the order so far; wins if given.", "30.00"), required=False),
        Item("cumulative_minor", MINOR, required=False),
        Item("customer", CUSTOMER, required=False, default=""),
        Item("metadata", Metadata(), required=False),
    ),
)


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
    return kept | {
        "refunded_minor": refunded or 0,
        "cumulative_minor": cumulative,
        "metadata": values["metadata"] or {},
    }


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
    subject="refund_id",
    title=_("Return"),
    icon="refund",
    fields=(
        EventField("refunded", _("amount refunded"), ValueType.MONEY, _named("refunded_minor")),
        EventField("currency", _("money"), ValueType.TEXT, _named("currency")),
    ),
)
