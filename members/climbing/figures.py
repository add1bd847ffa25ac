"""What tiers are judged by, loaded for a range of members in a constant number of queries.

A threshold counts the ladder's currency: its whole net balance for a currency that is never spent, else
what was issued, adjusted and taken back by day. What a refund took back counts on the day of what it took
back, as tallies do, so an order returned leaves no trace in any window.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Sum
from django.db.models.functions import Coalesce

from loyalty import bulk, conditions
from loyalty.asking import Question
from loyalty.conditions import Crowds, Leaf, Need, TallySheet
from loyalty.models import Balance, Currency, Entry
from loyalty.models.accounts import NET
from members.climbing.stands import Stand
from members.climbing.terms import Terms

COUNTED = (Entry.Counter.ISSUED, Entry.Counter.ADJUSTED, Entry.Counter.CLAWED_BACK)


def _metric(currency: str) -> str:
    """The name under which a sheet keeps a currency's days; no tally is called so."""
    return f"score:{currency}"


@dataclass(slots=True)
class Shelf:
    """The figures of many members; ``of`` gives one member's, for one ladder's terms."""

    sheet: TallySheet
    facts: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    ever: dict[str, dict[int, int]] = field(default_factory=dict)
    held: dict[str, dict[int, int]] = field(default_factory=dict)
    crowds: Crowds = field(default_factory=lambda: Crowds(()))

    def of(self, account_id: int, terms: Terms) -> "Own":
        return Own(self, account_id, terms)

    @contextmanager
    def gaining(
        self, account_id: int, day: date, points: Mapping[str, int], counted: Mapping[str, int]
    ) -> Iterator[None]:
        """The figures as they are once a member has got these points, by currency, and counted these metrics."""
        self._gain(account_id, day, points, counted, 1)
        try:
            yield
        finally:
            self._gain(account_id, day, points, counted, -1)

    def _gain(
        self, account_id: int, day: date, points: Mapping[str, int], counted: Mapping[str, int], sign: int
    ) -> None:
        for code, amount in points.items():
            for pile in (self.ever, self.held):
                if code in pile:
                    pile[code][account_id] = pile[code].get(account_id, 0) + sign * amount
        steps = {**{_metric(code): amount for code, amount in points.items()}, **counted}
        for metric, amount in steps.items():
            if metric in self.sheet.needs:
                self.sheet.place(account_id, metric, day, sign * amount)


@dataclass(slots=True)
class Own:
    """One member's ``stands.Figures``."""

    shelf: Shelf
    account_id: int
    terms: Terms

    def value(self, leaf: Leaf, as_of: date) -> Any:
        facts = self.shelf.facts.get(self.account_id, {})
        if leaf.window is not None:
            anchor = facts.get(leaf.window.anchor)
            return self.shelf.sheet.value(self.account_id, leaf.name, leaf.window, as_of, anchor)
        known = facts.get(leaf.name)
        crowds = self.shelf.crowds
        if leaf.name not in crowds:
            return known
        return crowds.value(leaf.name, lambda inner: self.value(inner, as_of), known, as_of)

    def score(self, first: date | None, last: date) -> int:
        """Never below 0: a purse in debt is an empty one."""
        policy = self.terms.policy
        if policy.basis == "balance":
            return self.shelf.held.get(policy.currency, {}).get(self.account_id, 0)
        if first is None:
            return max(0, self.shelf.ever.get(policy.currency, {}).get(self.account_id, 0))
        return max(0, self.shelf.sheet.sum_between(self.account_id, _metric(policy.currency), first, last))


def load(stands: Mapping[int, Mapping[int, Stand]], terms: Collection[Terms], today: date) -> Shelf:
    """The figures of these members (account id → ladder id → standing) for these terms."""
    account_ids = sorted(stands)
    crowds = Crowds([leaf for each in terms for leaf in each.leaves])
    needs = _needs(stands, terms, today, crowds)
    days = {code: need for code, need in needs.items() if not code.startswith("score:")}
    shelf = Shelf(conditions.load_sheet(account_ids, days), crowds=crowds)
    shelf.sheet.needs = needs
    for each in terms:
        if each.uses_score:
            _place_score(shelf, each, account_ids, needs)
    leaves = [*crowds.leaves, *(leaf for each in terms for leaf in each.leaves)]
    codes = conditions.facts(leaves)
    if codes:
        shelf.facts = conditions.load_facts(account_ids, codes)
    return shelf


