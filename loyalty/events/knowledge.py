"""What deciding may ask about the accounts of a batch, loaded in a constant number of queries."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from loyalty import accounts, conditions, deciding, metrics, policybook, rulebook
from loyalty.asking import Question
from loyalty.configuration import Kept
from loyalty.deciding import caps
from loyalty.deciding.model import Award
from loyalty.events.budgeting import EVERYONE, Budget, Budgets
from loyalty.events.incoming import Draft
from loyalty.models import Currency, Lifetime, Programme
from loyalty.registry import Fact, registry

IDLE = (Currency.ExpiryMode.IDLE_DAYS, Currency.ExpiryMode.IDLE_MONTHS)


def awarded_metric(rule_id: int, currency: str) -> str:
    """The metric that counts what a rule has awarded, for its limits."""
    return f"awarded:{rule_id}:{currency}"


class Knowledge:
    """Rules, tallies, facts, currencies and metrics around one batch of events."""

    def __init__(
        self, drafts: Sequence[Draft], programme: Programme, *, rules: Sequence[deciding.CompiledRule] | None = None
    ) -> None:
        self.programme = programme
        moments = [draft.occurred_at for draft in drafts]
        in_force = rulebook.in_force(since=min(moments), until=max(moments)) if rules is None else rules
        self.book = deciding.RuleBook.of(in_force)
        kinds = {draft.kind for draft in drafts}
        self.rules = [rule for rule in self.book if rule.kind in kinds]
        self.units = accounts.currencies()
        self.gauges = metrics.gauges()
        self._leaves = [leaf for rule in self.rules if rule.predicate for leaf in rule.predicate.leaves]
        self._by_id = {rule.rule_id: rule for rule in self.rules if any(cap.of == EVERYONE for cap in rule.caps)}
        self._facts: dict[int, dict[str, Any]] = {}
        self.sheet = conditions.TallySheet({})
        self.budgets = Budgets()
        self.idle_units = [unit for unit in self.units.values() if unit.expiry_mode in IDLE]
        self._lifetimes = _lifetimes() if any(rule.points for rule in self.rules) else []
        for _unit, predicate, _life in self._lifetimes:
            self._leaves += predicate.leaves
        self.crowds = conditions.Crowds(self._leaves)
        self._leaves += self.crowds.leaves
        self._codes = conditions.facts(self._leaves)

    @cached_property
    def policies(self) -> policybook.History:
        """The policies in the course of time: one query, when something is first decided."""
        return policybook.history(self.programme)

    def policy_at(self, moment: datetime) -> deciding.Policy:
        """The policy that decides what happened at ``moment``."""
        return self.policies.at(moment)

    @property
    def needs_lots(self) -> bool:
        """Whether what an account has must be known exactly, lot by lot, before anything is given."""
        return bool(self.idle_units) or any(unit.balance_cap is not None for unit in self.units.values())

    @property
    def is_volatile(self) -> bool:
        """Whether some rule asks for a fact that deciding an earlier event may have changed."""
        return any(fact.moves for fact in registry.all(Fact) if fact.code in self._codes)

    def load(self, account_ids: Collection[int], days: Collection[date], *, locked: bool = False) -> None:
        """Loads tallies, facts and budgets; call it with the accounts locked, and say so to lock budgets too."""
        self.budgets.load(self.rules, days, self.units, locked=locked)
        needs = conditions.needs(self._leaves, first_day=min(days))
        for code, need in self._cap_needs(days):
            needs[code] = needs[code] | need if code in needs else need
        self.sheet = conditions.load_sheet(list(account_ids), needs)
        self.refresh(account_ids)

    def refresh(self, account_ids: Collection[int]) -> None:
        """Reads the facts anew: one query, none where no rule asks for any."""
        self._facts = conditions.load_facts(list(account_ids), self._codes) if self._codes else {}

    def _cap_needs(self, days: Collection[date]) -> Iterable[tuple[str, conditions.Need]]:
        first = min(days)
        for rule in self.rules:
            for cap in rule.caps:
                if cap.per != "order" and cap.of != EVERYONE:
                    start, _ = caps.period(cap.per, first)
                    ever = start == date.min
                    yield awarded_metric(rule.rule_id, cap.currency), conditions.Need(first if ever else start, ever)

    def about(self, account_id: int, day: date) -> "AccountView":
        """What the engine may ask about one account on one business day."""
        return AccountView(self, account_id, day)

    def lifetime(self, account_id: int, currency_id: int, day: date) -> Mapping[str, Any] | None:
        """How long this member's points live, where the programme says so for some members."""
        if not self._lifetimes:
            return None
        lookup = self.about(account_id, day).lookup
        return next((life for unit, fits, life in self._lifetimes if unit == currency_id and fits(lookup, day)), None)

    def count_award(self, account_id: int, award: Award, day: date) -> None:
        """Counts what a rule gave against its limits and budgets."""
        metric = awarded_metric(award.rule_id, award.currency)
        if metric in self.sheet.needs:
            self.sheet.add(account_id, metric, day, award.awarded)
        rule = self._by_id.get(award.rule_id)
        if rule is not None:
            self.budgets.add(rule, award, day)

    def write_budgets(self) -> None:
        self.budgets.write(self.units)

    def fact(self, account_id: int, code: str) -> Any:
        return self._facts.get(account_id, _NOTHING).get(code)


_LIFETIMES = Question(
    lambda: (
        Lifetime.objects.filter(is_active=True)
        .order_by("rank", "id")
        .values_list("currency_id", "condition", "mode", "length")
    )
)


@Kept
def _lifetimes() -> list[tuple[int, conditions.Predicate, dict[str, Any]]]:
    """(currency, for whom, how long), the first that fits counts. One query."""
    rows = _LIFETIMES()
    return [(unit, conditions.compile(tree), {"mode": mode, "length": length}) for unit, tree, mode, length in rows]


_NOTHING: Mapping[str, Any] = {}


class AccountView:
    """The ``deciding.Context`` of one account and day."""

    __slots__ = ("_account_id", "_all", "_day")

    def __init__(self, knowledge: Knowledge, account_id: int, day: date) -> None:
        self._all, self._account_id, self._day = knowledge, account_id, day

    def lookup(self, leaf: conditions.Leaf) -> Any:
        if leaf.window is not None:
            anchor = self._all.fact(self._account_id, leaf.window.anchor)
            return self._all.sheet.value(self._account_id, leaf.name, leaf.window, self._day, anchor)
        known = self._all.fact(self._account_id, leaf.name)
        crowds = self._all.crowds
        return known if leaf.name not in crowds else crowds.value(leaf.name, self.lookup, known, self._day)

    def used(self, rule_id: int, currency: str, start: date, end: date) -> int:
        first, last = (None, self._day) if start == date.min else (start, end - timedelta(days=1))
        return self._all.sheet.sum_between(self._account_id, awarded_metric(rule_id, currency), first, last)

    def spent(self, rule_id: int, currency: str, per: str, start: date) -> int:
        return self._all.budgets.used.get(Budget(rule_id, currency, per, start), 0)
