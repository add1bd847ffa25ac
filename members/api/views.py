"""``/members``: partners enrol members, and read who they are, what they have and why."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from loyalty import programme as programmes
from loyalty.api.telling import moment, tell_entry
from loyalty.api.views import PartnerView
from loyalty.errors import LoyaltyError
from loyalty.idempotency import Answer
from loyalty.ledger import reading
from loyalty.models import PartnerKey
from members.api import finding, paging, reference, statement, tendering
from members.api.shapes import NEW_MEMBER
from members.entering import enrolment, guardians, guest_orders, phones
from members.entering.guardians import Guardian
from members.models import Member, Referral

SPENT = "points"


def tell_member(member: Member) -> dict[str, Any]:
    """A member as partners see them: contacts are masked."""
    return {
        "number": member.account.number,
        "name": member.name,
        "phone": phones.mask(member.phone) if member.phone else None,
        "status": member.account.status,
        "tier": {"code": member.tier.code, "name": member.tier.name} if member.tier else None,
        "joined_at": moment(member.joined_at),
    }


def tell_position(code: str, place: reading.Position) -> dict[str, Any]:
    return {
        "code": code,
        "name": place.currency.name,
        "available": place.available,
        "pending": place.pending,
        "held": place.held,
        "debt": place.debt,
        "expiring": [{"at": moment(at), "amount": amount} for at, amount in place.expiring],
        "pending_until": [{"at": moment(at), "amount": amount} for at, amount in place.pending_until],
    }


class Members(PartnerView):
    """Enrolment. The partner's own id, where given, makes a repeat harmless for ever."""

    scopes = {"POST": PartnerKey.Scope.MEMBERS_WRITE}

    @reference.POST_MEMBER
    def post(self, request: Request) -> Response:
        return self.once(request, self._post)

    def _post(self, data: dict[str, Any]) -> Answer:
        values = NEW_MEMBER.read(data)
        given = {purpose: said for purpose, said in (values.pop("consents") or {}).items() if said is not None}
        order_ids, code = values.pop("order_ids"), values.pop("referral_code")
        member = enrolment.enrol(
            **values | {"guardian": _guardian(values["guardian"])},
            consents=given,
            referral_code=code or "",
            partner_id=self.partner.pk,
            source=Member.Source.API,
            now=self.now,
        )
        guest_orders.attach(member, now=self.now)
        told = tell_member(member)
        if code:
            told["referred"] = Referral.objects.filter(member=member).exists()
        if order_ids:
            claimed = guest_orders.claim_for_till(member, order_ids, partner_id=self.partner.pk, now=self.now)
            told["orders"] = [tell_claim(order_id, refusal) for order_id, refusal in claimed.items()]
        return Answer(201 if member.joined_at == self.now else 200, told)


def _guardian(told: dict[str, Any] | None) -> Guardian | None:
    return guardians.read(name=told["name"], contact="", agreed=told["agreed"]) if told else None


def tell_claim(order_id: str, refusal: LoyaltyError | None) -> dict[str, Any]:
    """What became of an order that was to be given to the member."""
    error = {"code": refusal.code, "message": refusal.message} if refusal else None
    return {"order_id": order_id, "claimed": refusal is None, "error": error}


class MemberDetail(PartnerView):
    """One member."""

    scopes = {"GET": PartnerKey.Scope.MEMBERS_READ}

    @reference.GET_MEMBER
    def get(self, request: Request, ref: str) -> Response:
        self.query(request, ())
        return Response(tell_member(finding.member(ref, self.partner)))


class MemberBalance(PartnerView):
    """What a member has at this instant; with ``amount`` or ``lines``, what of it may pay such an order."""

    scopes = {"GET": PartnerKey.Scope.MEMBERS_READ}

    @reference.GET_BALANCE
    def get(self, request: Request, ref: str) -> Response:
        query = self.query(request, tendering.NAMES)
        programme = programmes.current()
        member = finding.member(ref, self.partner)
        places = reading.position(member.account_id, now=self.now, programme=programme)
        told: dict[str, Any] = {
            "member": member.account.number,
            "as_of": moment(self.now),
            "currencies": [tell_position(code, place) for code, place in places.items()],
        }
        available = places[SPENT].available if SPENT in places else 0
        told["tender"] = tendering.tell(query, available, programme)
        return Response(told)


class MemberEntries(PartnerView):
    """The statement: every move of a member's points, each with its why."""

    scopes = {"GET": PartnerKey.Scope.MEMBERS_READ}

    @reference.GET_ENTRIES
    def get(self, request: Request, ref: str) -> Response:
        query = self.query(request, statement.NAMES)
        member = finding.member(ref, self.partner)
        entries, cursor = statement.page(member.account_id, query)
        told = [tell_entry(entry, self.partner.pk) for entry in entries]
        return Response({"entries": told, **paging.tell(cursor)})
