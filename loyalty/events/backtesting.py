"""Judging what happened once more, by other rules or other policies, and writing nothing.

Events are taken account by account in order of time, from the tallies as they stood before the
period: the same engine, the same order and the same sheet as the live path. Facts are those that an
event's receipt was decided by, or where the policy counts by the tier that an order leads to, those it
led to then; what neither tells is read as it is today. Points are what the
engine would award, before any debt. A budget that everybody shares is used up range by range of
accounts, so its sum is right and whom it reaches a guess.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Sum

from loyalty import bulk, deciding, policybook, rulebook
from loyalty import programme as programmes
from loyalty.deciding import caps
from loyalty.events import foreseeing
from loyalty.events.budgeting import EVERYONE, Budget
from loyalty.events.incoming import Draft
from loyalty.events.knowledge import Knowledge
from loyalty.models import Decision, Entry, Event, Programme

RANGE = 500
TOP = 10
_EVENT = ("id", "kind", "key", "partner_id", "account_id", "occurred_at", "occurred_on", "payload", "fingerprint")


class Measures(NamedTuple):
    """What events are judged by: the rules, and the policies in the course of time."""

    rules: Sequence[deciding.CompiledRule]
    policies: policybook.History


class Swing(NamedTuple):
    """What one account would have got, without and with the change."""

    account_id: int
    before: int
    after: int

    @property
    def change(self) -> int:
        return self.after - self.before


@dataclass(slots=True)
class Report:
    """A back-test over [since, until). Points are of the spendable currency ``currency``."""

    since: datetime
    until: datetime
    currency: str = "points"
    events: int = 0
    touched_events: int = 0
    before: int = 0
    after: int = 0
    by_day: dict[date, tuple[int, int]] = field(default_factory=dict)
    swings: list[Swing] = field(default_factory=list)

    @property
    def change(self) -> int:
        """More (or fewer) points than without the change."""
        return self.after - self.before

    @property
    def members(self) -> int:
        """Members who would have got something else."""
        return sum(1 for swing in self.swings if swing.change)

    @property
    def winners(self) -> list[Swing]:
        """Those who gain most."""
        return sorted((s for s in self.swings if s.change > 0), key=lambda s: -s.change)[:TOP]

    @property
    def losers(self) -> list[Swing]:
        """Those who lose most."""
        return sorted((s for s in self.swings if s.change < 0), key=lambda s: s.change)[:TOP]


def view(
    account_id: int, kind: str, payload: Mapping[str, Any], occurred_at: datetime, programme: Programme
) -> deciding.EventView:
    """An event that need not be recorded, as the engine sees it."""
    return deciding.EventView(
        kind=kind,
        occurred_at=occurred_at,
        day=programme.day_of(occurred_at),
        payload=payload,
        account_id=account_id,
        zone=programme.timezone,
    )


def knowledge(event: deciding.EventView, rules: Sequence[deciding.CompiledRule]) -> Knowledge:
    """What the engine may ask about the event's account, for exactly these rules."""
    draft = Draft(event.kind, "", None, event.occurred_at, event.day, dict(event.payload), "", event.account_id)
    found = Knowledge([draft], programmes.current(), rules=rules)
    found.load([event.account_id], [event.day])
    return found


def run(draft: deciding.CompiledRule, *, since: datetime, until: datetime) -> Report:
    """Judges every decided event of the draft's kind in [since, until) without and with the draft.

    The draft stands in for its own version in force. Reads in ranges of accounts; takes no locks.
    """
    live = rulebook.in_force(since=since, until=until)
    trial = [rule for rule in live if rule.rule_id != draft.rule_id] + [draft]
    policies = policybook.history(programmes.current())
    return compare(
        [draft.kind], before=Measures(live, policies), after=Measures(trial, policies), since=since, until=until
    )


def compare(kinds: Collection[str], *, before: Measures, after: Measures, since: datetime, until: datetime) -> Report:
    """Judges every decided event of some kinds in [since, until) by both measures."""
    programme = programmes.current()
    report = Report(since, until)
    piles: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    old, new = (_Side(programme, each, _given(each.rules, since, programme)) for each in (before, after))
    for kind in kinds:
        for drafts in _ranges(kind, since, until):
            past = _Past(_receipts(drafts), foreseeing.led_to([draft.id for draft in drafts]))
            _add(report, piles, drafts, old.points(drafts, past), new.points(drafts, past))
    report.swings = [Swing(account_id, *pile) for account_id, pile in sorted(piles.items())]
    return report


