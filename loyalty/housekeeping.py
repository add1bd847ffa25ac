"""The ground floor's own cleaning: rows that have served their purpose go, once a day."""

from collections.abc import Mapping
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from loyalty import calls, idempotency, jobs, limits, outbox, periods
from loyalty.registry import Job


def clean(as_of: datetime, _period: str) -> Mapping[str, int]:
    """Prune what is over: rate windows, delivered messages, runs of jobs, keys and calls."""
    return {
        "rate_windows": limits.prune(now=as_of),
        "messages": outbox.prune(now=as_of),
        "job_runs": jobs.prune(now=as_of),
        "idempotency_keys": idempotency.prune(now=as_of),
        "partner_calls": calls.prune(now=as_of),
    }


JOBS = (
    Job(code="housekeeping", label=_("Clean up what is no longer needed"), period=periods.day, run=clean, catch_up=0),
)
