"""The judge of tiers: what a member's figures make of their standing on one ladder. Pure: no database, no clock.

``judge`` says what is *earned*; ``effective`` picks the highest of earned, granted and bought. Two
versions may speak: the one in force decides rises and reviews, the one a tier was reached by protects
it until its validity ends. See docs/decisions/0010-tier-ladders.md for why the policies mean what they do.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, Protocol

from loyalty import conditions
from loyalty.conditions import Leaf, Predicate
from members.climbing.terms import SCORE, Rung, Terms

DAY = timedelta(days=1)
KEPT, ROSE, UNDONE, FELL = "kept", "rose", "undone", "fell"


class Figures(Protocol):
    """What is known of one member."""

    def value(self, leaf: Leaf, as_of: date) -> Any:
        """A metric over the leaf's window on ``as_of``, or a fact as it is."""

    def score(self, first: date | None, last: date) -> int:
        """What the ladder counts, from ``first`` (``None``: ever) to ``last``."""


@dataclass(frozen=True, slots=True)
class Stand:
    """A standing as the judge sees it; tiers by id."""

    joined_on: date
    earned: int | None = None
    reached_on: date | None = None
    term_from: date | None = None  # the day the present term of validity began; at first the one it was reached on
    valid_through: date | None = None
    before: int | None = None
    before_through: date | None = None
    granted: int | None = None
    granted_through: date | None = None
    paid: int | None = None
    paid_through: date | None = None
    floor: int | None = None
    locked_through: date | None = None
    held_by: int | None = None  # the version whose terms protect the earned tier


@dataclass(frozen=True, slots=True)
class Verdict:
    """The standing afterwards, what became of the earned tier, and the comparisons that decided it."""

    stand: Stand
    outcome: str
    next_review_on: date | None
    findings: tuple[conditions.Finding, ...] = field(default=())


def judge(
    terms: Terms, stand: Stand, figures: Figures, today: date, *, held: Terms | None = None, force: bool = False
) -> Verdict:
    """Judges one member on ``today``. ``held`` are the terms the tier was reached by, where they are older;
    ``force`` judges as if today were the review, by ``terms`` alone.
    """
    return _Judge(terms, held if held and not force else terms, stand, figures, today, force).verdict()


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


