"""What staff do to paid memberships: give one, end one, and what is given back then.

Every deed has a reason and an audit record. Points go back to the very lots they came from. Money is given
back where it was paid; here it is only said how much that is, and the till's refund is counted when it comes.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from loyalty import accounts, approvals, audit, programme
from loyalty.audit import NOWHERE, Origin
from loyalty.errors import LoyaltyError
from loyalty.events import intake
from loyalty.ledger import repaying
from loyalty.messaging import sending
from loyalty.models import Account, User
from members.climbing.granting import ReasonNeeded
from members.models import Member, Plan, PlanTerm
from members.paying import ending, opening, reckoning
from members.paying.happenings import STAFF
from members.paying.opening import Wish
from members.paying.orders import REFUNDED

LONGEST = 3660


class TermOver(LoyaltyError):
    code = "plan_term_over"
    sentence = _("This membership is over already. There is nothing left to end.")


@dataclass(frozen=True, slots=True)
class Refund:
    """What ending a term on a day means: days used and left, and what is given back by the plan's policy."""

    used: int
    left: int
    points: int
    minor: int


def give(
    *,
    account_id: int,
    plan: Plan,
    days: int,
    token: str,
    reason: str,
    by: User | None,
    now: datetime,
    origin: Origin = NOWHERE,
) -> PlanTerm:
    """Gives a term: so many days, or (0) as long as the plan lasts. The same ``token`` again gives nothing more.

    Raises ``ReasonNeeded``, ``AccountNotFound`` and ``OwnMembership``.
    """
    _say(reason)
    approvals.refuse_own(by, account_id)
    key = f"staff:{account_id}:{token}"
    with transaction.atomic():
        locked = accounts.lock([account_id]).get(account_id)
        is_open = locked is not None and locked.status != Account.Status.CLOSED
        if not (is_open and Member.objects.filter(pk=account_id).exists()):
            raise accounts.AccountNotFound
        if first := opening.find(key):
            return first
        wish = Wish(
            account_id,
            plan,
            key,
            PlanTerm.Source.STAFF,
            programme.day_of(now),
            days=min(max(days, 0), LONGEST),
            note=reason,
        )
        term, told = opening.open_term(wish, now=now)
        intake.record(told, now=now)
        _record("given", term, {}, reason, by, now, origin)
    return term


def preview(term: PlanTerm, *, now: datetime) -> Refund:
    """What would be given back if the term ended now."""
    today, span = programme.day_of(now), reckoning.span_of(term)
    policy = term.plan.refund
    points = reckoning.owed(term, term.price_points, policy, today)
    minor = reckoning.owed(term, term.price_minor, policy, today)
    used = min(max((today - span.first).days, 0), max(reckoning.days_of(span), 0))
    return Refund(
        used=used,
        left=max(reckoning.days_of(span), 0) - used,
        points=max(0, min(points, term.price_points - term.refunded_points)),
        minor=max(0, min(minor, term.price_minor - term.refunded_minor)),
    )


def end(
    *,
    term_id: int,
    gives_back: bool,
    reason: str,
    by: User | None,
    now: datetime,
    origin: Origin = NOWHERE,
) -> Refund:
    """Ends a term today, whatever is left of it; with ``gives_back`` what the plan's policy says is given back.

    Today is the first day without it. Raises ``ReasonNeeded``, ``TermOver`` and ``OwnMembership``.
    """
    _say(reason)
    with transaction.atomic():
        found = PlanTerm.objects.only("member_id").get(pk=term_id)
        approvals.refuse_own(by, found.member_id)
        accounts.lock([found.member_id])
        term = PlanTerm.objects.select_related("plan").get(pk=term_id)
        today = programme.day_of(now)
        if (span := reckoning.span_of(term)).last < max(today, span.first):
            raise TermOver
        before, back = audit.snapshot(term), preview(term, now=now) if gives_back else Refund(0, 0, 0, 0)
        term.ended_on = max(today, term.starts_on)
        if back.points and term.entry_id is not None:
            repaying.repay(entry_id=term.entry_id, amount=back.points, memo=term.plan.code, now=now)
            term.refunded_points += back.points
        told = ending.cut_short([term], why=STAFF, now=now, quiet=bool(back.points))
        if back.points:
            _tell(term, now)
        intake.record(told, now=now)
        _record("ended", term, before, reason, by, now, origin)
    return back


def _tell(term: PlanTerm, now: datetime) -> None:
    key, params = f"{REFUNDED}:{term.pk}:points", {"term": term.pk}
    sending.tell(account_ids=[term.member_id], kind=REFUNDED, params=params, key=key, now=now)


def _say(reason: str) -> None:
    if not reason.strip():
        raise ReasonNeeded(param="reason")


def _record(
    deed: str,
    term: PlanTerm,
    before: dict[str, object],
    reason: str,
    by: User | None,
    now: datetime,
    origin: Origin,
) -> None:
    seen = audit.difference(before, audit.snapshot(term))
    audit.record(
        deed=f"members.planterm.{deed}",
        subject=audit.name_of(term),
        actor=by,
        before=seen[0],
        after=seen[1],
        reason=reason.strip(),
        now=now,
        **origin._asdict(),
    )
