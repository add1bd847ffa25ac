"""What a till may tell us about orders, field by field: read strictly, and the reference's own source."""

from loyalty import money
from loyalty.models import OrderLine
from loyalty.readers import Amount, Boolean, Choice, Integer, Metadata
from loyalty.readers import Text as Words
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
        Item(
            "points_hold",
            Words(
                200,
                identifier=True,
                note="The captured hold that paid, by its id or as `t:` and your token. Refunds give its points back.",
                example="t:T-42",
            ),
            required=False,
        ),
        Item(
            "version",
            Integer(minimum=1, maximum=1_000_000, note="How often you have told this order; a higher one corrects it."),
            required=False,
        ),
        Item("store", Words(40, identifier=True, pattern=CODE, example="SH01"), required=False, default=""),
        Item("channel", Words(40, identifier=True, example="pos"), required=False, default=""),
        Item("customer", CUSTOMER, required=False, default=""),
        Item("lines", ListOf(ORDER_LINE, 500), required=False, default=()),
        Item("metadata", Metadata(), required=False),
    ),
)
REFUNDED_LINE = Shape(
    "RefundedLine",
    (
        Item("sku", Words(64, identifier=True, example="TEA-01")),
        Item("amount", Amount("What was given back of this article.", "30.00"), required=False),
        Item("amount_minor", MINOR, required=False),
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
        Item("lines", ListOf(REFUNDED_LINE, 500), required=False, default=()),
        Item("customer", CUSTOMER, required=False, default=""),
        Item("metadata", Metadata(), required=False),
    ),
)
GIFT_RETURNED_SHAPE = Shape(
    "OrderGiftReturned",
    (
        Item("order_id", Words(100, identifier=True, note="The order the gift came with.", example="A-1001")),
        Item("metadata", Metadata(), required=False),
    ),
)
COMPLETED_SHAPE = Shape(
    "OrderCompleted",
    (
        Item("order_id", Words(100, identifier=True, note="The order that is delivered and kept.", example="A-1001")),
        Item("metadata", Metadata(), required=False),
    ),
)
REFUND_CANCELLED_SHAPE = Shape(
    "OrderRefundCancelled",
    (
        Item("order_id", Words(100, identifier=True, note="The order refunded.", example="A-1001")),
        Item("refund_id", Words(100, identifier=True, note="The refund that did not take place.", example="R-7")),
        Item("currency", CURRENCY),
        Item("amount", Amount("What that refund had given back.", "30.00"), required=False),
        Item("amount_minor", MINOR, required=False),
        Item("metadata", Metadata(), required=False),
    ),
)
