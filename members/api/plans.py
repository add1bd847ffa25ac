"""``/members/{ref}/plans``: what a member holds and could have of paid membership, and buying with points."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from loyalty import accounts, programme
from loyalty.api.describing import (
    BOOLEAN,
    DAY,
    INTEGER,
    MOMENT,
    TEXT,
    answer,
    endpoint,
    example,
    listed,
    maybe,
    named,
    record,
    word,
)
from loyalty.api.reference import FAULTS, KEY_FAULTS
from loyalty.api.telling import moment
from loyalty.api.views import PartnerView
from loyalty.idempotency import Answer
from loyalty.ledger import spending
from loyalty.models import PartnerKey
from loyalty.readers import Integer, Text
from loyalty.shapes import Item, Shape
from members.api import finding
from members.api.reference import GONE, REF
from members.models import Ladder, Plan, PlanTerm
from members.paying import buying, reckoning

TAG = "Plans"
NEW_TERM = Shape(
    "NewPlanTerm",
    (
        Item("plan", Text(30, identifier=True, note="The plan's code.", example="plus")),
        Item(
            "token",
            Text(
                50,
                identifier=True,
                note="Yours for this purchase. The same token is the same purchase, for ever.",
                example="T-20261111-0043",
            ),
        ),
        Item(
            "quoted_points",
            Integer(minimum=1, note="The points the member was shown; another price by now is refused."),
            required=False,
        ),
    ),
)
TERM = record(
    id=INTEGER,
    plan=TEXT,
    name=TEXT,
    source=word(*PlanTerm.Source.values),
    starts_on=DAY,
    through_on=DAY,
    state=word("running", "ahead", "over"),
    paid_points=INTEGER,
    paid_minor=INTEGER,
    returned_points=INTEGER,
    returned_minor=INTEGER,
    currency=TEXT,
    bought_at=MOMENT,
)
OFFER = record(
    code=TEXT,
    name=TEXT,
    length=INTEGER,
    unit=word(*Ladder.Unit.values),
    points=maybe(INTEGER),
    price_minor=maybe(INTEGER),
    currency=TEXT,
    sku=maybe(TEXT),
    trial_days=INTEGER,
    tier=maybe(TEXT),
    can_try=BOOLEAN,
)
PLANS = record(member=TEXT, terms=listed(TERM), on_sale=listed(OFFER))
named(PlanTerm=TERM, PlanOffer=OFFER, MemberPlans=PLANS, NewPlanTerm=NEW_TERM.schema())
TERM_EXAMPLE: dict[str, Any] = {
    "id": 41,
    "plan": "plus",
    "name": "PLUS",
    "source": "points",
    "starts_on": "2026-11-11",
    "through_on": "2027-11-10",
    "state": "running",
    "paid_points": 10000,
    "paid_minor": 0,
    "returned_points": 0,
    "returned_minor": 0,
    "currency": "CNY",
    "bought_at": "2026-11-11T02:00:00Z",
}
OFFER_EXAMPLE: dict[str, Any] = {
    "code": "plus",
    "name": "PLUS",
    "length": 1,
    "unit": "years",
    "points": 10000,
    "price_minor": 50000,
    "currency": "CNY",
    "sku": "PLUS-YEAR",
    "trial_days": 7,
    "tier": None,
    "can_try": False,
}
GET_PLANS = endpoint(
    "get_member_plans",
    tag=TAG,
    summary="Read a member's paid plans",
    text="Every term, the newest first, with the last day it runs as it stands (the day included), and the "
    "plans on sale. Scope `members:read`.",
    parameters=[REF],
    answers=[
        answer(
            PLANS,
            "The plans.",
            "A year",
            {"member": "68012345678", "terms": [TERM_EXAMPLE], "on_sale": [OFFER_EXAMPLE]},
        )
    ],
    refusals=GONE,
)
POST_PLAN = endpoint(
    "buy_plan",
    tag=TAG,
    summary="Buy a plan with points",
    text="Points and plan move together or not at all. It begins today, or the day after what the member has "
    "of it. For money, sell its `sku` in an order instead. Scope `redeem`.",
    parameters=[REF],
    body=NEW_TERM.schema(),
    samples=[example("A year", {"plan": "plus", "token": "T-20261111-0043", "quoted_points": 10000})],
    answers=[
        answer(TERM, "Bought before with this token.", "Known", TERM_EXAMPLE),
        answer(TERM, "Bought.", "Bought", TERM_EXAMPLE, 201),
    ],
    refusals=(
        *FAULTS,
        *GONE,
        *KEY_FAULTS,
        buying.PlanNotFound(param="plan"),
        buying.NotForPoints(),
        buying.PriceMoved(points=12000, quoted=10000),
        buying.TokenUsed(param="token"),
        buying.FarAhead(through="2031-11-10"),
        spending.InsufficientPoints(missing=500),
        accounts.AccountFrozen(),
        accounts.SpendingStopped(),
    ),
)


class MemberPlans(PartnerView):
    """What there is, and buying one more term. The token makes a repeat harmless for ever."""

    scopes = {"GET": PartnerKey.Scope.MEMBERS_READ, "POST": PartnerKey.Scope.REDEEM}

    @GET_PLANS
    def get(self, request: Request, ref: str) -> Response:
        self.query(request, ())
        member = finding.member(ref, self.partner)
        terms = PlanTerm.objects.filter(member=member).select_related("plan").order_by("-starts_on", "-pk")
        rows = list(terms)
        known = {row.plan_id for row in rows}
        told = [self._offer(plan, plan.pk in known) for plan in buying.on_sale().order_by("pk")]
        return Response({"member": member.account.number, "terms": [self._term(row) for row in rows], "on_sale": told})

    @POST_PLAN
    def post(self, request: Request, ref: str) -> Response:
        return self.once(request, lambda data: self._post(ref, data))

    def _post(self, ref: str, data: dict[str, Any]) -> Answer:
        values = NEW_TERM.read(data)
        term = buying.buy(
            account_id=finding.member(ref, self.partner).account_id,
            plan_code=values["plan"],
            token=f"{self.partner.code}:{values['token']}",
            quoted_points=values["quoted_points"],
            now=self.now,
        )
        return Answer(201 if term.bought_at == self.now else 200, self._term(term))

    def _term(self, term: PlanTerm) -> dict[str, Any]:
        first, last = reckoning.span_of(term)
        today = programme.day_of(self.now)
        state = "over" if last < max(today, first) else "ahead" if first > today else "running"
        return {
            "id": term.pk,
            "plan": term.plan.code,
            "name": term.plan.name,
            "source": term.source,
            "starts_on": first.isoformat(),
            "through_on": last.isoformat(),
            "state": state,
            "paid_points": term.price_points,
            "paid_minor": term.price_minor,
            "returned_points": term.refunded_points,
            "returned_minor": term.refunded_minor,
            "currency": term.plan.currency,
            "bought_at": moment(term.bought_at),
        }

    def _offer(self, plan: Plan, is_known: bool) -> dict[str, Any]:
        return {
            "code": plan.code,
            "name": plan.name,
            "length": plan.length,
            "unit": plan.unit,
            "points": plan.price_points,
            "price_minor": plan.price_minor,
            "currency": plan.currency,
            "sku": plan.sku or None,
            "trial_days": plan.trial_days,
            "tier": plan.tier.code if plan.tier else None,
            "can_try": bool(plan.trial_days) and not is_known,
        }
