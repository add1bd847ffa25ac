"""The judge of tiers: what a member's figures make of their standing on one ladder. Pure: no database, no clock.

``judge`` says what is *earned*; ``weighing.effective`` picks the highest of earned, granted and bought. Two
versions may speak: the one in force decides rises and reviews, the one a tier was reached by protects
it until its validity ends. See docs/decisions/0010-tier-ladders.md for why the policies mean what they do.
"""

from dataclasses import replace
from datetime import date

from loyalty.conditions import Predicate
from members.climbing.stands import Figures, Stand, Verdict
from members.climbing.terms import Rung, Terms
from members.climbing.weighing import DAY, Scales, explain, is_running

KEPT, ROSE, UNDONE, FELL = "kept", "rose", "undone", "fell"


def judge(
    terms: Terms, stand: Stand, figures: Figures, today: date, *, held: Terms | None = None, force: bool = False
) -> Verdict:
    """Judges one member on ``today``. ``held`` are the terms the tier was reached by, where they are older;
    ``force`` judges as if today were the review, by ``terms`` alone.
    """
    return _Judge(terms, held if held and not force else terms, stand, figures, today, force).verdict()


class _Judge(Scales):
    """One judgement, so that its parts need not hand everything on."""

    def __init__(self, terms: Terms, held: Terms, stand: Stand, figures: Figures, today: date, force: bool) -> None:
        super().__init__(terms, held, stand, figures, today)
        self.force = force

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
