"""``/healthz``: may this process be sent requests, and is the work behind them being done?

503 means no: the database does not answer, or its tables are not the ones this code needs. A late
outbox or a silent scheduler is told as ``degraded`` with 200, since taking web processes away would
cure neither.
"""

import logging
from datetime import timedelta
from typing import Any

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from loyalty import clock, jobs, outbox

logger = logging.getLogger(__name__)

OUTBOX_LATE = timedelta(seconds=60)
HEARTBEAT_LATE = timedelta(seconds=120)


class _Seen:
    """Applied migrations stay applied, so a process asks until it has seen them once."""

    migrated = False


def _is_migrated() -> bool:
    if not _Seen.migrated:
        executor = MigrationExecutor(connection)
        _Seen.migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _Seen.migrated


def _work() -> dict[str, Any]:
    now = clock.now()
    waits, beat = outbox.oldest_waiting(now=now), jobs.heartbeat_age(now=now)
    return {
        "outbox": "ok" if waits is None or waits < OUTBOX_LATE else "late",
        "outbox_oldest_seconds": 0 if waits is None else round(waits.total_seconds()),
        "scheduler": "ok" if beat is not None and beat < HEARTBEAT_LATE else "silent",
        "heartbeat_seconds": None if beat is None else round(beat.total_seconds()),
    }


@require_safe
@cache_control(no_store=True)
def healthz(_request: HttpRequest) -> JsonResponse:
    """The state of this deployment as JSON, without anything about whom it serves."""
    try:
        if not _is_migrated():
            return JsonResponse({"status": "down", "database": "ok", "migrations": "missing"}, status=503)
        work = _work()
    except DatabaseError:
        logger.exception("The database does not answer")
        return JsonResponse({"status": "down", "database": "silent"}, status=503)
    status = "ok" if work["outbox"] == work["scheduler"] == "ok" else "degraded"
    return JsonResponse({"status": status, "database": "ok", "migrations": "ok", **work})
