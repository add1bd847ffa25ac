"""Each period of each job is done once: late, doubled, cut short or failing."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from io import StringIO
from threading import Barrier

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from loyalty import jobs, periods
from loyalty.models import JobRun
from loyalty.registry import Job, Registry, Stride

NOW = datetime(2026, 11, 20, 4, 0, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)
Add = Callable[..., Job]
Done = list[tuple[datetime, str]]


def noting(done: Done) -> Callable[[datetime, str], dict[str, int]]:
    """A job's run that keeps what it was asked to do."""

    def run(as_of: datetime, period: str) -> dict[str, int]:
        done.append((as_of, period))
        return {"rows": 3}

    return run


def names(done: Done) -> list[str]:
    return [period for _, period in done]


@pytest.fixture
def add(monkeypatch: pytest.MonkeyPatch) -> Add:
    """Contributes a job to a registry that holds nothing else."""
    registry = Registry()
    monkeypatch.setattr(jobs, "registry", registry)
    monkeypatch.setattr("loyalty.management.commands.run_jobs.registry", registry)

    def contribute(
        run: Callable[[datetime, str], dict[str, int]] | None = None,
        *,
        walk: Callable[[datetime, str, str], Stride] | None = None,
        catch_up: int = 31,
    ) -> Job:
        job = Job(code="sweep", label="Sweep", period=periods.every(60), run=run, walk=walk, catch_up=catch_up)
        registry.add([job])
        return job

    return contribute


@pytest.mark.django_db
def test_a_period_is_done_once_however_often_it_is_looked_for(add: Add) -> None:
    seen: Done = []
    add(noting(seen))

    jobs.run_due(now=NOW)
    jobs.run_due(now=NOW + timedelta(minutes=30))

    run = JobRun.objects.get()
    assert seen == [(NOW, "2026-11-20T04:00Z")]
    assert (run.state, run.counts, run.attempts) == (JobRun.State.DONE, {"rows": 3}, 1)
    assert run.finished_at is not None


@pytest.mark.django_db
def test_missed_periods_are_made_up_for_oldest_first(add: Add) -> None:
    seen: Done = []
    add(noting(seen))

    jobs.run_due(now=NOW)
    jobs.run_due(now=NOW + 2 * HOUR)

    assert seen == [
        (NOW, "2026-11-20T04:00Z"),
        (datetime(2026, 11, 20, 5, 59, 59, 999999, tzinfo=UTC), "2026-11-20T05:00Z"),
        (NOW + 2 * HOUR, "2026-11-20T06:00Z"),
    ]


@pytest.mark.django_db
def test_no_more_is_made_up_for_than_the_job_asks(add: Add) -> None:
    seen: Done = []
    add(noting(seen), catch_up=0)

    jobs.run_due(now=NOW)
    jobs.run_due(now=NOW + 5 * HOUR)

    assert names(seen) == ["2026-11-20T04:00Z", "2026-11-20T09:00Z"]


@pytest.mark.django_db
def test_a_crash_while_catching_up_leaves_no_gap(add: Add) -> None:
    seen: Done = []
    job = add(noting(seen))
    jobs.run_due(now=NOW)

    jobs.perform(jobs.due(now=NOW + 3 * HOUR)[0], now=NOW + 3 * HOUR)
    jobs.run_due(now=NOW + 3 * HOUR)

    assert names(seen) == [job.period(NOW + hours * HOUR) for hours in range(4)]


