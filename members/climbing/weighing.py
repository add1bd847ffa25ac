"""What a member's figures say of a standing: which demands hold, since when, and until when. Pure.

``judging`` asks, and makes of it what the ladder's policies say.
"""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from loyalty import conditions
from loyalty.conditions import Leaf, Predicate
from members.climbing.stands import Figures, Stand
from members.climbing.terms import SCORE, Rung, Terms

DAY = timedelta(days=1)


def effective(terms: Terms, stand: Stand, today: date) -> int | None:
    """The highest of what is earned, granted and bought on ``today``; ``None`` for no tier."""
    sources = [stand.earned]
    if stand.granted and is_running(stand.granted_through, today):
        sources.append(stand.granted)
    if stand.paid and is_running(stand.paid_through, today):
        sources.append(stand.paid)
    best = max(sources, key=terms.rank)
    return best if terms.rank(best) >= 0 else None


def is_running(through: date | None, today: date) -> bool:
    return through is None or today <= through


def explain(
    terms: Terms, predicate: Predicate, stand: Stand, figures: Figures, as_of: date
) -> list[conditions.Finding]:
    """Every comparison of ``predicate`` as the member stands on ``as_of``: what a page of progress draws."""
    start = terms.policy.counted_from(as_of, joined_on=stand.joined_on, reached_on=stand.term_from)
    return predicate.explain(_lookup(figures, as_of, start, as_of), as_of)


def _lookup(figures: Figures, as_of: date, first: date | None, last: date) -> Callable[[Leaf], Any]:
    def look(leaf: Leaf) -> Any:
        return figures.score(first, last) if leaf.source == SCORE else figures.value(leaf, as_of)

    return look


class Scales:
    """One member's figures against the terms of one ladder, on one day. ``held`` are those that protect the tier."""

    def __init__(self, terms: Terms, held: Terms, stand: Stand, figures: Figures, today: date) -> None:
        self.terms, self.held, self.stand = terms, held, stand
        self.figures, self.today = figures, today
        self.policy = terms.policy

    def holds(
        self, predicate: Predicate | None, as_of: date, *, through: date | None = None, terms: Terms | None = None
    ) -> bool:
        """Whether a predicate holds as of a day; the score is counted on to ``through``."""
        if predicate is None:
            return False
        policy = (terms or self.terms).policy
        first = policy.counted_from(as_of, joined_on=self.stand.joined_on, reached_on=self.stand.term_from)
        return predicate(_lookup(self.figures, as_of, first, through or as_of), as_of)

    def reached(self, *, above: int, below: int = 1 << 30) -> Rung | None:
        """The highest rung between the ranks whose demand is met today."""
        for rung in reversed(self.terms.rungs):
            if above < rung.rank < below and self.holds(rung.reach, self.today):
                return rung
        return None

    def kept_in_period(self, keep: Predicate | None) -> bool:
        """Whether a tier is kept at its review: by the period that ended with its validity (with what was
        added since, in the days of grace), or by the figures of today.
        """
        last = self.stand.valid_through if self.policy.validity != "open" else None
        if last is not None and self.holds(keep, last, through=self.today):
            return True
        return self.holds(keep, self.today)

    def earned_below(self, rank: int) -> Rung | None:
        for rung in reversed(self.terms.rungs):
            if rung.rank < rank and rung.reach is not None and self.kept_in_period(rung.reach):
                return rung
        return None

    def is_undone(self, current: Rung) -> bool:
        """Whether what is left would not have led here: neither on the day it was reached nor today.

        Asked of counted figures in the first term alone: a fact has no yesterday, a balance is no deed to
        undo, and a later term rests on a review.
        """
        reach = current.reach or current.keep
        if reach is None or self.policy.basis == "balance" or any(leaf.source == "fact" for leaf in reach.leaves):
            return False
        day = self.stand.reached_on
        if day is None or self.stand.term_from != day:
            return False
        if self.holds(current.keep, self.today, terms=self.held) or self.holds(reach, self.today, terms=self.held):
            return False
        return not self.holds_since(reach, day)

    def holds_since(self, reach: Predicate, day: date) -> bool:
        first = self.held.policy.counted_from(day, joined_on=self.stand.joined_on, reached_on=None)
        return reach(_lookup(self.figures, day, first, self.today), day)

    @property
    def counts_anew(self) -> bool:
        """Whether figures begin at nothing with each tier reached."""
        return self.policy.window == "since_reached" and self.policy.basis == "earned"

    def is_still_met(self, demand: Predicate | None) -> bool:
        """Whether the demand on an open tier holds today. Where counting began anew with the tier, all since
        joining counts here: else every tier would be lost on the day after it was reached.
        """
        if demand is None or not self.counts_anew:
            return self.holds(demand, self.today, terms=self.held)
        return demand(_lookup(self.figures, self.today, self.stand.joined_on, self.today), self.today)

    def last_good_day(self, keep: Predicate | None, stand: Stand, terms: Terms) -> date | None:
        """The last day an open tier is kept if nothing more happens; ``None`` where time takes nothing.

        Figures only leave a window, so the first day that fails is found by halving.
        """
        if keep is None or not terms.horizon:
            return None

        def fails(days: int) -> bool:
            day = self.today + days * DAY
            first = terms.policy.counted_from(day, joined_on=stand.joined_on, reached_on=stand.term_from)
            return not keep(_lookup(self.figures, day, first, day), day)

        low, high = 0, terms.horizon + 1
        if not fails(high):
            return None
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if fails(middle) else (middle, high)
        return self.today + low * DAY