def _ranges(kind: str, since: datetime, until: datetime) -> Iterator[list[Draft]]:
    """The period's events, a range of accounts at a time, in order of time."""
    period = Event.objects.filter(kind=kind, occurred_at__gte=since, occurred_at__lt=until, state=Event.State.DECIDED)
    accounts = list(period.exclude(account=None).order_by("account_id").values_list("account_id", flat=True).distinct())
    for start in range(0, len(accounts), RANGE):
        rows = period.filter(account_id__in=accounts[start : start + RANGE]).order_by("occurred_at", "id")
        yield [Draft(**dict(zip(_EVENT, row, strict=True))) for row in rows.values_list(*_EVENT)]


def _receipts(drafts: Sequence[Draft]) -> dict[UUID, Mapping[str, Any]]:
    """What each event was decided by last. One query."""
    rows = Decision.objects.filter(bulk.among("event_id", [draft.id for draft in drafts])).order_by("number")
    return dict(rows.values_list("event_id", "receipt"))


def _given(rules: Sequence[deciding.CompiledRule], since: datetime, programme: Programme) -> dict[Budget, int]:
    """What budgets had been used of when the period began."""
    day = programme.day_of(since)
    found: dict[Budget, int] = {}
    for rule in rules:
        for cap in rule.caps:
            start = caps.period(cap.per, day)[0]
            if cap.of == EVERYONE and start < day:
                given = Entry.objects.filter(
                    counter=Entry.Counter.ISSUED,
                    rule_version__rule_id=rule.rule_id,
                    currency__code=cap.currency,
                    effective_on__gte=start,
                    effective_on__lt=day,
                )
                budget = Budget(rule.rule_id, cap.currency, cap.per, start)
                found[budget] = given.aggregate(sum=Sum("amount"))["sum"] or 0
    return found


class _Past(NamedTuple):
    """The receipts of some events, and the facts that each of them led to."""

    receipts: Mapping[UUID, Mapping[str, Any]]
    led_to: Mapping[UUID, Mapping[str, Any]]

    def facts(self, event_id: UUID, policy: deciding.Policy) -> dict[str, Any]:
        """What an event is judged by, by this policy."""
        return foreseeing.as_decided(self.receipts.get(event_id, {}), policy, self.led_to.get(event_id, {}))


@dataclass(slots=True)
class _Side:
    """One of two measures, with what it has used of the budgets so far."""

    programme: Programme
    measures: Measures
    budgets: dict[Budget, int]

    def points(self, drafts: Sequence[Draft], past: _Past) -> list[int]:
        """What each event is worth in points, folded from the tallies before them."""
        rules, policies = self.measures
        knowledge = Knowledge(drafts, self.programme, rules=rules)
        knowledge.load({draft.account_id or 0 for draft in drafts}, {draft.occurred_on for draft in drafts})
        knowledge.budgets.used = self.budgets
        book = deciding.RuleBook.of(rules)
        for draft in drafts:
            _count(knowledge, draft, -1)
        worth: list[int] = []
        for draft in drafts:
            event = view(draft.account_id or 0, draft.kind, draft.payload, draft.occurred_at, self.programme)
            context = knowledge.about(event.account_id, event.day)
            policy = policies.at(event.occurred_at)
            then = foreseeing.Given(context, past.facts(draft.id, policy))
            decided = deciding.decide(event, then, book, policy)
            _count(knowledge, draft, 1)
            for award in decided.awards:
                knowledge.count_award(event.account_id, award, event.day)
            worth.append(decided.total())
        return worth


def _count(knowledge: Knowledge, draft: Draft, sign: int) -> None:
    for gauge in knowledge.gauges.of(draft.kind):
        value = gauge.measure(draft.payload, draft.occurred_on)
        if value and gauge.code in knowledge.sheet.needs:
            knowledge.sheet.add(draft.account_id or 0, gauge.code, draft.occurred_on, sign * value)


def _add(
    report: Report,
    piles: dict[int, list[int]],
    drafts: Sequence[Draft],
    before: Sequence[int],
    after: Sequence[int],
) -> None:
    for draft, old, new in zip(drafts, before, after, strict=True):
        pile = piles[draft.account_id or 0]
        pile[0] += old
        pile[1] += new
        day = report.by_day.get(draft.occurred_on, (0, 0))
        report.by_day[draft.occurred_on] = (day[0] + old, day[1] + new)
        report.touched_events += old != new
    report.events += len(drafts)
    report.before += sum(before)
    report.after += sum(after)
