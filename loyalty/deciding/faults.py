"""What can be wrong with a rule's definition, each told with the path of the fault.

A leaf of the room: forms, the API and the admin show these sentences beside the field they name.
"""

from django.utils.translation import gettext_lazy as _

from loyalty.errors import InvalidInput


class DefinitionError(InvalidInput):
    """A definition that can't be published; ``param`` is the dotted path (``effects.0.points``)."""

    code = "rule_invalid"
    sentence = _("This part of the rule cannot be read. Please set it up again.")


class UnknownKind(DefinitionError):
    code = "rule_unknown_kind"
    sentence = _("Choose what has to happen for this rule.")


class NameWanted(DefinitionError):
    code = "rule_name"
    sentence = _("Give the rule a name of up to %(limit)s characters.")


class EffectsWanted(DefinitionError):
    code = "rule_effects"
    sentence = _("Say what the rule gives: 1 to %(limit)s effects.")


class UnknownEffect(DefinitionError):
    code = "rule_unknown_effect"
    sentence = _("“%(effect)s” is nothing a rule can give. Choose an effect from the list.")


class UnknownSetting(DefinitionError):
    code = "rule_unknown_setting"
    sentence = _("“%(setting)s” is not a setting here. Please take it out.")


class SettingWanted(DefinitionError):
    code = "rule_setting"
    sentence = _("Please fill this in.")


class WholeNumberWanted(DefinitionError):
    code = "rule_number"
    sentence = _("Enter a whole number from %(low)s to %(high)s.")


class DecimalWanted(DefinitionError):
    code = "rule_decimal"
    sentence = _("Enter a number from %(low)s to %(high)s with at most %(digits)s decimals.")


class CurrencyWanted(DefinitionError):
    code = "rule_currency"
    sentence = _("Choose a currency of the programme.")


class YesNoWanted(DefinitionError):
    code = "rule_yes_no"
    sentence = _("Choose yes or no.")


class ChoiceWanted(DefinitionError):
    code = "rule_choice"
    sentence = _("Choose one of the options offered.")


class LinesWanted(DefinitionError):
    code = "rule_lines"
    sentence = _("List up to %(limit)s SKUs or categories to take in or leave out.")


class DateWanted(DefinitionError):
    code = "rule_date"
    sentence = _("Enter a date and time, such as 2026-11-11T00:00.")


class EndsBeforeStart(DefinitionError):
    code = "rule_ends_before_start"
    sentence = _("The rule would end before it begins. Please check the two dates.")


class DayWanted(DefinitionError):
    code = "rule_day"
    sentence = _("Enter days as month and day, such as 11-11.")


class HoursWanted(DefinitionError):
    code = "rule_hours"
    sentence = _("Enter each span as two different times, such as 10:00 and 14:00.")


class CapWanted(DefinitionError):
    code = "rule_cap"
    sentence = _("Give each limit a period, a currency this rule gives, and a number of points.")


class StepsWanted(DefinitionError):
    code = "rule_steps"
    sentence = _("Give 1 to %(limit)s steps, each with where it starts and how many points it brings.")


class StepsRise(DefinitionError):
    code = "rule_steps_rise"
    sentence = _("Each step must start higher than the one before it, and bring more points.")


class LifetimeWanted(DefinitionError):
    code = "rule_lifetime"
    sentence = _("Choose how long these points live.")


class WaitWanted(DefinitionError):
    code = "rule_wait"
    sentence = _("Choose what the points wait for, and for how many days.")


class SharedByOrder(DefinitionError):
    """A limit for everybody together needs a period to count over."""

    code = "rule_budget_period"
    sentence = _("A limit for everybody together counts over a day, a month, a year or in all.")


class NothingAlone(DefinitionError):
    """An exclusive rule that only multiplies would wipe out the points it multiplies."""

    code = "rule_multiplies_nothing"
    sentence = _("A rule that applies alone cannot only multiply: there would be no points left. Give it a rate.")
