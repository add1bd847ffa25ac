"""Posting the history: each day's orders and refunds in one batch, expiry as the months turn."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from loyalty import clock
from loyalty.demo import purchases
from loyalty.demo.stage import ZONE, Stage
from loyalty.events import intake
from loyalty.events.incoming import Incoming, Status
from loyalty.ledger import expiring

_KINDS = {"order": "order.paid", "refund": "order.refunded"}
_FINE = {Status.ACCEPTED, Status.GUEST}


class HistoryRefused(Exception):
    """A drawn event was not taken: the demo and the intake disagree."""


def plant(stage: Stage) -> None:
    """Notes purchases and expiry; people must have been drawn before."""
    purchases.note_all(stage)
    day = stage.opening_day.replace(day=1)
    while (day := clock.add_months(day, 1)) <= stage.today:
        stage.note("expiry", clock.start_of_day(day, ZONE) + timedelta(minutes=5), None)
    stage.cast("expiry", 5, lambda notes, _ends: _sweep(notes))
    stage.cast("order", 20, lambda notes, ends: _post(stage, "order", notes, ends))
    stage.cast("refund", 25, lambda notes, ends: _post(stage, "refund", notes, ends))


def _post(stage: Stage, code: str, notes: Sequence[tuple[datetime, Any]], ends: datetime) -> None:
    assert stage.partner is not None  # noqa: S101 -- planted first
    batch = [Incoming(_KINDS[code], payload, at) for at, payload in notes]
    for outcome in intake.post(batch, partner=stage.partner, now=ends, historic=True):
        if outcome.status not in _FINE:
            raise HistoryRefused(outcome.status, str(outcome.error))


def _sweep(notes: Sequence[tuple[datetime, Any]]) -> None:
    for at, _nothing in notes:
        expiring.sweep(now=at)
