"""Ending terms: cutting them short, letting them run out, and what moves up behind them.

``cut_short`` and the nightly job are the only ones that end terms. In the caller's transaction, with the
account locked.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from django.db import transaction
from django.db.models import F, Q, QuerySet

from loyalty import accounts, programme
from loyalty.events import intake
from loyalty.messaging import sending
from loyalty.models import Account
from loyalty.registry import Happening, Stride
from members.models import Plan, PlanTerm
from members.paying import holding, lifting, opening, reckoning
from members.paying.happenings import ENDED, THROUGH
from members.paying.reckoning import DAY, Span

RANGE = 500
OVER = "plan.ended"
Terms = QuerySet[PlanTerm]


def cut_short(terms: Sequence[PlanTerm], *, why: str, now: datetime, quiet: bool = False) -> list[Happening]:
    """Writes the terms of one member that were cut short or let run on again, and what follows from it.

    Terms of the plan that have not begun move up to where there is room. What happened is the caller's to
    record: the end of a plan that no longer runs, and the moves between tiers. ``quiet`` leaves out the
    message, where the door has a word of its own.
    """
    today = programme.day_of(now)
    PlanTerm.objects.bulk_update(terms, ["ended_on", "refunded_minor", "refunded_points"])
    told: list[Happening] = []
    for plan in {term.plan_id: term.plan for term in terms}.values():
        account_id = terms[0].member_id
        close_up(account_id, plan, today)
        mine = [term for term in terms if term.plan_id == plan.pk]
        told += lifting.follow([account_id], note=plan.name, now=now)
        told += _ended(mine, today, why, now, quiet=quiet)
    return told


def close_up(account_id: int, plan: Plan, today: date) -> None:
    """Moves terms that have not begun next to each other, as near to today as there is room."""
    free = today
    for term in opening.terms_of(account_id, plan):
        span = reckoning.span_of(term)
        if span.last < span.first or span.last < today:
            continue
        if term.starts_on > today and term.starts_on != free:
            _move(term, plan, free)
            span = reckoning.span_of(term)
        free = max(free, span.last + DAY)


def _move(term: PlanTerm, plan: Plan, start: date) -> None:
    """To another first day: by the calendar as it was bought by the calendar, else as many days as before."""
    whole = Span(term.starts_on, term.through_on)
    cut = (term.through_on + DAY - term.ended_on).days if term.ended_on else 0
    by_calendar = reckoning.last_day(term.starts_on, plan.length, plan.unit) == term.through_on
    last = reckoning.last_day(start, plan.length, plan.unit) if by_calendar else start + (whole.last - whole.first)
    term.starts_on, term.through_on = start, last
    term.ended_on = last + DAY - cut * DAY if cut else None
    term.save(update_fields=["starts_on", "through_on", "ended_on"])


def _ended(terms: Iterable[PlanTerm], today: date, why: str, now: datetime, *, quiet: bool = False) -> list[Happening]:
    """One ``plan.ended`` for a plan that ran and does so no longer."""
    over = [term for term in terms if reckoning.span_of(term).last < today]
    over = [term for term in over if term.starts_on <= today]
    if not over:
        return []
    ids = {term.member_id for term in over}
    held = holding.held_by(ids, today)
    told: dict[tuple[int, int], Happening] = {}
    for term in over:
        if term.plan_id in held.get(term.member_id, ()):
            continue
        told[term.member_id, term.plan_id] = _happening(term, why, now)
        if not quiet:
            params, key = {"term": term.pk}, f"{OVER}:{term.pk}"
            sending.tell(account_ids=[term.member_id], kind=OVER, params=params, key=key, now=now)
    return list(told.values())


def _happening(term: PlanTerm, why: str, now: datetime) -> Happening:
    earlier = PlanTerm.objects.filter(member=term.member_id, plan=term.plan_id, pk__lt=term.pk)
    return Happening(
        kind=ENDED,
        key=f"{ENDED}:{term.pk}",
        account_id=term.member_id,
        occurred_at=now,
        payload={
            "plan": term.plan.code,
            "source": str(term.source),
            "is_first": not earlier.exclude(source=PlanTerm.Source.TRIAL).exists(),
            "days": max(0, reckoning.days_of(reckoning.span_of(term))),
            "why": why,
        },
    )


def last_on(day: date) -> Q:
    """Terms whose last day is ``day``, as they stand."""
    return Q(through_on=day, ended_on=None) | Q(ended_on=day + DAY, ended_on__gt=F("starts_on"))


def run_out(as_of: datetime, period: str, cursor: str) -> Stride:
    """Some hundred terms whose last day was the eve of business day ``period``, from ``cursor`` on.

    Tells that they ended, and lets what they paid for go; nothing happens twice by the events' keys.
    """
    day = date.fromisoformat(period)
    due = PlanTerm.objects.filter(last_on(day - DAY))
    rows = list(due.filter(pk__gt=int(cursor or 0)).select_related("plan").order_by("pk")[:RANGE])
    if not rows:
        return Stride("", {})
    with transaction.atomic():
        locked = accounts.lock(sorted({row.member_id for row in rows}))
        living = [row for row in rows if locked[row.member_id].status != Account.Status.CLOSED]
        told = lifting.follow({row.member_id for row in living}, note="", now=as_of)
        told += _ended(living, day, THROUGH, as_of)
        intake.record(told, now=as_of)
    return Stride(str(rows[-1].pk), {"ended": len(rows)})
