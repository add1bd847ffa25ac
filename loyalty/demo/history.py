"""Posting the history: orders and refunds in batches, expiry as the months turn."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from loyalty import clock
from loyalty.demo import purchases
from loyalty.demo.stage import EVERYBODY, ZONE, Stage
from loyalty.events import intake
from loyalty.events.incoming import Incoming, Status
from loyalty.ledger import expiring

_FINE = {Status.ACCEPTED, Status.GUEST}


class HistoryRefused(Exception):
    """A drawn event was not taken: the demo and the intake disagree."""


def plant(stage: Stage) -> None:
    """Notes purchases and expiry; people must have been drawn before."""
    purchases.note_all(stage)
    day = stage.opening_day.replace(day=1)
    while (day := clock.add_months(day, 1)) <= stage.today:
        stage.note("expiry", clock.start_of_day(day, ZONE) + timedelta(minutes=5), None, who=EVERYBODY)
    stage.cast("expiry", _sweep, in_batches=False)
    stage.cast("till", lambda notes, ends: _post(stage, notes, ends))


def _post(stage: Stage, notes: Sequence[tuple[datetime, Any]], ends: datetime) -> None:
    assert stage.partner is not None  # noqa: S101 -- planted first
    batch = [Incoming(kind, payload, at) for at, (kind, payload) in notes]
    for outcome in intake.post(batch, partner=stage.partner, now=ends, historic=True):
        if outcome.status not in _FINE:
            raise HistoryRefused(outcome.status, str(outcome.error))


def _sweep(_notes: Sequence[tuple[datetime, Any]], at: datetime) -> None:
    expiring.sweep(now=at)
