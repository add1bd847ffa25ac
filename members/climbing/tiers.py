"""Every move between tiers, in one place: standings, the member's tier, the history and the events.

``follow`` is told by the pipeline which accounts an event moved, ``review`` judges any range of members,
``settle`` also takes an operation's own change of a standing (a grant, a lock, a purchase). All run in the
caller's transaction with the accounts locked, so of two orders crossing one threshold together the
second finds the move made.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

from loyalty import bulk, programme
from loyalty.asking import Question
from loyalty.models import Event, User
from loyalty.registry import Happening
from members.climbing import figures, judging, ladders, receipts, telling, weighing
from members.climbing.judging import FELL, KEPT, ROSE, UNDONE
from members.climbing.stands import Stand, Verdict
from members.climbing.terms import Terms
from members.models import Member, Standing, TierChange
from members.paying import holding

Reason = TierChange.Reason
_STAND = tuple(name for name in Stand.__dataclass_fields__ if name != "joined_on")
_COLUMN = {"earned": "earned_id", "before": "before_id", "granted": "granted_id", "paid": "paid_id"} | {
    "floor": "floor_id",
    "held_by": "version_id",
}
_WRITTEN = (
    "member_id",
    "ladder_id",
    *(_COLUMN.get(name, name) for name in _STAND),
    "reached_at",
    "granted_note",
    "granted_by_id",
    "locked_note",
    "effective_id",
    "effective_at",
    "next_review_on",
    "celebrated",
)
_seen = attrgetter(*(_COLUMN.get(name, name) for name in _STAND))  # in the order of ``Stand``'s fields after the first
_row = attrgetter(*_WRITTEN)
_OUTCOMES = {ROSE: Reason.EARNED, UNDONE: Reason.REFUND, FELL: Reason.REVIEW}
_STANDINGS = Question(
    lambda member_ids, ladder_ids: Standing.objects.filter(
        bulk.among("member_id", member_ids), bulk.among("ladder_id", ladder_ids)
    )
)
_MEMBERS = Question(
    lambda member_ids: (
        Member.objects.filter(bulk.among("account_id", member_ids))
        .order_by("account_id")
        .values_list("account_id", "tier_id", "joined_on", "joined_at")
    )
)
Edit = Callable[[Standing], None]
_Before = tuple[tuple[Any, ...], int | None]


@dataclass(frozen=True, slots=True)
class Occasion:
    """Why members are judged: the causing events by account, and what an operation says of itself."""

    now: datetime
    causes: Mapping[int, UUID] = field(default_factory=dict)
    reason: str = ""
    note: str = ""
    by: User | None = None
    force: bool = False
    ladder_id: int | None = None


@dataclass(slots=True)
class Place:
    """One member on one ladder, as found."""

    standing: Standing
    joined_on: date
    terms: Terms

    @property
    def stand(self) -> Stand:
        return stand_of(self.standing, self.joined_on)


@dataclass(slots=True)
class _Case:
    """The same, judged."""

    standing: Standing
    terms: Terms
    stand: Stand
    verdict: Verdict
    before: tuple[Any, ...]
    was: int | None

    @property
    def is_changed(self) -> bool:
        return self.before != _row(self.standing)


def follow(account_ids: Sequence[int], causes: Mapping[int, UUID], now: datetime) -> list[Happening]:
    """Judges the accounts an event moved; the answer tells each move once, and each tier it led through."""
    return telling.told(review(account_ids, causes, now))


def review(account_ids: Sequence[int], causes: Mapping[int, UUID], now: datetime) -> list[Happening]:
    """Judges these members on every ladder and makes the moves; one happening for each move.

    The caller holds the accounts' locks. A move is dated when its cause happened. However many tiers it
    spans, it is one move. A constant number of queries, whatever the range; nothing is written where
    nothing changed.
    """
    return settle(account_ids, Occasion(now=now, causes=causes))


def settle(account_ids: Sequence[int], occasion: Occasion, edit: Edit | None = None) -> list[Happening]:
    """Judges members, after ``edit`` changed their standing where one is given, and writes what moved."""
    in_force = [each for each in ladders.in_force(occasion.now) if occasion.ladder_id in (None, each.ladder_id)]
    if not in_force or not account_ids:
        return []
    today = programme.day_of(occasion.now)
    found = places(account_ids, in_force)
    before = [(_row(place.standing), place.standing.effective_id) for place in found]
    _carry_on(found, today)
    if edit is not None:
        for place in found:
            edit(place.standing)
    known = {each.version_id: each for each in in_force}
    known |= ladders.older({place.standing.version_id for place in found if place.standing.version_id} - set(known))
    return _write(_judge(found, before, known, today, occasion), occasion)


def _carry_on(found: Sequence[Place], today: date) -> None:
    """Where a bought tier has run out, the next one that is paid for takes its place. One query, if any has."""
    over = [place.standing for place in found if place.standing.paid_id and _is_over(place.standing, today)]
    lifts = holding.lifts({row.member_id for row in over}, today) if over else {}
    for row in over:
        if lift := lifts.get((row.member_id, row.ladder_id)):
            row.paid_id, row.paid_through = lift.tier_id, lift.through


def _is_over(row: Standing, today: date) -> bool:
    return row.paid_through is not None and row.paid_through < today


def places(account_ids: Collection[int], in_force: Sequence[Terms]) -> list[Place]:
    """Every member's standing on every ladder; where there is no row, as it is at the start. Two queries."""
    ladder_ids = [each.ladder_id for each in in_force]
    found = {(row.member_id, row.ladder_id): row for row in _STANDINGS(list(account_ids), ladder_ids)}
    return [
        Place(found.get((row[0], terms.ladder_id)) or _beginning(terms, *row), row[2], terms)
        for row in _MEMBERS(list(account_ids))
        for terms in in_force
    ]


