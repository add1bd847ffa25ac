"""The scheduler and its first entries. A tick only means "look for due work".

Operators may change or add entries in the admin; what must happen exactly once per period is a job
(:mod:`loyalty.jobs`), not an entry here.
"""

from datetime import timedelta
from typing import Any

from django.db.models import Q
from django_celery_beat.models import IntervalSchedule, PeriodicTask
from django_celery_beat.schedulers import DatabaseScheduler

TICK = timedelta(seconds=30)
SWEEP = timedelta(seconds=10)
ENTRIES = {
    "Look for due work": ("loyalty.tasks.tick", TICK),
    "Drain the outbox": ("loyalty.tasks.drain_outbox", SWEEP),
}


class CatchUpScheduler(DatabaseScheduler):
    """The database scheduler, with daily entries that were missed while it was stopped.

    The library loads a fixed-hour crontab only within two hours of that hour, so one missed by more
    than that is never seen and never made up for. We load them all: there are few.
    """

    def _get_crontab_exclude_query(self) -> Q:
        return Q(pk__in=[])

    def install_default_entries(self, data: Any) -> None:
        """None: results are not kept, so there is nothing to clean at four in the morning."""


def lay() -> None:
    """Make the entries that are missing; those an operator has changed stay as they are."""
    known = set(PeriodicTask.objects.filter(name__in=ENTRIES).values_list("name", flat=True))
    for name, (task, interval) in ENTRIES.items():
        if name not in known:
            seconds = int(interval.total_seconds())
            schedule, _ = IntervalSchedule.objects.get_or_create(every=seconds, period=IntervalSchedule.SECONDS)
            PeriodicTask.objects.get_or_create(
                name=name, defaults={"task": task, "interval": schedule, "expire_seconds": seconds}
            )