@pytest.mark.django_db
def test_a_failure_is_kept_and_tried_again_then_parked_after_five(add: Add) -> None:
    tries: list[str] = []

    def fail(_: datetime, period: str) -> dict[str, int]:
        tries.append(period)
        raise ValueError("the till speaks nonsense")

    add(fail, catch_up=0)
    waits = [timedelta(0), *jobs.WAITS]
    moment = NOW - timedelta(minutes=20)
    for wait in waits:
        moment += wait + timedelta(seconds=5)
        jobs.perform(jobs.due(now=moment)[0], now=moment)
        assert "2026-11-20T03:00Z" not in [work.period for work in jobs.due(now=moment)]

    run = JobRun.objects.get(period="2026-11-20T03:00Z")
    assert tries == ["2026-11-20T03:00Z"] * 5
    assert (run.state, run.attempts) == (JobRun.State.FAILED, 5)
    assert "ValueError: the till speaks nonsense" in run.error
    assert run.period not in [work.period for work in jobs.due(now=moment + timedelta(days=9))]


@pytest.mark.django_db
def test_a_parked_run_can_be_given_new_attempts(add: Add) -> None:
    job = add(lambda *_: {"rows": 1})
    run = JobRun.objects.create(
        job=job.code, period=job.period(NOW), state="failed", attempts=5, leased_until=NOW, started_at=NOW
    )
    assert jobs.run_due(now=NOW) == []

    assert jobs.retry(run_id=run.pk, now=NOW)

    assert [each.state for each in jobs.run_due(now=NOW)] == [JobRun.State.DONE]
    assert not jobs.retry(run_id=run.pk, now=NOW)


@pytest.mark.django_db
def test_a_run_whose_worker_died_goes_on_from_its_cursor_as_of_the_same_instant(add: Add) -> None:
    """F8: what was reached is kept; the next worker starts there."""
    seen: list[tuple[datetime, str]] = []

    def walk(as_of: datetime, _: str, cursor: str) -> Stride:
        seen.append((as_of, cursor))
        if len(seen) == 2:
            raise SystemExit  # a worker that is killed records no failure
        return Stride("" if cursor == "200" else str(int(cursor or 0) + 100), {"rows": 100})

    add(walk=walk)
    with pytest.raises(SystemExit):
        jobs.run_due(now=NOW)

    assert jobs.run_due(now=NOW + timedelta(minutes=14)) == []
    assert [run.counts for run in jobs.run_due(now=NOW + timedelta(minutes=16))] == [{"rows": 300}]
    assert seen == [(NOW, ""), (NOW, "100"), (NOW, "100"), (NOW, "200")]


@pytest.mark.django_db
def test_a_long_walk_hands_over_without_losing_an_attempt(add: Add, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "BUDGET", timedelta(0))
    add(walk=lambda _, __, cursor: Stride("" if cursor == "7" else str(int(cursor or 0) + 1), {"rows": 1}))

    for minutes in range(8):
        jobs.run_due(now=NOW + timedelta(minutes=minutes))

    run = JobRun.objects.get()
    assert (run.state, run.counts, run.attempts) == (JobRun.State.DONE, {"rows": 8}, 1)


@pytest.mark.django_db
def test_a_walk_that_stands_still_is_a_failure(add: Add) -> None:
    add(walk=lambda *_: Stride("7"))

    jobs.run_due(now=NOW)

    assert "The job stays at '7'" in JobRun.objects.get().error


@pytest.mark.django_db
def test_a_worker_that_was_overtaken_writes_nothing(add: Add) -> None:
    def slow(_: datetime, __: str) -> dict[str, int]:
        JobRun.objects.update(leased_until=NOW + HOUR, attempts=2)  # the successor's claim
        return {"rows": 1}

    add(slow)

    jobs.run_due(now=NOW)

    run = JobRun.objects.get()
    assert (run.state, run.counts, run.attempts) == (JobRun.State.RUNNING, {}, 2)


@pytest.mark.django_db
def test_a_tick_leaves_a_heartbeat_and_parks_what_kills_its_workers(add: Add) -> None:
    job = add(lambda *_: {})
    JobRun.objects.create(job=job.code, period="x", state="running", attempts=5, leased_until=NOW, started_at=NOW)
    assert jobs.heartbeat_age(now=NOW) is None

    due = jobs.tick(now=NOW)

    assert [work.period for work in due] == ["2026-11-20T04:00Z"]
    assert JobRun.objects.get(period="x").state == JobRun.State.FAILED
    assert jobs.heartbeat_age(now=NOW + HOUR) == HOUR


