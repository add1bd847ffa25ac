"""Clicks and workers at the same instant, on PostgreSQL: one effect, and what it would be without the lock."""

import time
from functools import partial

import pytest

from loyalty import approvals
from loyalty.adjustment_files import carrying, refusals
from loyalty.ledger import verify
from loyalty.models import AdjustmentFile, Approval, Entry, JobRun
from tests.loyalty.adjustment_files import paper
from tests.loyalty.crowd import Call, at_once
from tests.loyalty.till import NOW, open_account

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def agreed(lines: int) -> AdjustmentFile:
    """A file that was agreed to and that no worker has begun."""
    asked = paper.ask(paper.person("clerk", "clerk"), [paper.row(open_account(), 400) for _ in range(lines)])
    approvals.approve(approval_id=asked.pk, by=paper.person("boss", "supervisor"), now=NOW)
    return paper.file_of(asked)


def workers(file_id: int) -> list[Call]:
    return [lambda: carrying.stride(period=f"{file_id}.1", now=NOW)] * 4


def test_of_several_approvers_at_once_one_begins_the_file() -> None:
    """E87 with four people at the same instant, then four workers."""
    asked = paper.ask(paper.person("clerk", "clerk"), [paper.row(open_account(), 400) for _ in range(6)])
    people = [paper.person(f"boss{number}", "supervisor") for number in range(4)]

    answers = at_once([partial(approvals.approve, approval_id=asked.pk, by=who, now=NOW) for who in people])
    done = at_once(workers(paper.file_of(asked).pk))

    assert answers == {"success": 1, "already_decided": 3}
    assert (done, JobRun.objects.filter(job=carrying.JOB).count(), Entry.objects.count()) == ({"success": 4}, 1, 6)
    assert verify.run(now=NOW) == []


def test_several_workers_at_once_do_each_line_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrying, "CHUNK", 2)
    kept = agreed(10)

    at_once(workers(kept.pk))

    assert (Entry.objects.count(), kept.lines.filter(entry__isnull=False).count()) == (10, 10)
    assert verify.run(now=NOW) == []


def test_without_the_files_lock_lines_would_be_done_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: reading the file without its lock lets several workers find the same lines."""
    kept = agreed(4)
    do = carrying._do

    def look_only(file_id: int) -> AdjustmentFile:
        return AdjustmentFile.objects.select_related("approval__asked_by", "currency").get(pk=file_id)

    def late(*args: object) -> None:
        time.sleep(0.2)
        do(*args)  # type: ignore[arg-type]  # handed on

    monkeypatch.setattr(carrying, "hold", look_only)
    monkeypatch.setattr(carrying, "_do", late)

    at_once(workers(kept.pk))

    assert Entry.objects.count() > 4


def test_the_same_file_sent_by_two_at_once_is_kept_once() -> None:
    """E88."""
    rows = [paper.row(open_account(), 400)]
    people = [paper.person(f"clerk{number}", "clerk") for number in range(4)]

    answers = at_once([partial(paper.ask, who, rows) for who in people])

    assert answers == {"success": 1, refusals.AlreadyFiled.code: 3}
    assert (AdjustmentFile.objects.count(), Approval.objects.count()) == (1, 1)


def test_small_files_asked_for_in_parallel_do_not_get_round_the_limit() -> None:
    """Bad input 83: one is done, the rest waits."""
    clerk = paper.person("clerk", "clerk")
    files = [[paper.row(open_account(), 600)] for _ in range(5)]

    at_once([partial(paper.ask, clerk, rows) for rows in files])

    assert sorted(Approval.objects.values_list("state", flat=True)) == ["approved", *["waiting"] * 4]
