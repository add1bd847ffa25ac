"""Judging what happened once more, with a draft rule among those in force, and writing nothing.

Events are taken account by account in order of time, from the tallies as they stood before the
period: the same engine, the same order and the same sheet as the live path. Profile facts are read
as they are today. Points are what the engine would award, before any debt.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from loyalty import clock, deciding, rulebook
from loyalty import programme as programmes
from loyalty.events.incoming import Draft
from loyalty.events.knowledge import Knowledge, awarded_metric
from loyalty.models import Event, Programme

RANGE = 500
TOP = 10
_EVENT = ("id", "kind", "key", "partner_id", "account_id", "occurred_at", "occurred_on", "payload", "fingerprint")


class Swing(NamedTuple):
    """What one account would have got, without and with the draft."""

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
        """More (or fewer) points than without the draft."""
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
        day=clock.business_day(occurred_at, programme.timezone, programme.day_start_hour),
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
    programme = programmes.current()
    report = Report(since, until)
    live = rulebook.in_force(since=since, until=until)
    trial = [rule for rule in live if rule.rule_id != draft.rule_id] + [draft]
    for drafts in _ranges(draft.kind, since, until):
        without = _points(drafts, live, programme)
        with_draft = _points(drafts, trial, programme)
        _add(report, drafts, without, with_draft)
    return report


def _ranges(kind: str, since: datetime, until: datetime) -> Iterator[list[Draft]]:
    """The period's events, a range of accounts at a time, in order of time."""
    period = Event.objects.filter(kind=kind, occurred_at__gte=since, occurred_at__lt=until, state=Event.State.DECIDED)
    accounts = list(period.exclude(account=None).order_by("account_id").values_list("account_id", flat=True).distinct())
    for start in range(0, len(accounts), RANGE):
        rows = period.filter(account_id__in=accounts[start : start + RANGE]).order_by("occurred_at", "id")
        yield [Draft(**dict(zip(_EVENT, row, strict=True))) for row in rows.values_list(*_EVENT)]


def _points(drafts: Sequence[Draft], rules: Sequence[deciding.CompiledRule], programme: Programme) -> list[int]:
    """What each event is worth in points under ``rules``, folded from the tallies before them."""
    knowledge = Knowledge(drafts, programme, rules=rules)
    knowledge.load({draft.account_id or 0 for draft in drafts}, {draft.occurred_on for draft in drafts})
    book = deciding.RuleBook(rules)
    for draft in drafts:
        _count(knowledge, draft, -1)
    worth: list[int] = []
    for draft in drafts:
        event = view(draft.account_id or 0, draft.kind, draft.payload, draft.occurred_at, programme)
        decided = deciding.decide(event, knowledge.about(event.account_id, event.day), book, knowledge.policy)
        _count(knowledge, draft, 1)
        for award in decided.awards:
            metric = awarded_metric(award.rule_id, award.currency)
            if metric in knowledge.sheet.needs:
                knowledge.sheet.add(event.account_id, metric, event.day, award.awarded)
        worth.append(decided.total())
    return worth


def _count(knowledge: Knowledge, draft: Draft, sign: int) -> None:
    for gauge in knowledge.gauges.of(draft.kind):
        value = gauge.measure(draft.payload, draft.occurred_on)
        if value and gauge.code in knowledge.sheet.needs:
            knowledge.sheet.add(draft.account_id or 0, gauge.code, draft.occurred_on, sign * value)


def _add(report: Report, drafts: Sequence[Draft], before: Sequence[int], after: Sequence[int]) -> None:
    swings: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for draft, old, new in zip(drafts, before, after, strict=True):
        pile = swings[draft.account_id or 0]
        pile[0] += old
        pile[1] += new
        day = report.by_day.get(draft.occurred_on, (0, 0))
        report.by_day[draft.occurred_on] = (day[0] + old, day[1] + new)
        report.touched_events += old != new
    report.events += len(drafts)
    report.before += sum(before)
    report.after += sum(after)
    report.swings += [Swing(account_id, *pile) for account_id, pile in sorted(swings.items())]
