"""How long points live, and what they wait for, in words: for rules, currencies and lifetimes."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from loyalty.models import Currency
from loyalty.registry import EventKind, registry


def said(mode: str, length: Any) -> str:
    """``days``, 30 → “valid for 30 days”."""
    number = length if isinstance(length, int) else 0
    numbers = {"number": number}
    match mode:
        case Currency.ExpiryMode.DAYS:
            return ngettext("valid for %(number)s day", "valid for %(number)s days", number) % numbers
        case Currency.ExpiryMode.MONTHS:
            return ngettext("valid for %(number)s month", "valid for %(number)s months", number) % numbers
        case Currency.ExpiryMode.MONTH_END:
            return _ends(
                number,
                _("valid to the end of the month"),
                ngettext("valid to the end of the next month", "valid to the end of the month, %(number)s on", number),
            )
        case Currency.ExpiryMode.QUARTER_END:
            return _ends(
                number,
                _("valid to the end of the quarter"),
                ngettext(
                    "valid to the end of the next quarter", "valid to the end of the quarter, %(number)s on", number
                ),
            )
        case Currency.ExpiryMode.YEAR_END:
            return _ends(
                number,
                _("valid to 31 December"),
                ngettext("valid to 31 December of the next year", "valid to 31 December, %(number)s years on", number),
            )
        case _:
            return _others(mode, number)


def _others(mode: str, number: int) -> str:
    numbers = {"number": number}
    match mode:
        case Currency.ExpiryMode.DATES:
            return _("valid to the next fixed date, at least %(number)s days away") % numbers
        case Currency.ExpiryMode.IDLE_DAYS:
            return (
                ngettext(
                    "valid for %(number)s day after the last activity",
                    "valid for %(number)s days after the last activity",
                    number,
                )
                % numbers
            )
        case Currency.ExpiryMode.IDLE_MONTHS:
            return (
                ngettext(
                    "valid for %(number)s month after the last activity",
                    "valid for %(number)s months after the last activity",
                    number,
                )
                % numbers
            )
        case _:
            return _("valid for ever")


def _ends(number: int, this: str, later: str) -> str:
    return later % {"number": number} if number else this


def waits(wait: Mapping[str, Any]) -> str:
    """What points wait for, and for how long."""
    kind = registry.find(EventKind, str(wait.get("for") or ""))
    numbers = {"event": str(kind.label) if kind else "?", "days": wait.get("days", "?")}
    return _("they come once “%(event)s” happens within %(days)s days") % numbers