@pytest.mark.django_db
def test_only_runs_done_long_ago_are_forgotten(add: Add) -> None:
    add(lambda *_: {})
    jobs.run_due(now=NOW)
    jobs.run_due(now=NOW + HOUR)

    assert jobs.prune(now=NOW + jobs.KEPT + timedelta(minutes=5)) == 1


@pytest.mark.django_db
def test_the_command_does_what_is_due_as_of_an_instant(add: Add) -> None:
    seen: Done = []
    add(noting(seen))
    said = StringIO()

    call_command("run_jobs", "--as-of", "2026-11-20T12:00:20+08:00", stdout=said)

    assert names(seen) == ["2026-11-20T04:00Z"]
    assert said.getvalue().split() == ["sweep", "2026-11-20T04:00Z", "done", "rows=3"]


@pytest.mark.django_db
def test_the_command_tells_of_failures_and_of_names_nobody_knows(add: Add) -> None:
    def fail(_: datetime, __: str) -> dict[str, int]:
        raise ValueError("the till speaks nonsense")

    add(fail)

    with pytest.raises(CommandError):
        call_command("run_jobs", stdout=StringIO())
    with pytest.raises(CommandError, match=r"expiry.*sweep"):
        call_command("run_jobs", "--job", "expiry")


def two_at_once(work: Callable[[], object]) -> None:
    """Two workers with connections of their own, started at one moment."""
    barrier = Barrier(2)

    def worker(_: int) -> None:
        connection.ensure_connection()
        barrier.wait()
        try:
            work()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(worker, range(2)))


def claim_by_looking(work: jobs.Due, *, now: datetime) -> JobRun | None:
    """What the guarded claim replaces, to show that there is a race to lose."""
    row = JobRun.objects.filter(job=work.job.code, period=work.period).first()
    if row is not None and row.state != JobRun.State.FAILED:
        return None
    connection.cursor().execute("SELECT pg_sleep(0.005)")
    run, _ = JobRun.objects.update_or_create(
        job=work.job.code,
        period=work.period,
        defaults={"state": JobRun.State.RUNNING, "leased_until": now + jobs.LEASE, "started_at": work.as_of},
    )
    return run


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_after_three_days_without_a_beat_two_workers_do_each_period_once(add: Add) -> None:
    """F18: 72 hours were missed, and two workers find out together."""
    seen: Done = []
    job = add(noting(seen), catch_up=100)
    jobs.run_due(now=NOW)

    two_at_once(lambda: jobs.run_due(now=NOW + 72 * HOUR))

    assert Counter(names(seen)) == Counter(job.period(NOW + hours * HOUR) for hours in range(73))
    assert set(JobRun.objects.values_list("state", "attempts")) == {("done", 1)}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_claiming_by_looking_first_does_periods_twice(add: Add, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the same three days without the guarded claim."""
    seen: Done = []
    add(noting(seen), catch_up=100)
    monkeypatch.setattr(jobs, "claim", claim_by_looking)
    jobs.run_due(now=NOW)

    two_at_once(lambda: jobs.run_due(now=NOW + 72 * HOUR))

    assert len(seen) > 73


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_workers_one_takes_over_what_a_dead_one_left(add: Add) -> None:
    seen: Done = []
    job = add(noting(seen))
    for hours in range(50):
        at = NOW - hours * HOUR
        JobRun.objects.create(job=job.code, period=job.period(at), state="running", leased_until=NOW, started_at=at)

    two_at_once(lambda: jobs.run_due(now=NOW))

    assert (len(seen), len(set(seen))) == (50, 50)
    assert set(JobRun.objects.values_list("state", "attempts")) == {("done", 2)}
