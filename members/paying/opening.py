"""Opening a term, whatever door it came through. The only place that makes terms.

In the caller's transaction, with the account locked: the row, the tier it lifts to, the message, and what
happened. The term's key is used once for ever, so a door that is knocked at twice opens once.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from loyalty import programme
from loyalty.messaging import sending
from loyalty.registry import Happening
from members.models import Plan, PlanTerm
from members.paying import lifting, reckoning
from members.paying.happenings import RENEWED, STARTED
from members.paying.reckoning import Span

BOUGHT = "plan.bought"


@dataclass(frozen=True, slots=True)
class Wish:
    """A term to be opened. ``days`` is its length where it is not the plan's own; ``start`` its first day at
    the earliest; ``at`` the instant it was bought, where that is not now.
    """

    account_id: int
    plan: Plan
    key: str
    source: str
    start: date
    days: int = 0
    price_minor: int = 0
    price_points: int = 0
    at: datetime | None = None
    event_id: UUID | None = None
    entry_id: UUID | None = None
    note: str = ""


def find(key: str) -> PlanTerm | None:
    """The term a key has opened already."""
    return PlanTerm.objects.select_related("plan").filter(key=key).first()


def terms_of(account_id: int, plan: Plan) -> list[PlanTerm]:
    """All of a member's terms of a plan, in the order they begin."""
    return list(PlanTerm.objects.filter(member_id=account_id, plan=plan).order_by("starts_on", "pk"))


def preview(account_id: int, plan: Plan, start: date, *, days: int = 0) -> Span:
    """The days a new term would run."""
    taken = [span for term in terms_of(account_id, plan) if (span := reckoning.span_of(term)).last >= span.first]
    length, unit = (days, "days") if days else (plan.length, plan.unit)
    return reckoning.place(taken, start, length, unit)


def open_term(wish: Wish, *, now: datetime, cause_id: UUID | None = None) -> tuple[PlanTerm, list[Happening]]:
    """Opens the term; what happened is the caller's to record.

    One that is over already (an order of long ago) is kept for its history, and nothing follows from it.
    """
    before = terms_of(wish.account_id, wish.plan)
    span = preview(wish.account_id, wish.plan, wish.start, days=wish.days)
    term = PlanTerm.objects.create(
        member_id=wish.account_id,
        plan=wish.plan,
        key=wish.key,
        source=wish.source,
        starts_on=span.first,
        through_on=span.last,
        price_minor=wish.price_minor,
        price_points=wish.price_points,
        event_id=wish.event_id,
        entry_id=wish.entry_id,
        note=wish.note[:200],
        bought_at=wish.at or now,
    )
    if span.last < programme.day_of(now):
        return term, []
    told = [_happening(term, before, cause_id), *lifting.follow([wish.account_id], note=wish.plan.name, now=now)]
    params = {"term": term.pk}
    sending.tell(account_ids=[wish.account_id], kind=BOUGHT, params=params, key=f"{BOUGHT}:{term.pk}", now=now)
    return term, told


def _happening(term: PlanTerm, before: list[PlanTerm], cause_id: UUID | None) -> Happening:
    """Started, or renewed where the eve belongs to a term that was no trial."""
    held = [each for each in before if each.source != PlanTerm.Source.TRIAL or term.source == PlanTerm.Source.TRIAL]
    eve = term.starts_on - reckoning.DAY
    continues = [each for each in held if each.starts_on <= eve <= reckoning.span_of(each).last]
    kind = RENEWED if any(each.source != PlanTerm.Source.TRIAL for each in continues) else STARTED
    return Happening(
        kind=kind,
        key=f"{kind}:{term.pk}",
        account_id=term.member_id,
        occurred_at=term.bought_at,
        payload={
            "plan": term.plan.code,
            "source": str(term.source),
            "is_first": not held,
            "days": reckoning.days_of(reckoning.span_of(term)),
            "starts_on": term.starts_on.isoformat(),
            "through_on": term.through_on.isoformat(),
        },
        cause_id=cause_id,
    )
