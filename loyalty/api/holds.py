"""``/holds``: a till sets points aside while it takes payment, then captures or releases them."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from loyalty.api import forms, holds_reference
from loyalty.api.telling import moment
from loyalty.api.views import PartnerView
from loyalty.events import customers
from loyalty.events.incoming import MemberNotFound
from loyalty.idempotency import Answer
from loyalty.ledger import holding
from loyalty.models import Hold, Partner, PartnerKey

BY_OWN_NAME = "t:"


def tell_hold(hold: Hold, partner: Partner, now: datetime) -> dict[str, Any]:
    """A hold as it stands at ``now``: one whose time is over has lapsed, whether or not a job has run."""
    state = holding.state_at(hold, now)
    ended_at = hold.lapses_at if state == Hold.State.LAPSED else hold.ended_at
    return {
        "id": str(hold.pk),
        "token": hold.key.removeprefix(holding.key_of("", partner)),
        "member": hold.account.number,
        "currency": hold.currency.code,
        "amount": hold.amount,
        "captured": hold.captured,
        "state": state.value,
        "memo": hold.memo,
        "held_at": moment(hold.held_at),
        "lapses_at": moment(hold.lapses_at),
        "ended_at": moment(ended_at) if ended_at else None,
        "entry": str(hold.entry_id) if hold.entry_id else None,
    }


def find(reference: str, partner: Partner) -> Hold:
    """The caller's own hold, by id or by ``t:`` and its token."""
    if reference.startswith(BY_OWN_NAME):
        return holding.find(key=reference.removeprefix(BY_OWN_NAME).replace("\x00", ""), partner=partner)
    try:
        wanted = UUID(reference)
    except ValueError:
        raise holding.HoldNotFound(param="id") from None
    return holding.find(hold_id=wanted, partner=partner)


class Holds(PartnerView):
    """Setting points aside. The token makes a repeat harmless for ever, the key for thirty days."""

    scopes = {"POST": PartnerKey.Scope.HOLDS}

    @holds_reference.POST_HOLD
    def post(self, request: Request) -> Response:
        return self.once(request, self._post)

    def _post(self, data: dict[str, Any]) -> Answer:
        values = forms.NEW_HOLD.read(data)
        member, token, seconds = values.pop("member"), values.pop("token"), values.pop("lasts_seconds")
        account_id = customers.resolve({member}, partner_id=self.partner.pk).get(member)
        if account_id is None:
            raise MemberNotFound(param="member", reference=member)
        lasts = timedelta(seconds=seconds)
        hold = holding.hold(account_id=account_id, key=token, lasts=lasts, partner=self.partner, now=self.now, **values)
        return Answer(201 if hold.held_at == self.now else 200, tell_hold(hold, self.partner, self.now))


class HoldDetail(PartnerView):
    """One hold of the caller."""

    scopes = {"GET": PartnerKey.Scope.HOLDS}

    @holds_reference.GET_HOLD
    def get(self, request: Request, hold_id: str) -> Response:
        self.query(request, ())
        return Response(tell_hold(find(hold_id, self.partner), self.partner, self.now))


class HoldCapture(PartnerView):
    """Taking what was set aside, or a part of it; the rest goes back."""

    scopes = {"POST": PartnerKey.Scope.HOLDS}

    @holds_reference.CAPTURE_HOLD
    def post(self, request: Request, hold_id: str) -> Response:
        return self.once(request, lambda data: self._post(data, hold_id))

    def _post(self, data: dict[str, Any], reference: str) -> Answer:
        amount = forms.CAPTURE.read(data)["amount"]
        hold = find(reference, self.partner)
        done = holding.capture(hold_id=hold.pk, amount=amount, partner=self.partner, now=self.now)
        return Answer(200, tell_hold(done, self.partner, self.now))


class HoldRelease(PartnerView):
    """Giving back what was set aside."""

    scopes = {"POST": PartnerKey.Scope.HOLDS}

    @holds_reference.RELEASE_HOLD
    def post(self, request: Request, hold_id: str) -> Response:
        return self.once(request, lambda data: self._post(data, hold_id))

    def _post(self, data: dict[str, Any], reference: str) -> Answer:
        forms.RELEASE.read(data)
        hold = find(reference, self.partner)
        done = holding.release(hold_id=hold.pk, partner=self.partner, now=self.now)
        return Answer(200, tell_hold(done, self.partner, self.now))
