"""``/events``: tills tell what happened and hear what it was worth."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request
from rest_framework.response import Response

from loyalty import configuration
from loyalty.api import errors, forms, reference
from loyalty.api.telling import tell_event, tell_outcomes
from loyalty.api.views import PartnerView
from loyalty.errors import InvalidInput, LoyaltyError, NotFound
from loyalty.events import intake
from loyalty.events.incoming import Incoming, Status
from loyalty.faults import ObjectExpected
from loyalty.idempotency import Answer
from loyalty.models import Event, PartnerKey

STATUS = {
    Status.ACCEPTED: 201,
    Status.GUEST: 201,
    Status.DUPLICATE: 200,
    Status.PARKED: 202,
    Status.REVIEW: 202,
}
ENVELOPE_PARAMS = {"kind", "occurred_at"}


class EventNotFound(NotFound):
    code = "event_not_found"
    sentence = _("There is no event of yours with this id.")


class BatchTooLarge(InvalidInput):
    code = "batch_too_large"
    sentence = _("A batch may hold %(maximum)s events; this one has %(given)s. Please send several.")
    status = 413


def read_event(raw: Any) -> Incoming:
    """An event's envelope; its ``data`` is parsed by its kind."""
    values = forms.EVENT.read(raw)
    if not isinstance(values["data"], Mapping):
        raise ObjectExpected(param="data")
    return Incoming(kind=values["kind"], payload=values["data"], occurred_at=values["occurred_at"])


def located(refusal: LoyaltyError, prefix: str = "") -> LoyaltyError:
    """The refusal with paths from the body's root: a kind's own begin at its ``data``."""
    for one in {id(each): each for each in (refusal, *getattr(refusal, "details", ()))}.values():
        if one.param is not None and one.param not in ENVELOPE_PARAMS:
            one.param = f"data.{one.param}"
        one.param = f"{prefix}{one.param}" if one.param is not None else None
    return refusal


class Events(PartnerView):
    """One event: recorded once, decided at once."""

    scopes = {"POST": PartnerKey.Scope.EVENTS_WRITE}

    @reference.POST_EVENT
    def post(self, request: Request) -> Response:
        return self.once(request, self._post)

    def _post(self, data: dict[str, Any]) -> Answer:
        incoming = read_event(data)
        with configuration.lingering():
            (outcome,) = intake.post([incoming], partner=self.partner, now=self.now)
            if outcome.error is not None:
                raise located(outcome.error)
            (told,) = tell_outcomes([(incoming, outcome)])
        return Answer(STATUS[outcome.status], told)


class Simulation(PartnerView):
    """The same answer with nothing written."""

    scopes = {"POST": PartnerKey.Scope.EVENTS_WRITE}

    @reference.SIMULATE_EVENT
    def post(self, request: Request) -> Response:
        incoming = read_event(self.body(request))
        (outcome,) = intake.post([incoming], partner=self.partner, now=self.now, simulate=True)
        if outcome.error is not None:
            raise located(outcome.error)
        (told,) = tell_outcomes([(incoming, outcome)])
        known = outcome.status == Status.DUPLICATE
        return Response({**told, "id": told["id"] if known else None, "simulated": True})


class Batches(PartnerView):
    """Up to 1,000 events and an answer for each; one that is refused does not spoil the others."""

    scopes = {"POST": PartnerKey.Scope.EVENTS_WRITE}

    @reference.POST_BATCH
    def post(self, request: Request) -> Response:
        return self.once(request, self._post)

    def _post(self, data: dict[str, Any]) -> Answer:
        rows = forms.BATCH.read(data)["events"]
        if len(rows) > forms.LONGEST_BATCH:
            raise BatchTooLarge(param="events", maximum=forms.LONGEST_BATCH, given=len(rows))
        results = self._results(rows)
        refused = sum(result["status"] == Status.REFUSED for result in results)
        return Answer(200, {"total": len(rows), "refused": refused, "results": results})

    def _results(self, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """An answer for each row, in their order. Rows that can't be read never reach the intake."""
        read: dict[int, Incoming] = {}
        results: dict[int, dict[str, Any]] = {}
        for index, row in enumerate(rows):
            try:
                read[index] = read_event(row)
            except LoyaltyError as refusal:
                results[index] = self._refused(index, refusal)
        outcomes = intake.post(list(read.values()), partner=self.partner, now=self.now) if read else []
        pairs = [(index, read[index], outcome) for index, outcome in zip(read, outcomes, strict=True)]
        good = [(index, incoming, outcome) for index, incoming, outcome in pairs if outcome.error is None]
        told = tell_outcomes([(incoming, outcome) for _index, incoming, outcome in good])
        results |= {index: {"index": index, **one} for (index, _in, _out), one in zip(good, told, strict=True)}
        for index, _incoming, outcome in pairs:
            if outcome.error is not None:
                results[index] = self._refused(index, located(outcome.error))
        return [results[index] for index in range(len(rows))]

    def _refused(self, index: int, refusal: LoyaltyError) -> dict[str, Any]:
        told = errors.describe(refusal, errors.request_id(self.request))["error"]
        return {"index": index, "status": Status.REFUSED.value, "error": told}


class EventDetail(PartnerView):
    """One event of the caller, with its decision, receipt and what it moved."""

    scopes = {"GET": PartnerKey.Scope.EVENTS_READ}

    @reference.GET_EVENT
    def get(self, request: Request, event_id: str) -> Response:
        self.query(request, ())
        return Response(tell_event(self._find(event_id)))

    def _find(self, text: str) -> Event:
        try:
            wanted = UUID(text)
        except ValueError:
            raise EventNotFound(param="id") from None
        event = Event.objects.select_related("account").filter(partner=self.partner, pk=wanted).first()
        if event is None:
            raise EventNotFound(param="id")
        return event
