"""Buying a plan with points and trying one: what a member does by themselves.

The price is paid and the term opens together, or neither. The account's lock lets a member's purchases
happen one by one; the token makes a second press the first purchase.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from loyalty import accounts, programme
from loyalty.errors import Conflict, LoyaltyError, NotFound
from loyalty.events import intake
from loyalty.ledger import spending
from members.models import Plan, PlanTerm
from members.paying import opening, reckoning
from members.paying.opening import Wish

MOST_AHEAD = 5  # terms of one plan that may lie ahead of a member, the running one among them


class PlanNotFound(NotFound):
    code = "plan_not_found"
    sentence = _("We could not find this plan. It may no longer be offered.")


class NotForPoints(LoyaltyError):
    """The plan has no price in points, or is not on sale."""

    code = "plan_not_for_points"
    sentence = _("This plan cannot be bought with points right now. Our shops are glad to help.")


class NoTrial(LoyaltyError):
    """No days to try it, or not on sale."""

    code = "plan_without_trial"
    sentence = _("This plan has no trial right now.")


class Tried(LoyaltyError):
    """Tried or held before."""

    code = "plan_tried"
    sentence = _("You know this plan already: it can be tried once, before it is bought.")


class FarAhead(LoyaltyError):
    code = "plan_paid_far_ahead"
    sentence = _("You have this plan through %(through)s already. That is as far ahead as it can be bought.")


class PriceMoved(Conflict):
    """The price is another one than the member was shown."""

    code = "plan_price_changed"
    sentence = _("The price is %(points)s points now, not %(quoted)s. Please look again before you buy.")
    points: int


class TokenUsed(Conflict):
    code = "token_reused"
    sentence = _("This token already belongs to another purchase. Please send a new one.")


def buy(*, account_id: int, plan_code: str, token: str, now: datetime, quoted_points: int | None = None) -> PlanTerm:
    """Buys one term with points. The same ``token`` again returns the term it bought.

    A term begins today, or the day after what the member holds of this plan. ``quoted_points`` is what
    they were shown. Raises ``PlanNotFound``, ``NotForPoints``, ``PriceMoved``, ``FarAhead``, ``TokenUsed``,
    ``InsufficientPoints``, ``SpendingStopped`` or ``AccountFrozen``; then nothing has moved.
    """
    plan = offered(plan_code)
    key = f"points:{account_id}:{token}"
    with transaction.atomic():
        accounts.lock_spending(account_id)
        if first := opening.find(key):
            return _same(first, plan)
        price = check(account_id, plan, now)
        if quoted_points not in (None, price):
            raise PriceMoved(points=price, quoted=quoted_points)
        entry = spending.spend(account_id=account_id, amount=price, now=now, memo=plan.code)
        term, told = opening.open_term(
            Wish(
                account_id,
                plan,
                key,
                PlanTerm.Source.POINTS,
                programme.day_of(now),
                price_points=price,
                entry_id=entry.pk,
            ),
            now=now,
        )
        intake.record(told, now=now)
    return term


def check(account_id: int, plan: Plan, now: datetime) -> int:
    """The price in points where the member may buy one more term; else raises why not."""
    if not (plan.is_on_sale and plan.price_points):
        raise NotForPoints
    today = programme.day_of(now)
    ahead = [span for term in opening.terms_of(account_id, plan) if (span := reckoning.span_of(term)).last >= today]
    if len(ahead) >= MOST_AHEAD:
        raise FarAhead(through=max(span.last for span in ahead).isoformat())
    return plan.price_points


def try_out(*, account_id: int, plan_code: str, now: datetime) -> PlanTerm:
    """Starts the trial today. A second press returns the trial while it runs.

    Once for each member and plan, and only before it was ever held. Raises ``PlanNotFound``, ``NoTrial``,
    ``Tried``, ``AccountFrozen``.
    """
    plan = offered(plan_code)
    today = programme.day_of(now)
    with transaction.atomic():
        accounts.lock_active(account_id)
        key = f"trial:{account_id}:{plan.pk}"
        first = opening.find(key)
        if first is not None and reckoning.span_of(first).last >= today:
            return first
        check_trial(account_id, plan)
        wish = Wish(account_id, plan, key, PlanTerm.Source.TRIAL, today, days=plan.trial_days)
        term, told = opening.open_term(wish, now=now)
        intake.record(told, now=now)
    return term


def check_trial(account_id: int, plan: Plan) -> None:
    """Raises why the member cannot try the plan."""
    if not (plan.is_on_sale and plan.trial_days):
        raise NoTrial
    if PlanTerm.objects.filter(member_id=account_id, plan=plan).exists():
        raise Tried


def on_sale() -> "QuerySet[Plan]":
    """What members can choose from."""
    return Plan.objects.select_related("tier").filter(is_on_sale=True, archived_at=None)


def offered(code: str) -> Plan:
    """The plan of that code, unless it is retired."""
    plan = Plan.objects.select_related("tier").filter(code=code, archived_at=None).first()
    if plan is None:
        raise PlanNotFound(param="plan")
    return plan


def _same(first: PlanTerm, plan: Plan) -> PlanTerm:
    if first.plan_id != plan.pk:
        raise TokenUsed(param="token")
    return first
