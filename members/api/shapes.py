"""The body that enrols a member."""

from django.conf import settings

from loyalty.readers import Boolean, Choice, Day, Text
from loyalty.shapes import Item, ListOf, Shape
from members.entering import guest_orders, referrals
from members.models import Consent

_ASKED = [purpose for purpose in Consent.Purpose.values if purpose != Consent.Purpose.GUARDIAN]
CONSENTS = Shape("Consents", tuple(Item(purpose, Boolean(), required=False) for purpose in _ASKED))
GUARDIAN = Shape(
    "Guardian",
    (
        Item("name", Text(60, example="Wang Li")),
        Item("agreed", Boolean("That they agreed in person, as a parent or guardian.")),
    ),
    note="Needed for who is under 14; kept only then.",
)
NEW_MEMBER = Shape(
    "NewMember",
    (
        Item("name", Text(60, example="Wang Fang"), required=False, default=""),
        Item("phone", Text(40, example="138 0013 8000"), required=False, default=""),
        Item("email", Text(254, example="wang.fang@example.com"), required=False, default=""),
        Item("birthday", Day("29 February counts as 28 February in common years."), required=False),
        Item("language", Choice([code for code, _name in settings.LANGUAGES]), required=False, default=""),
        Item("external_id", Text(100, identifier=True, example="C-1001"), required=False, default=""),
        Item("consents", CONSENTS, required=False),
        Item("guardian", GUARDIAN, required=False),
        Item(
            "referral_code",
            Text(referrals.LONGEST, note="Of who brought them. A wrong one stops nothing.", example="7KQ2-M9TX"),
            required=False,
        ),
        Item(
            "order_ids",
            ListOf(
                Text(guest_orders.LONGEST, identifier=True, example="A-1001"),
                20,
                note="Your guest orders that were theirs.",
            ),
            required=False,
        ),
    ),
)