def _needs(
    stands: Mapping[int, Mapping[int, Stand]], terms: Collection[Terms], today: date, crowds: Crowds
) -> dict[str, Need]:
    wanted: dict[str, Need] = {}
    for each in terms:
        own = [ladders[each.ladder_id] for ladders in stands.values() if each.ladder_id in ladders]
        first = min((_first_day(each, stand, today) for stand in own), default=today)
        found = conditions.needs([*each.leaves, *crowds.leaves], first_day=first)
        since = _score_since(each, own, today)
        if since is not None:
            found[_metric(each.policy.currency)] = Need(since)
        for code, need in found.items():
            wanted[code] = wanted[code] | need if code in wanted else need
    return wanted


def _first_day(terms: Terms, stand: Stand, today: date) -> date:
    """The earliest day the judge may ask about this member."""
    days = [today]
    if terms.policy.validity != "open":
        days += [day for day in (stand.valid_through,) if day is not None]
        if terms.policy.refunds_undo == "at_once" and stand.reached_on == stand.term_from and stand.reached_on:
            days.append(stand.reached_on)
    return min(days)


def _score_since(terms: Terms, own: Iterable[Stand], today: date) -> date | None:
    """The first day the score is asked from, where it is asked by day at all."""
    if not terms.uses_score or terms.policy.basis == "balance" or terms.policy.window == "ever":
        return None
    starts = []
    for stand in own:
        day = _first_day(terms, stand, today)
        for since in {stand.term_from, None}:
            start = terms.policy.counted_from(day, joined_on=stand.joined_on, reached_on=since)
            starts += [start] if start is not None else []
    return min(starts, default=today)


def _place_score(shelf: Shelf, terms: Terms, account_ids: Sequence[int], needs: Mapping[str, Need]) -> None:
    code, policy = terms.policy.currency, terms.policy
    if policy.basis == "balance":
        shelf.held = {**shelf.held, code: _held(account_ids, code)}
    elif policy.window == "ever":
        shelf.ever = {**shelf.ever, code: _ever(account_ids, code)}
    else:
        metric = _metric(code)
        for account_id, day, amount in _days(account_ids, code, needs[metric].since):
            shelf.sheet.place(account_id, metric, day, amount)


_BALANCES = Question(
    lambda account_ids, code: Balance.objects.filter(
        bulk.among("account_id", account_ids), currency__code=code
    ).values_list("account_id", "available", NET, "currency__is_spendable")
)


def _held(account_ids: Sequence[int], code: str) -> dict[int, int]:
    return {account: available for account, available, _net, _spent in _BALANCES(account_ids, code)}


def _ever(account_ids: Sequence[int], code: str) -> dict[int, int]:
    found = {account: net for account, _available, net, spent in _BALANCES(account_ids, code) if not spent}
    if found or not Currency.objects.filter(code=code, is_spendable=True).exists():
        return found
    entries = Entry.objects.filter(account_id__in=account_ids, currency__code=code, counter__in=COUNTED)
    return dict(
        entries.order_by().values("account_id").annotate(total=Sum("amount")).values_list("account_id", "total")
    )


def _days(account_ids: Sequence[int], code: str, since: date) -> Iterable[tuple[int, date, int]]:
    rows = Entry.objects.filter(account_id__in=account_ids, currency__code=code, counter__in=COUNTED)
    dated = rows.annotate(day=Coalesce("reverses__effective_on", "effective_on")).filter(day__gte=since)
    return (
        dated.order_by()
        .values("account_id", "day")
        .annotate(total=Sum("amount"))
        .values_list("account_id", "day", "total")
    )
