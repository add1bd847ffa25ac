"""Jobs: matched, reported, gone on with after a stop, and never run twice."""

import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from loyalty import clock
from loyalty.errors import LoyaltyError
from loyalty.imports import batches, documents, files, running
from loyalty.ledger import verify
from loyalty.models import Account, Event, ImportJob, ImportRow, Order, Store
from members.models import Member
from tests.loyalty import till
from tests.loyalty.imports import table
from tests.loyalty.test_killed import killed

AT = "2026-03-%02d 10:00"
MIXED = [
    ("A-1", "7", AT % 1, "50.00"),
    ("A-2", "7", AT % 2, "30.00"),
    ("A-3", "8", AT % 2, "99.90"),
    ("A-4", "", AT % 3, "20.00"),
    ("C-1", "7", AT % 4, "-40.00"),
    ("C-2", "8", AT % 4, "-120.00"),
    ("C-3", "", AT % 4, "-5.00"),
    ("C-4", "9", AT % 4, "-5.00"),
    ("A-5", "7", AT % 5, "10.00"),
    ("C-5", "7", AT % 6, "-15.00"),
    ("A-6", "9", AT % 6, "0.00"),
    ("C-6", "9", AT % 6, "0.00"),
]
HOW = table.plan(cancel_prefix="C")


