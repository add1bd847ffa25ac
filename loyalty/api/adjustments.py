"""``/adjustments``: partners ask for points to be set right; a person of the programme decides."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from loyalty import approvals, audit
from loyalty.api import adjustment_reference as reference
from loyalty.api import errors
from loyalty.api.telling import moment
from loyalty.api.views import PartnerView
from loyalty.events import customers
from loyalty.events.incoming import MemberNotFound
from loyalty.idempotency import Answer
from loyalty.models import Approval, PartnerKey, Threshold
from loyalty.web import addresses

LONGEST_ID = 18  # digits


def tell_adjustment(approval: Approval) -> dict[str, Any]:
    """An adjustment as its partner sees it; who decided is the programme's own affair."""
    return {
        "id": approval.pk,
        "member": approval.account.number if approval.account else None,
        "currency": approval.terms["currency"],
        "amount": approval.amount,
        "reason": approval.reason,
        "status": approval.state,
        "answer": approval.answer or None,
        "asked_at": moment(approval.asked_at),
        "decided_at": moment(approval.decided_at) if approval.decided_at else None,
        "entry": str(approval.entry_id) if approval.entry_id else None,
    }


class Adjustments(PartnerView):
    """A wish. It always waits for a person."""

    scopes = {"POST": PartnerKey.Scope.ADJUST}

    @reference.POST_ADJUSTMENT
    def post(self, request: Request) -> Response:
        return self.once(request, lambda data: self._post(request, data))

    def _post(self, request: Request, data: dict[str, Any]) -> Answer:
        values = reference.WISH.read(data)
        member = values["member"]
        account_id = customers.resolve({member}, partner_id=self.partner.pk).get(member)
        if account_id is None:
            raise MemberNotFound(param="member", reference=member)
        approval = approvals.ask(
            deed=Threshold.Deed.ADJUST,
            account_id=account_id,
            amount=values["amount"],
            reason=values["reason"],
            currency=values["currency"],
            partner=self.partner,
            now=self.now,
            origin=audit.Origin(addresses.network(request), errors.request_id(request)),
        )
        return Answer(202, tell_adjustment(approval))


class AdjustmentDetail(PartnerView):
    """What became of it."""

    scopes = {"GET": PartnerKey.Scope.ADJUST}

    @reference.GET_ADJUSTMENT
    def get(self, request: Request, adjustment_id: str) -> Response:
        self.query(request, ())
        own = Approval.objects.filter(partner=self.partner).select_related("account")
        is_number = adjustment_id.isascii() and adjustment_id.isdecimal() and len(adjustment_id) <= LONGEST_ID
        approval = own.filter(pk=adjustment_id).first() if is_number else None
        if approval is None:
            raise approvals.ApprovalNotFound(param="adjustment_id")
        return Response(tell_adjustment(approval))
