"""The body that enrols a member."""

from django.conf import settings

from loyalty.readers import Boolean, Choice, Day, Text
from loyalty.shapes import Item, Shape
from members.models import Consent

CONSENTS = Shape("Consents", tuple(Item(purpose, Boolean(), required=False) for purpose in Consent.Purpose.values))
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
    ),
)
