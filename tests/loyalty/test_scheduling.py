"""The scheduler makes up for a missed hour, and its first entries are laid once."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from celery import current_app
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask
from django_celery_beat.schedulers import DatabaseScheduler

from loyalty import scheduling, tasks

SHANGHAI = ZoneInfo("Asia/Shanghai")


def missed_this_morning(scheduler: type[DatabaseScheduler]) -> list[str]:
    """Entries due at noon, where the one for half past seven last ran the day before."""
    crontab = CrontabSchedule.objects.create(hour="7", minute="30", timezone=SHANGHAI)
    with time_machine.travel(datetime(2026, 11, 20, 12, 0, tzinfo=SHANGHAI), tick=False):
        PeriodicTask.objects.all().delete()
        PeriodicTask.objects.create(
            name="morning",
            task="loyalty.tasks.tick",
            crontab=crontab,
            last_run_at=datetime(2026, 11, 18, 23, 30, tzinfo=UTC),
        )
        entries = scheduler(app=current_app, lazy=True).all_as_schedule()
        return [name for name, entry in entries.items() if entry.is_due().is_due]


@pytest.mark.django_db
def test_an_entry_missed_by_hours_is_made_up_for() -> None:
    assert missed_this_morning(scheduling.CatchUpScheduler) == ["morning"]


@pytest.mark.django_db
def test_the_librarys_own_scheduler_never_runs_it() -> None:
    """The control: the same morning with the class ours replaces."""
    assert missed_this_morning(DatabaseScheduler) == []


@pytest.mark.django_db
def test_the_first_entries_name_tasks_that_exist_and_do_not_pile_up() -> None:
    PeriodicTask.objects.all().delete()

    scheduling.lay()

    rows = PeriodicTask.objects.order_by("name").values_list("name", "task", "interval__every", "expire_seconds")
    assert list(rows) == [
        ("Drain the outbox", tasks.drain_outbox.name, 10, 10),
        ("Look for due work", tasks.tick.name, 30, 30),
    ]


@pytest.mark.django_db
def test_laying_again_keeps_what_an_operator_changed() -> None:
    scheduling.lay()
    minute = IntervalSchedule.objects.create(every=1, period=IntervalSchedule.MINUTES)
    PeriodicTask.objects.filter(name="Look for due work").update(interval=minute, enabled=False)

    scheduling.lay()

    task = PeriodicTask.objects.get(name="Look for due work")
    assert (task.interval, task.enabled, PeriodicTask.objects.count()) == (minute, False, 2)


@pytest.mark.django_db(transaction=True)
def test_the_scheduler_adds_no_entries_of_its_own() -> None:
    scheduling.lay()

    scheduling.CatchUpScheduler(app=current_app)

    assert PeriodicTask.objects.count() == 2
