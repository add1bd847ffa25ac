"""Limits: the most a rule gives one member, or everyone together, on an order, a day, … or ever.

Usage is counted by business day of the event, so a late event uses up the limit of its own day.
What a limit takes away is recorded: desired stays, awarded shrinks, and the reason is named.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from loyalty.deciding.model import Cap, CompiledRule, Context


@dataclass(slots=True)
class Allowed:
    """What a limit leaves of some points. ``note`` tells the limit that bound, for the receipt."""

    awarded: int
    reason: str = ""
    note: dict[str, Any] | None = None


@dataclass(slots=True)
class Limits:
    """The limits at work on one event; remembers what the event itself has given already."""

    context: Context
    day: date
    given: dict[tuple[int, str], int] = field(default_factory=dict)

    def allow(self, rule: CompiledRule, currency: str, desired: int) -> Allowed:
        """Holds ``desired`` to every limit of the rule, and counts what is left as given."""
        before = self.given.get((rule.rule_id, currency), 0)
        found = Allowed(desired)
        for cap in rule.caps:
            if cap.currency == currency:
                self._hold(rule, cap, before, found)
        self.given[rule.rule_id, currency] = before + found.awarded
        return found

    def _hold(self, rule: CompiledRule, cap: Cap, before: int, found: Allowed) -> None:
        used = before
        if cap.per != "order":
            used += self._used(rule.rule_id, cap)
        room = max(cap.limit - used, 0)
        if found.awarded <= room:
            return
        found.awarded = 0 if cap.rejects else room
        shared = cap.of == "everyone"
        found.reason = f"{'rejected' if cap.rejects else 'clipped'}:{'budget' if shared else cap.per}"
        found.note = {"per": cap.per, "limit": cap.limit, "used": used}
        if shared:
            found.note["of"] = cap.of

    def _used(self, rule_id: int, cap: Cap) -> int:
        start, end = period(cap.per, self.day)
        if cap.of == "everyone":
            return self.context.spent(rule_id, cap.currency, cap.per, start)
        return self.context.used(rule_id, cap.currency, start, end)


def period(per: str, day: date) -> tuple[date, date]:
    """The half-open period of business days around ``day`` that a limit counts over."""
    if per == "day":
        return day, day + timedelta(days=1)
    if per == "month":
        return day.replace(day=1), (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    if per == "year":
        return date(day.year, 1, 1), date(day.year + 1, 1, 1)
    return date.min, date.max