def _beginning(terms: Terms, account_id: int, tier_id: int | None, on: date, at: datetime) -> Standing:
    """The standing of a member who has not moved yet."""
    if not terms.is_main:
        return Standing(member_id=account_id, ladder_id=terms.ladder_id)
    return Standing(
        member_id=account_id,
        ladder_id=terms.ladder_id,
        earned_id=tier_id,
        reached_on=on,
        reached_at=at,
        term_from=on,
        effective_id=tier_id,
        effective_at=at,
    )


def _judge(
    places: Sequence[Place], before: Sequence[_Before], known: Mapping[int, Terms], today: date, occasion: Occasion
) -> list[_Case]:
    stands: dict[int, dict[int, Stand]] = {}
    for place in places:
        stands.setdefault(place.standing.member_id, {})[place.terms.ladder_id] = place.stand
    shelf = figures.load(stands, list(known.values()), today)
    cases = []
    for place, (row, was) in zip(places, before, strict=True):
        terms, standing, stand = place.terms, place.standing, place.stand
        held = known.get(standing.version_id or 0)
        own = shelf.of(standing.member_id, terms)
        verdict = judging.judge(terms, stand, own, today, held=held, force=occasion.force)
        if verdict.stand != stand:
            _take(standing, verdict)
        standing.next_review_on = verdict.next_review_on
        standing.effective_id = weighing.effective(terms, verdict.stand, today)
        cases.append(_Case(standing, terms, stand, verdict, row, was))
    return cases


def stand_of(row: Standing, joined_on: date) -> Stand:
    """The row as the judge sees it."""
    return Stand(joined_on, *_seen(row))


def _take(row: Standing, verdict: Verdict) -> None:
    for name in _STAND:
        setattr(row, _COLUMN.get(name, name), getattr(verdict.stand, name))


def _write(cases: Sequence[_Case], occasion: Occasion) -> list[Happening]:
    """A constant number of statements: standings, tiers, history. Returns the happenings of the moves."""
    moved = [case for case in cases if case.was != case.standing.effective_id]
    times = _times(moved, occasion)
    for case in cases:
        account_id = case.standing.member_id
        moment = times.get(occasion.causes.get(account_id), occasion.now) if moved else occasion.now
        if case.verdict.outcome != KEPT:
            case.standing.reached_at = moment
        if case.was != case.standing.effective_id:
            rose = case.terms.rank(case.standing.effective_id) > case.terms.rank(case.was)
            case.standing.effective_at, case.standing.celebrated = moment, not rose
    rows = [_row(case.standing) for case in cases if case.is_changed]
    bulk.upsert(Standing, _WRITTEN, rows, key=("member_id", "ladder_id"))
    tiers = [(case.standing.member_id, case.standing.effective_id) for case in moved if case.terms.is_main]
    bulk.update(Member, ("account_id", "tier_id"), tiers)
    return _tell(moved, occasion)


def _times(moved: Sequence[_Case], occasion: Occasion) -> dict[UUID | None, datetime]:
    found = (occasion.causes.get(case.standing.member_id) for case in moved)
    causes = {cause for cause in found if cause is not None}
    return dict(Event.objects.filter(pk__in=causes).values_list("pk", "occurred_at")) if causes else {}


def _tell(moved: Sequence[_Case], occasion: Occasion) -> list[Happening]:
    """Keeps the history and says what happened."""
    if not moved:
        return []
    ids = [case.standing.member_id for case in moved]
    seen: dict[int, set[int | None]] = {}
    for member_id, tier_id in TierChange.objects.filter(member_id__in=ids).values_list("member_id", "tier_id"):
        seen.setdefault(member_id, set()).add(tier_id)
    today = programme.day_of(occasion.now)
    changes = TierChange.objects.bulk_create(_change(case, occasion, today) for case in moved)
    return [
        telling.happening(case.terms, change, seen.get(change.member_id, set()))
        for case, change in zip(moved, changes, strict=True)
    ]


def _change(case: _Case, occasion: Occasion, today: date) -> TierChange:
    row = case.standing
    return TierChange(
        member_id=row.member_id,
        ladder_id=row.ladder_id,
        previous_id=case.was,
        tier_id=row.effective_id,
        reason=_reason(case, occasion),
        note=occasion.note,
        by=occasion.by,
        cause_id=occasion.causes.get(row.member_id),
        receipt=receipts.of(case.terms, case.verdict, on=today),
        changed_at=row.effective_at or occasion.now,
    )


def _reason(case: _Case, occasion: Occasion) -> str:
    """What moved the effective tier: the earned one, a source that ended, or the operation itself."""
    stand, row = case.stand, case.standing
    if case.verdict.outcome != KEPT and row.effective_id in (row.earned_id, None):
        if occasion.force and not occasion.reason:
            return Reason.MIGRATION
        return _OUTCOMES[case.verdict.outcome]
    if occasion.reason:
        return occasion.reason
    if case.was is not None and case.was == stand.granted:
        return Reason.GRANT_ENDED
    paid = (stand.paid, case.before[_WRITTEN.index("paid_id")])
    return Reason.PAID_ENDED if case.was is not None and case.was in paid else Reason.REVIEW
