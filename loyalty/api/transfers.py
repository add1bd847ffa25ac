"""``/transfers``: a shop's own app lets one member give points to another."""

from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from loyalty.api import transfers_reference as reference
from loyalty.api.telling import moment
from loyalty.api.views import PartnerView
from loyalty.events import customers
from loyalty.events.incoming import MemberNotFound
from loyalty.idempotency import Answer
from loyalty.ledger import transferring
from loyalty.models import Partner, PartnerKey, Transfer

BY_OWN_NAME = "t:"


def tell_transfer(transfer: Transfer, partner: Partner) -> dict[str, Any]:
    """A gift as its partner sees it, with what arrived lot by lot."""
    parts = transfer.parts.select_related("entry__lot").order_by("pk")
    return {
        "id": str(transfer.pk),
        "token": transfer.key.removeprefix(transferring.key_of("", partner)),
        "giver": transfer.giver.number,
        "receiver": transfer.receiver.number,
        "currency": transfer.currency.code,
        "amount": transfer.amount,
        "memo": transfer.memo,
        "transferred_at": moment(transfer.transferred_at),
        "entry": str(transfer.entry_id),
        "lots": [
            {
                "amount": part.entry.amount,
                "earned_at": moment(part.entry.lot.earned_at),
                "expires_at": moment(part.entry.lot.expires_at) if part.entry.lot.expires_at else None,
            }
            for part in parts
        ],
    }


def find(reference_: str, partner: Partner) -> Transfer:
    """The caller's own gift, by id or by ``t:`` and its token."""
    if reference_.startswith(BY_OWN_NAME):
        return transferring.find(key=reference_.removeprefix(BY_OWN_NAME).replace("\x00", ""), partner=partner)
    try:
        wanted = UUID(reference_)
    except ValueError:
        raise transferring.TransferNotFound(param="id") from None
    return transferring.find(transfer_id=wanted, partner=partner)


class Transfers(PartnerView):
    """Giving points. The token makes a repeat harmless for ever, the key for thirty days."""

    scopes = {"POST": PartnerKey.Scope.TRANSFERS}

    @reference.POST_TRANSFER
    def post(self, request: Request) -> Response:
        return self.once(request, self._post)

    def _post(self, data: dict[str, Any]) -> Answer:
        values = reference.NEW_TRANSFER.read(data)
        people = {side: values.pop(side) for side in ("giver", "receiver")}
        known = customers.resolve(set(people.values()), partner_id=self.partner.pk)
        for side, name in people.items():
            if name not in known:
                raise MemberNotFound(param=side, reference=name)
        made = transferring.transfer(
            giver_id=known[people["giver"]],
            receiver_id=known[people["receiver"]],
            key=values.pop("token"),
            partner=self.partner,
            now=self.now,
            **values,
        )
        return Answer(201 if made.transferred_at == self.now else 200, tell_transfer(made, self.partner))


class TransferDetail(PartnerView):
    """One gift of the caller."""

    scopes = {"GET": PartnerKey.Scope.TRANSFERS}

    @reference.GET_TRANSFER
    def get(self, request: Request, transfer_id: str) -> Response:
        self.query(request, ())
        return Response(tell_transfer(find(transfer_id, self.partner), self.partner))
