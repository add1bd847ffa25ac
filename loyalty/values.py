"""What facts, fields and variables can be, and how they are called. A leaf."""

from enum import StrEnum

from django.utils.functional import Promise

Text = str | Promise


class ValueType(StrEnum):
    """Types a fact or an event field can have; each has its own widget and operators."""

    NUMBER = "number"
    MONEY = "money"  # integer minor units
    TEXT = "text"
    CHOICE = "choice"
    DATE = "date"
    BOOLEAN = "boolean"
    MONTHDAY = "monthday"  # a date of which only month and day count, such as a birthday
    SET = "set"  # several codes at once, such as tags; never missing, but it may be empty
