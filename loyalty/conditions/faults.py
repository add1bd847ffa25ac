"""What can be wrong with a condition, each told with the path of the fault in its tree.

A leaf of the room: every module here raises these, and forms and the API show their sentences.
"""

from django.utils.translation import gettext_lazy as _

from loyalty.errors import InvalidInput


class ConditionError(InvalidInput):
    """A condition that can't be kept; ``param`` is the dotted path into the tree (``all.0.value``)."""

    code = "condition_invalid"
    sentence = _("This condition cannot be read. Please set it up again.")


class NotACondition(ConditionError):
    """Neither a group nor a comparison."""

    code = "condition_shape"
    sentence = _("This is not a condition. Use one group (all, any or none), or a fact with its comparison.")


class EmptyGroup(ConditionError):
    """A group without members."""

    code = "condition_empty_group"
    sentence = _("This group is empty. Add a condition to it, or remove it.")


class CountWanted(ConditionError):
    """ "At least so many" with a number the group cannot reach, or none."""

    code = "condition_count"
    sentence = _("Say how many must hold: a whole number from 1 to %(limit)s.")


class TooDeep(ConditionError):
    """Groups nested beyond the bound."""

    code = "condition_too_deep"
    sentence = _("Groups may be nested at most %(limit)s deep. Please flatten this one.")


class TooManyLeaves(ConditionError):
    """More comparisons than the bound."""

    code = "condition_too_large"
    sentence = _("A condition may hold at most %(limit)s comparisons. Please split it into two rules.")


class UnknownFact(ConditionError):
    """A fact nobody contributes, or a field this kind of event doesn't have."""

    code = "condition_unknown_fact"
    sentence = _("“%(fact)s” is not known here. Choose another fact from the list.")


class EventFactHere(ConditionError):
    """A field of an event where people are chosen."""

    code = "condition_event_fact"
    sentence = _("“%(fact)s” belongs to an event, and here there is none. Choose something about the member.")


class UnknownOperator(ConditionError):
    """A comparison that is unknown, or doesn't suit the fact's type."""

    code = "condition_unknown_operator"
    sentence = _("“%(fact)s” cannot be compared by “%(op)s”. Choose another comparison.")


class WrongValue(ConditionError):
    """A value the comparison can't use."""

    code = "condition_value"
    sentence = _("This value does not suit the comparison. Please enter it again.")


class NumberWanted(WrongValue):
    """Not a whole number, or out of bounds."""

    code = "condition_number"
    sentence = _("Enter a whole number from %(low)s to %(high)s.")


class TextWanted(WrongValue):
    """Not a text, or one too long."""

    code = "condition_text"
    sentence = _("Enter a text of 1 to %(limit)s characters.")


class DateWanted(WrongValue):
    """Not a calendar date."""

    code = "condition_date"
    sentence = _("Enter a date as YYYY-MM-DD.")


class RangeWanted(WrongValue):
    """Not two numbers in order."""

    code = "condition_range"
    sentence = _("Enter two numbers, the smaller one first.")


class ListWanted(WrongValue):
    """Not a list, an empty one, or one too long."""

    code = "condition_list"
    sentence = _("Choose 1 to %(limit)s values.")


class MonthWanted(WrongValue):
    """Neither a month nor the current one."""

    code = "condition_month"
    sentence = _("Choose a month from 1 to 12, or “current”.")


class NoValueWanted(WrongValue):
    """A value beside a comparison that takes none."""

    code = "condition_no_value"
    sentence = _("This comparison takes no value. Please leave it out.")


class UnknownChoice(WrongValue):
    """Not one of the fact's choices."""

    code = "condition_choice"
    sentence = _("“%(value)s” is not one of the choices. Choose one from the list.")


class CrowdCircle(WrongValue):
    """A segment that would lead back to itself."""

    code = "condition_circle"
    sentence = _("“%(name)s” leads back to the segment you are editing. Please leave one of the two out.")


class CrowdsTooDeep(WrongValue):
    """Segments of segments of segments beyond the bound."""

    code = "condition_segments_too_deep"
    sentence = _("Segments may be built on one another at most %(limit)s deep. Please write some of it out here.")


class CrowdsTooLarge(ConditionError):
    """More comparisons than the bound, those of the segments it names counted."""

    code = "condition_segments_too_large"
    sentence = _(
        "With the segments it names, this holds %(count)s comparisons; %(limit)s is the most. Please make it simpler."
    )


class WindowWanted(ConditionError):
    """A metric without its period, or with one that can't be read."""

    code = "condition_window"
    sentence = _("Say over which period to count: the last days, this month, quarter or year, or all time.")


class NoWindowWanted(ConditionError):
    """A period beside something that isn't counted."""

    code = "condition_no_window"
    sentence = _("A period suits counted numbers only. Please leave it out here.")
