"""The body that redeems a reward."""

from loyalty.readers import Integer, Text
from loyalty.shapes import Item, Shape
from rewards import redemptions

NEW_REDEMPTION = Shape(
    "NewRedemption",
    (
        Item(
            "member",
            Text(
                100,
                identifier=True,
                note="`m:` member number, `x:` your own id of the customer, `p:` phone.",
                example="x:C-1001",
            ),
        ),
        Item("reward", Text(40, identifier=True, note="The reward's code.", example="salmon")),
        Item(
            "quantity",
            Integer(minimum=1, maximum=redemptions.MOST_AT_ONCE, names_range=True),
            required=False,
            default=1,
        ),
        Item(
            "token",
            Text(
                50,
                identifier=True,
                note="Yours for this redemption, such as the receipt's number. The same token is the same redemption, "
                "for ever.",
                example="T-20261111-0042",
            ),
        ),
        Item(
            "quoted_points",
            Integer(minimum=0, note="The points the member was shown in all; another price by now is refused."),
            required=False,
        ),
        Item(
            "benefit",
            Text(
                30,
                identifier=True,
                note="The code of a benefit that pays for one piece, as `privileges` of the reward name it. One use is "
                "taken: a claimed one, or one that is left to claim.",
                example="grooming",
            ),
            required=False,
            default="",
        ),
    ),
)
