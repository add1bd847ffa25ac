"""``/members/{ref}/benefits`` and ``/benefits/…``: what a member holds, and using a benefit by its code."""

from datetime import date
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from loyalty import programme
from loyalty.api.telling import moment
from loyalty.api.views import PartnerView
from loyalty.idempotency import Answer
from loyalty.models import PartnerKey
from members.api import benefits_reference as reference
from members.api import finding
from members.benefits import holdings, using
from members.benefits.holdings import Holding
from members.benefits.using import Scan
from members.models import BenefitClaim

MOST = 100


def tell_holding(holding: Holding) -> dict[str, Any]:
    """A benefit held now; what is never counted has no quota."""
    benefit, offer = holding.benefit, holding.offer
    return {
        "benefit": benefit.code,
        "name": benefit.name,
        "kind": benefit.kind,
        "way": benefit.way,
        "used_in": benefit.used_in,
        "set": offer.set.code,
        "quota": offer.quota if holding.is_counted else None,
        "period": offer.period if holding.is_counted else None,
        "left": holding.left if holding.is_counted else None,
        "claim_through": _day(holding.until) if holding.is_waiting else None,
    }


def tell_claim(row: BenefitClaim, *, with_code: bool = True) -> dict[str, Any]:
    """A claimed benefit. Its code is as good as the benefit, so it is told only to who may use it."""
    return {
        "code": row.code if with_code else None,
        "benefit": row.benefit.code,
        "name": row.benefit.name,
        "kind": row.benefit.kind,
        "used_in": row.benefit.used_in,
        "tier": row.tier.code if row.tier else None,
        "state": row.state,
        "claimed_at": moment(row.claimed_at),
        "usable_through": _day(row.usable_through),
        "used_at": moment(row.used_at) if row.used_at else None,
        "reference": row.reference or None,
    }


def _day(on: date | None) -> str | None:
    return on.isoformat() if on else None


class MemberBenefits(PartnerView):
    """What a member holds at this instant, and what of it is claimed and still to be used."""

    scopes = {"GET": PartnerKey.Scope.MEMBERS_READ}

    @reference.GET_BENEFITS
    def get(self, request: Request, ref: str) -> Response:
        self.query(request, ())
        member = finding.member(ref, self.partner)
        day = programme.day_of(self.now)
        rows = BenefitClaim.objects.filter(member=member, state=BenefitClaim.State.OPEN)
        rows = rows.select_related("benefit", "tier").order_by("usable_through", "pk")
        may_use = PartnerKey.Scope.REDEEM in getattr(request.auth, "scopes", ())
        return Response(
            {
                "member": member.account.number,
                "as_of": moment(self.now),
                "benefits": [tell_holding(each) for each in holdings.one(member.pk, now=self.now)],
                "claims": [tell_claim(row, with_code=may_use) for row in rows[:MOST] if not using.is_over(row, day)],
            }
        )


class Verification(PartnerView):
    """Whether a code could be used now; writes nothing."""

    scopes = {"POST": PartnerKey.Scope.REDEEM}

    @reference.VERIFY
    def post(self, request: Request) -> Response:
        values = reference.CODE.read(self.body(request))
        scan = Scan(values["code"], values["place"], account_id=_shown_by(values, self))
        return Response(tell_claim(using.verify(scan, now=self.now)))


class Use(PartnerView):
    """Using a code, once. The partner's reference makes a repeat harmless for ever, the key for thirty days."""

    scopes = {"POST": PartnerKey.Scope.REDEEM}

    @reference.USE
    def post(self, request: Request) -> Response:
        return self.once(request, self._post)

    def _post(self, data: dict[str, Any]) -> Answer:
        values = reference.USE_CODE.read(data)
        scan = Scan(
            values["code"],
            values["place"],
            account_id=_shown_by(values, self),
            partner=self.partner,
            reference=values["reference"],
        )
        return Answer(200, tell_claim(using.use(scan, now=self.now)))


def _shown_by(values: dict[str, Any], view: PartnerView) -> int | None:
    """The member who shows the code, where the till knows."""
    if not values["member"]:
        return None
    return finding.member(values["member"], view.partner, param="member").account_id
