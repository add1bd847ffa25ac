"""What can be wrong with a value from outside, one class for each stable code.

A leaf beside ``errors``. ``shapes`` raises these; every JSON face prints them the same way.
"""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from loyalty.errors import InvalidInput, LoyaltyError


class Fault(InvalidInput):
    """A value that can't be read. The one raised is the first; ``details`` names them all."""

    def __init__(self, *, param: str | None = None, details: Sequence["Fault"] = (), **numbers: Any) -> None:
        super().__init__(param=param, **numbers)
        self.details = list(details)


class ObjectExpected(Fault):
    code = "object_expected"
    sentence = _("Send a JSON object here: {…}.")


class ListExpected(Fault):
    code = "list_expected"
    sentence = _("Send a JSON list here: […].")


class ListTooShort(Fault):
    code = "list_too_short"
    sentence = _("Send at least %(minimum)s here.")


class ListTooLong(Fault):
    code = "list_too_long"
    sentence = _("Send at most %(maximum)s at once; there are %(given)s.")


class UnknownField(Fault):
    code = "unknown_field"
    sentence = _("There is no field of this name. Please check the spelling against the reference.")


class Required(Fault):
    code = "required"
    sentence = _("This field is needed.")


class OneOf(Fault):
    code = "one_of"
    sentence = _("Send either %(first)s or %(second)s, and only one of them.")


class TextRequired(Fault):
    code = "text_required"
    sentence = _("Send text in quotes here.")


class Blank(Fault):
    code = "blank"
    sentence = _("This is empty. Please fill it in.")


class TooLong(Fault):
    code = "too_long"
    sentence = _("Please keep this to %(maximum)s characters; there are %(given)s.")


class ControlCharacter(Fault):
    code = "control_character"
    sentence = _("This holds an invisible or control character (%(character)s). Please take it out.")


class InvalidFormat(Fault):
    code = "invalid_format"
    sentence = _("This does not have the expected form: %(expected)s.")


class InvalidChoice(Fault):
    code = "invalid_choice"
    sentence = _("Choose one of: %(choices)s.")


class IntegerRequired(Fault):
    code = "integer_required"
    sentence = _("Send a whole number written with the digits 0-9, without quotes, point or exponent.")


class MustBePositive(Fault):
    code = "must_be_positive"
    sentence = _("Send a number of 1 or more.")


class OutOfRange(Fault):
    code = "out_of_range"
    sentence = _("Send a value between %(minimum)s and %(maximum)s.")


class AmountAsText(Fault):
    code = "amount_as_text"
    sentence = _('Send the amount as text ("100.00"), or in minor units (10000) in the field ending in “_minor”.')


class TooManyDecimals(Fault):
    code = "too_many_decimals"
    sentence = _("%(currency)s has %(digits)s decimals. Please send no more than that.")


class UnknownCurrency(Fault):
    code = "unknown_currency"
    sentence = _("Send a three-letter currency code of ISO 4217, such as CNY.")


class BooleanRequired(Fault):
    code = "boolean_required"
    sentence = _("Send true or false, without quotes.")


class InvalidDate(Fault):
    code = "invalid_date"
    sentence = _("Send a real date as text: %(expected)s.")


class MetadataTooLarge(Fault):
    code = "metadata_too_large"
    sentence = _("Metadata may hold %(keys)s keys and %(bytes)s bytes. Please send less.")


class NegativePrice(LoyaltyError):
    """A price below zero: money going back is told as a refund."""

    code = "negative_price"
    sentence = _("A price cannot be below zero. Send an order.refunded event instead.")


class AmountMismatch(LoyaltyError):
    """The order's amount is not what its parts add up to."""

    code = "amount_mismatch"
    sentence = _(
        "Lines, freight and discount add up to %(expected)s minor units, but the amount says %(given)s. "
        "Leave the amount out, or correct it."
    )