class _Judge:
    """One judgement, so that its parts need not hand everything on."""

    def __init__(self, terms: Terms, held: Terms, stand: Stand, figures: Figures, today: date, force: bool) -> None:
        self.terms, self.held, self.stand = terms, held, stand
        self.figures, self.today, self.force = figures, today, force
        self.policy = terms.policy

    def verdict(self) -> Verdict:
        here = self.terms.rank(self.stand.earned)
        rung = self.reached(above=here)
        if rung is not None:
            return self.rise(rung)
        current = self.held.by_id.get(self.stand.earned or 0) or self.terms.by_id.get(self.stand.earned or 0)
        if current is None or current.keep is None or (current.is_free and not self.force):
            return self.done(replace(self.stand, valid_through=None), KEPT)
        if self.force:
            return self.forced()
        return self.open(current) if self.policy.validity == "open" else self.dated(current)

    # What holds

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

    # Moves

    def rise(self, rung: Rung) -> Verdict:
        risen = replace(self.start(rung), before=self.stand.earned, before_through=self.stand.valid_through)
        return self.done(risen, ROSE, rung.reach)

    def start(self, rung: Rung | None) -> Stand:
        """The standing of someone who comes to ``rung`` today."""
        if rung is None:
            return replace(
                self.stand, earned=None, reached_on=self.today, term_from=self.today, valid_through=None, held_by=None
            )
        stand = replace(
            self.stand,
            earned=rung.tier_id,
            reached_on=self.today,
            term_from=self.today,
            held_by=self.terms.version_id,
            before=None,
            before_through=None,
        )
        return replace(stand, valid_through=self.first_end(rung, stand))

    def first_end(self, rung: Rung, stand: Stand) -> date | None:
        if rung.is_free:
            return None
        if self.policy.validity != "open":
            return self.policy.valid_through(self.today, joined_on=stand.joined_on)
        return self.last_good_day(rung.keep, stand, self.terms)

    def dated(self, current: Rung) -> Verdict:
        """A tier with an end: reviewed after it, and before it only undone."""
        stand = self.stand
        if stand.valid_through is None:
            start = stand.reached_on or self.today
            stand = replace(stand, valid_through=self.policy.valid_through(start, joined_on=stand.joined_on))
        self.stand = stand
        last = stand.valid_through
        if last is not None and self.today > last + self.policy.grace_days * DAY:
            return self.reviewed()
        if self.policy.refunds_undo == "at_once" and self.is_undone(current):
            return self.undo(current)
        return self.done(stand, KEPT)

    def reviewed(self) -> Verdict:
        """The review of the term that ended, and of each later one that was missed."""
        current = self.terms.by_id.get(self.stand.earned or 0)
        before = self.stand
        while self.stand.valid_through is not None and self.stand.valid_through < self.today:
            kept = current is not None and (self.policy.downgrade == "never" or self.kept_in_period(current.keep))
            if not kept:
                return self.fall(current, FELL)
            self.stand = self.prolonged()
        after, self.stand = self.stand, before
        return self.done(after, KEPT, current.keep if current else None)

    def prolonged(self) -> Stand:
        """The same tier for its next term, which begins where the last one ended."""
        end = self.stand.valid_through
        start = end + DAY if end is not None else self.today
        return replace(
            self.stand,
            term_from=start,
            valid_through=self.policy.valid_through(start, joined_on=self.stand.joined_on),
            held_by=self.terms.version_id,
        )

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

    def open(self, current: Rung) -> Verdict:
        """A tier that is held as long as it is earned: kept, or still reached as on the first day.

        Else one whose keeping asks for more than its reaching would be lost and reached at every event.
        """
        stand = self.stand
        for demand in (current.keep, current.reach):
            if self.is_still_met(demand):
                end = None if self.counts_anew else self.last_good_day(demand, stand, self.held)
                return self.done(replace(stand, valid_through=end), KEPT)
        last = stand.valid_through
        if last is None or self.today <= last:
            return self.surprised(current)
        if self.today <= last + self.policy.grace_days * DAY:
            return self.done(stand, KEPT)
        if self.policy.downgrade == "never":
            return self.done(replace(stand, valid_through=None), KEPT)
        return self.fall(current, FELL)

    def surprised(self, current: Rung) -> Verdict:
        """The figures fell before their time: something was returned, or spent where the balance counts."""
        if self.policy.basis == "balance":
            may, at_once = self.policy.downgrade != "never", True
        else:
            may, at_once = self.policy.refunds_undo != "never", self.policy.refunds_undo == "at_once"
        if not may:
            return self.done(self.stand, KEPT)
        if at_once and not self.policy.grace_days:
            return self.undo(current) if self.policy.basis == "earned" else self.fall(current, FELL)
        end = self.today - DAY if at_once else self.stand.valid_through or self.today
        return self.done(replace(self.stand, valid_through=end), KEPT)

    def undo(self, current: Rung) -> Verdict:
        """Back to what is earned, or to the tier held before where that would still last."""
        before = self.terms.by_id.get(self.stand.before or 0)
        lasting = before is not None and self.policy.validity != "open"
        if lasting and before is not None and is_running(self.stand.before_through, self.today):
            earned = self.reached(above=-1, below=current.rank)
            if earned is None or earned.rank < before.rank:
                return self.land(current, before, self.stand.before_through, UNDONE)
        return self.land(current, self.earned_below(current.rank), None, UNDONE)

    def fall(self, current: Rung | None, outcome: str) -> Verdict:
        here = current.rank if current else 0
        if self.policy.downgrade == "one_step":
            below = [rung for rung in self.terms.rungs if rung.rank < here and rung.reach is not None]
            return self.land(current, below[-1] if below else None, None, outcome)
        return self.land(current, self.earned_below(here), None, outcome)

    def forced(self) -> Verdict:
        """Everybody is judged now: who keeps the tier by the new terms starts a term of them."""
        current = self.terms.by_id.get(self.stand.earned or 0)
        if current is not None and (current.is_free or self.kept_in_period(current.keep)):
            return self.done(replace(self.start(current), reached_on=self.stand.reached_on), KEPT)
        return self.land(current, self.earned_below(current.rank if current else 1 << 30), None, FELL)

    def earned_below(self, rank: int) -> Rung | None:
        for rung in reversed(self.terms.rungs):
            if rung.rank < rank and rung.reach is not None and self.kept_in_period(rung.reach):
                return rung
        return None

    def land(self, current: Rung | None, target: Rung | None, end: date | None, outcome: str) -> Verdict:
        """Down to ``target``, but not below a lock's floor.

        A tier one came down to step by step, or was kept on by a lock, was not reached by figures: it has
        no day on which it was (``reached_on``), so there is nothing a return could undo before its review.
        """
        earned = outcome == UNDONE or self.policy.downgrade != "one_step"
        floor = self.terms.by_id.get(self.stand.floor or 0)
        locked = floor is not None and is_running(self.stand.locked_through, self.today)
        if floor is not None and locked and current is not None and floor.rank <= current.rank:
            if floor.rank == current.rank:
                return self.done(self.stand, KEPT)
            if target is None or target.rank < floor.rank:
                target, end, earned = floor, None, False
        stand = self.start(target)
        if not earned:
            stand = replace(stand, reached_on=None)
        if end is not None:
            stand = replace(stand, valid_through=end)
        return self.done(stand, outcome, current.keep if current else None)

    # When to look again

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

    def done(self, stand: Stand, outcome: str, predicate: Predicate | None = None) -> Verdict:
        findings = explain(self.terms, predicate, self.stand, self.figures, self.today) if predicate else []
        return Verdict(stand, outcome, self.next_review(stand), tuple(findings))

    def next_review(self, stand: Stand) -> date | None:
        """The next day on which time alone may move the member; always after today."""
        days = []
        if stand.valid_through is not None:
            days.append(stand.valid_through + (self.policy.grace_days + 1) * DAY)
        rung = self.terms.by_id.get(stand.earned or 0)
        if self.policy.validity == "open" and rung is not None and rung.asks_facts:
            days.append(self.today + DAY)
        for held, through in (
            (stand.granted, stand.granted_through),
            (stand.paid, stand.paid_through),
            (stand.floor, stand.locked_through),
        ):
            if held and through is not None and through >= self.today:
                days.append(through + DAY)
        ahead = [day for day in days if day > self.today]
        is_locked = bool(stand.floor) and is_running(stand.locked_through, self.today)
        if len(ahead) < len(days) and not is_locked:
            return self.today + DAY
        return min(ahead, default=None)