@pytest.fixture(autouse=True)
def _media(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


def points() -> dict[str, int]:
    """Net points by the partner's customer id."""
    accounts = Account.objects.filter(references__isnull=False).prefetch_related("references")
    return {account.references.get().external_id: till.net(account) for account in accounts}


def refunds() -> list[tuple[str, str, int]]:
    """(refund, order, amount) of every refund recorded."""
    found = Event.objects.filter(kind="order.refunded").order_by("key")
    return [(e.payload["refund_id"], e.payload["order_id"], e.payload["refunded_minor"]) for e in found]


@pytest.mark.django_db
def test_orders_members_guests_and_cancellations_of_one_file() -> None:
    table.a_point_per_pound()

    job = table.run(table.text(MIXED), HOW)

    assert (job.state, job.next_row, job.total_rows) == ("done", 12, 12)
    assert refunds() == [
        ("C-1", "A-2", 3000),
        ("C-1#2", "A-1", 1000),
        ("C-2", "A-3", 9990),
        ("C-5", "A-5", 1000),
        ("C-5#2", "A-1", 500),
    ]
    assert points() == {"7": 50 - 15, "8": 0, "9": 0}
    assert table.reported(job) == [
        (7, "partly_matched", ""),
        (8, "unmatched", ""),
        (9, "unmatched", ""),
        (13, "nothing", ""),
    ]
    assert job.counts == {
        "orders": 5,
        "guests": 1,
        "members": 3,
        "cancellations": 3,
        "refunds": 5,
        "unmatched": 2,
        "partly_matched": 1,
        "nothing": 1,
        "unmatched:GBP": 2010 + 500 + 500,
        "points:points": 189,
    }
    assert (Member.objects.count(), Event.objects.filter(state="parked").count()) == (3, 0)
    assert verify.run(now=clock.now()) == []


@pytest.mark.django_db
@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_the_answer_does_not_depend_on_where_batches_are_cut(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "SIZE", size)
    table.a_point_per_pound()

    job = table.run(table.text(list(reversed(MIXED))), HOW)

    assert refunds() == [
        ("C-1", "A-2", 3000),
        ("C-1#2", "A-1", 1000),
        ("C-2", "A-3", 9990),
        ("C-5", "A-5", 1000),
        ("C-5#2", "A-1", 500),
    ]
    assert (points(), job.next_row) == ({"7": 35, "8": 0, "9": 0}, 12)


@pytest.mark.django_db
def test_the_same_file_is_refused_by_name_and_forced_adds_nothing() -> None:
    """Bad input 80, E88."""
    table.a_point_per_pound()
    data = table.text(MIXED)
    first = table.run(data, HOW)
    before = (table.orders(), refunds(), points(), Event.objects.count(), Member.objects.count())

    with pytest.raises(LoyaltyError) as met:
        table.run(data, HOW)
    again = table.run(data, HOW, force=True)

    assert met.value.code == "already_imported"
    with translation.override("en"):
        assert str(met.value) == f"This file was already imported as #{first.pk}. Nothing was changed."
    assert (table.orders(), refunds(), points(), Event.objects.count(), Member.objects.count()) == before
    assert {row[:2] for row in table.reported(again)} == {
        *((number, "duplicate") for number in (2, 3, 4, 5, 6, 7, 10, 11, 12)),
        (8, "unmatched"),
        (9, "unmatched"),
        (13, "nothing"),
    }


@pytest.mark.django_db
def test_an_overlapping_file_adds_only_what_is_new_and_tells_what_differs() -> None:
    table.a_point_per_pound()
    table.run(table.text(MIXED), HOW)
    rows = [("A-1", "7", AT % 1, "51.00"), ("C-1", "7", AT % 4, "-41.00"), ("A-7", "7", AT % 7, "10.00")]

    job = table.run(table.text([*rows, ("C-7", "7", AT % 8, "-50.00")]))

    assert table.reported(job) == [(2, "conflict", "order_id"), (3, "conflict", ""), (5, "partly_matched", "")]
    assert refunds()[-2:] == [("C-7", "A-7", 1000), ("C-7#2", "A-1", 3500)]
    assert points()["7"] == 0


@pytest.mark.django_db
def test_bad_rows_stop_the_file_unless_they_are_to_be_left_out() -> None:
    """Whatever can't be read is reported by row and column, and nothing is imported."""
    rows = [*MIXED[:2], ("A-9", "7", "02/03/2026", "5")]

    refused = table.run(table.text(rows))
    nothing = (table.orders(), Member.objects.count())
    taken = table.run(table.text(rows), table.plan(skip_bad_rows=True))

    assert (refused.state, refused.error) == (
        "failed",
        "Rows that cannot be read: 1. Nothing was imported. Correct them, or choose to leave them out.",
    )
    assert nothing == ([], 0)
    assert table.reported(refused) == table.reported(taken) == [(4, "refused", "paid at")]
    assert (taken.state, taken.counts["refused"], taken.next_row) == ("done", 1, 3)
    assert table.orders() == [("A-1", 5000, 0), ("A-2", 3000, 0)]


@pytest.mark.django_db
def test_a_plan_that_does_not_fit_fails_the_job_in_words() -> None:
    """Bad input 71."""
    job = table.run(table.text(MIXED), table.plan(columns={**table.COLUMNS, "amount": "sum"}))

    assert (job.state, job.error) == (
        "failed",
        "The file has no column “sum”. Its columns are: order, customer, paid at, total.",
    )


@pytest.mark.django_db
def test_a_cancellation_may_name_its_order_even_a_guest_s() -> None:
    rows = [
        ("A-1", "", AT % 1, "50", ""),
        ("R-1", "", AT % 1, "20", "A-1"),
        ("R-2", "", AT % 1, "20", "A-0"),
        ("A-2", "7", AT % 5, "10", ""),
        ("R-3", "7", AT % 4, "10", "A-2"),
    ]
    data = table.text(rows, header=[*table.HEADER, "of"])

    job = table.run(data, table.plan(columns={**table.COLUMNS, "refund_of": "of"}))

    assert table.orders() == [("A-1", 5000, 2000), ("A-2", 1000, 1000)]
    assert table.reported(job) == [(4, "unmatched", "")]
    assert Event.objects.filter(state="parked").count() == 0


@pytest.mark.django_db
def test_an_unknown_phone_or_store_is_told_of_its_row() -> None:
    Store.objects.create(code="SH01", name="Shanghai")
    columns = {"order_id": "order", "occurred_at": "paid at", "amount": "total", "phone": "phone", "store": "store"}
    rows = [
        ("A-1", AT % 1, "5", "13800138000", ""),
        ("A-2", AT % 1, "5", "", "SH01"),
        ("A-3", AT % 1, "5", "", "SH99"),
    ]
    data = table.text(rows, header=["order", "paid at", "total", "phone", "store"])

    job = table.run(data, table.plan(columns=columns))

    assert table.reported(job) == [(2, "refused", "customer"), (4, "refused", "store")]
    assert table.orders() == [("A-2", 500, 0)]


@pytest.mark.django_db
def test_a_dry_run_tells_what_would_happen_and_writes_nothing() -> None:
    table.a_point_per_pound()
    data = table.text(MIXED)
    reading = documents.read(files.open_table(data), HOW)

    done = running.rehearse(reading=reading, partner=till.open_till(), now=table.NOW)
    written = (Event.objects.count(), Order.objects.count(), Member.objects.count(), ImportJob.objects.count())
    job = table.run(data, HOW)

    assert written == (0, 0, 0, 0)
    assert {key: figure for key, figure in done.counts.items() if figure} == job.counts
    assert sorted((note.row, note.outcome) for note in done.notes) == [row[:2] for row in table.reported(job)]


@pytest.mark.django_db
def test_the_number_of_statements_does_not_depend_on_the_size_of_a_batch() -> None:
    table.a_point_per_pound()

    def statements(start: int, size: int) -> int:
        rows = [(f"A-{n}", str(n), AT % 1, "10.00") for n in range(start, start + size)]
        rows += [(f"C-{n}", str(n), AT % 2, "-15.00") for n in range(start, start + size)]
        with CaptureQueriesContext(
            connection,
        ) as caught:
            table.run(table.text(rows))
        return len(caught)

    statements(0, 2)

    few, many = statements(10, 3), statements(100, 30)
    assert abs(many - few) <= 2  # a slow machine may note its progress once more


@pytest.mark.django_db
def test_two_runs_of_one_job_do_not_do_a_batch_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """The slower of two runs finds the job moved on and stops without writing."""
    monkeypatch.setattr(batches, "SIZE", 4)
    table.a_point_per_pound()
    job = running.create(
        partner=till.open_till(), file_name="orders.csv", data=table.text(MIXED), plan=HOW, now=table.NOW
    )
    others: Iterator[bool] = iter([True])

    def other(_job: ImportJob) -> None:
        if next(others, False):
            running.proceed(job_id=job.pk, now=table.NOW)

    slower = running.proceed(job_id=job.pk, now=table.NOW, told=other)

    assert (slower.state, slower.next_row, points()) == ("done", 12, {"7": 35, "8": 0, "9": 0})
    assert slower.counts["orders"] == 5


HALT = """
from django.conf import settings
settings.MEDIA_ROOT = os.environ["IMPORTED_FILES"]
from loyalty.imports import batches, running
batches.SIZE = 4
post, calls = batches.intake.post, []
def kill_in_the_middle(*args, **kwargs):
    calls.append(post(*args, **kwargs))
    if len(calls) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return calls[-1]
batches.intake.post = kill_in_the_middle
running.proceed(job_id=int(sys.argv[1]), now=clock.now())
"""


@pytest.mark.django_db(transaction=True)
def test_a_process_killed_in_the_middle_of_a_batch_loses_and_doubles_nothing(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    monkeypatch.setenv("IMPORTED_FILES", str(settings.MEDIA_ROOT))
    table.a_point_per_pound()
    job = running.create(
        partner=till.open_till(), file_name="orders.csv", data=table.text(MIXED), plan=HOW, now=table.NOW
    )

    ended = killed(HALT, job.pk)
    job.refresh_from_db()
    half = (job.state, job.next_row, Order.objects.count(), ImportRow.objects.count())
    monkeypatch.setattr(batches, "SIZE", 3)
    whole = running.proceed(job_id=job.pk, now=table.NOW + timedelta(hours=1))

    assert ended == [-signal.SIGKILL]
    assert half == ("running", 4, 4, 0)
    assert (whole.state, whole.next_row, points()) == ("done", 12, {"7": 35, "8": 0, "9": 0})
    assert whole.counts["orders"] + whole.counts["guests"] == Order.objects.count() == 6
    assert len(table.reported(whole)) == 4
    assert verify.run(now=clock.now()) == []
