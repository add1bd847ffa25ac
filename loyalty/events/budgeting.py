"""Budgets: what rules have given everybody together, counted under a lock of each budget's row.

Only rules with a limit for everybody are looked at; events of other rules never wait here. Locks come
after those of accounts and orders, in the order of rule, currency and period.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from loyalty import bulk
from loyalty.deciding import CompiledRule, caps
from loyalty.deciding.model import Award
from loyalty.models import BudgetUse, Currency

EVERYONE = "everyone"
_USE = ("rule_id", "currency_id", "per", "since", "used")


class Budget(NamedTuple):
    """A rule's limit for everybody, in the period that begins at ``since``."""

    rule_id: int
    currency: str
    per: str
    since: date


@dataclass(slots=True)
class Budgets:
    """What is used of each budget, moved award by award."""

    used: dict[Budget, int] = field(default_factory=dict)
    _moved: dict[Budget, int] = field(default_factory=dict)

    def load(
        self, rules: Sequence[CompiledRule], days: Collection[date], units: Mapping[str, Currency], *, locked: bool
    ) -> None:
        """Two statements where a rule has a budget, else none. ``locked`` until the transaction ends."""
        wanted = sorted(set(_budgets(rules, days)))
        if not wanted:
            return
        if locked:  # adding nothing makes the row where it is missing, and locks it
            bulk.upsert(BudgetUse, _USE, [(*self._key(each, units), 0) for each in wanted], key=_USE[:4], add=True)
        found = BudgetUse.objects.filter(rule_id__in={each.rule_id for each in wanted})
        codes = {unit.pk: code for code, unit in units.items()}
        for rule_id, currency_id, per, since, used in found.values_list(*_USE):
            self.used[Budget(rule_id, codes[currency_id], per, since)] = used

    def add(self, rule: CompiledRule, award: Award, day: date) -> None:
        """Counts an award against every budget of its rule."""
        for budget in _budgets([rule], [day]):
            if budget.currency == award.currency:
                self.used[budget] = self.used.get(budget, 0) + award.awarded
                self._moved[budget] = self._moved.get(budget, 0) + award.awarded

    def write(self, units: Mapping[str, Currency]) -> None:
        """One statement where something moved."""
        rows = [(*self._key(budget, units), points) for budget, points in sorted(self._moved.items()) if points]
        bulk.upsert(BudgetUse, _USE, rows, key=_USE[:4], add=True)
        self._moved.clear()

    @staticmethod
    def _key(budget: Budget, units: Mapping[str, Currency]) -> tuple[int, int, str, date]:
        return budget.rule_id, units[budget.currency].pk, budget.per, budget.since


def _budgets(rules: Iterable[CompiledRule], days: Collection[date]) -> Iterable[Budget]:
    for rule in rules:
        for cap in rule.caps:
            if cap.of == EVERYONE:
                for day in days:
                    yield Budget(rule.rule_id, cap.currency, cap.per, caps.period(cap.per, day)[0])
