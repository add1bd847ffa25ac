"""The lines of an agreed file: each done once or refused with a reason, however often a worker dies."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from loyalty import approvals, jobs
from loyalty.adjustment_files import carrying
from loyalty.ledger import verify
from loyalty.models import Account, AuditRecord, Entry, JobRun, Message, User
from tests import cast
from tests.loyalty.adjustment_files import paper
from tests.loyalty.till import NOW, net, open_account

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk() -> User:
    return paper.person("clerk", "clerk")


@pytest.fixture
def boss() -> User:
    return paper.person("boss", "supervisor")


def holder(points: int) -> Account:
    account = open_account()
    cast.give(account.pk, points, now=NOW - timedelta(days=1))
    return account


def test_each_line_is_one_entry_tied_to_it_with_its_note_or_the_reason(clerk: User, boss: User) -> None:
    """E87: agreed by another, done line by line."""
    first, second = open_account(), holder(100)
    asked = paper.ask(clerk, [paper.row(first, 3000, "for the lost parcel"), paper.row(second, -40)])

    agreed = approvals.approve(approval_id=asked.pk, by=boss, now=NOW)
    paper.work()

    kept = paper.file_of(asked)
    entries = [line.entry for line in kept.lines.select_related("entry").order_by("number")]
    assert (agreed.state, agreed.entry, kept.done_at is not None) == ("approved", None, True)
    assert [(each.amount, each.counter, each.memo) for each in entries if each] == [
        (3000, "adjusted", "for the lost parcel"),
        (-40, "adjusted", "the app was down"),
    ]
    assert (net(first), net(second)) == (3000, 60)


def test_a_line_that_cannot_be_done_says_why_and_the_others_go_on(clerk: User) -> None:
    poor, frozen, closed, rich = holder(30), open_account(), open_account(), open_account()
    rows = [paper.row(poor, -50), paper.row(frozen, 10), paper.row(closed, 10), paper.row(rich, 10)]
    Account.objects.filter(pk=frozen.pk).update(status="frozen")
    with translation.override("en"):
        asked = paper.ask(clerk, rows)
    Account.objects.filter(pk=closed.pk).update(status="closed")

    with translation.override("zh-hans"):
        paper.work()

    standing = carrying.standing(paper.file_of(asked))
    assert paper.lines(asked) == [
        (2, -50, None, "20 points are missing on this account."),
        (3, 10, None, "This membership is suspended. Once that is over, send the row again."),
        (4, 10, None, "This account was closed in the meantime."),
        (5, 10, 10, ""),
    ]
    assert (standing.done, standing.refused, standing.percent, standing.under_way) == (1, 3, 100, False)


def test_lines_of_one_member_see_each_other(clerk: User) -> None:
    account = open_account()

    asked = paper.ask(clerk, [paper.row(account, 100), paper.row(account, -60), paper.row(account, -60)])
    paper.work()

    assert [line[2] for line in paper.lines(asked)] == [100, -60, None]
    assert net(account) == 40


def test_points_that_are_past_their_day_are_gone_before_any_are_taken(clerk: User) -> None:
    account = holder(100)
    asked = paper.ask(clerk, [paper.row(account, -60)])

    carrying.step(paper.file_of(asked).pk, NOW + timedelta(days=400))

    moved = Entry.objects.filter(account=account).order_by("version").values_list("counter", "amount")
    assert list(moved) == [("adjusted", 100), ("expired", -100)]
    assert paper.lines(asked)[0][3] != ""


def test_a_file_is_done_in_pieces_and_again_finds_nothing(clerk: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrying, "CHUNK", 2)
    monkeypatch.setattr(carrying, "STRIDE_SECONDS", 0)
    asked = paper.ask(clerk, [paper.row(open_account(), 10) for _ in range(5)])
    file_id = paper.file_of(asked).pk

    cursors = [carrying.stride(period=f"{file_id}.1", now=NOW).cursor for _ in range(4)]
    again = carrying.stride(period=f"{file_id}.1", now=NOW)

    assert (cursors, again.cursor) == (["3", "5", "6", ""], "")
    assert (Entry.objects.count(), AuditRecord.objects.filter(deed="adjustment_file.done").count()) == (5, 1)


def test_a_worker_that_dies_in_between_loses_only_its_piece(clerk: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrying, "CHUNK", 2)
    asked = paper.ask(clerk, [paper.row(open_account(), 10) for _ in range(5)])
    file_id, tell = paper.file_of(asked).pk, carrying._tell
    calls: list[int] = []

    def dying(*args: object) -> None:
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError("the power is gone")
        tell(*args)  # type: ignore[arg-type]  # handed on

    monkeypatch.setattr(carrying, "_tell", dying)
    with pytest.raises(RuntimeError):
        carrying.stride(period=f"{file_id}.1", now=NOW)
    before = Entry.objects.count()
    carrying.stride(period=f"{file_id}.1", now=NOW)

    assert (before, Entry.objects.count()) == (2, 5)
    assert {line[2] for line in paper.lines(asked)} == {10}


def test_what_was_not_agreed_is_not_done(clerk: User, boss: User) -> None:
    """E87: rejected, none."""
    waiting = paper.ask(clerk, [paper.row(open_account(), 5000)])
    rejected = paper.ask(clerk, [paper.row(open_account(), 6000)])
    approvals.reject(approval_id=rejected.pk, by=boss, now=NOW, answer="no receipt")

    ends = [carrying.step(paper.file_of(each).pk, NOW) for each in (waiting, rejected)]

    assert (ends, Entry.objects.count()) == ([None, None], 0)


def test_two_clicks_on_approve_begin_one_run(clerk: User, boss: User) -> None:
    """E87."""
    asked = paper.ask(clerk, [paper.row(open_account(), 5000)])

    for seconds in (0, 1):
        approvals.approve(approval_id=asked.pk, by=boss, now=NOW + timedelta(seconds=seconds))
    paper.work()

    assert JobRun.objects.filter(job=carrying.JOB, period__contains=".").count() == 1
    assert Entry.objects.count() == 1


def test_a_run_that_gave_up_goes_on_from_where_it_was(clerk: User) -> None:
    asked = paper.ask(clerk, [paper.row(open_account(), 10)])
    kept = paper.file_of(asked)
    JobRun.objects.update(state="failed", attempts=jobs.ATTEMPTS, finished_at=NOW)

    gave_up = carrying.standing(kept)
    went_on = carrying.go_on(file_id=kept.pk, now=NOW)
    paper.work()
    kept.refresh_from_db()

    assert (gave_up.under_way, gave_up.gave_up, went_on) == (False, True, True)
    assert (carrying.go_on(file_id=kept.pk, now=NOW), kept.done_at is not None) == (False, True)


def test_the_auditor_is_content_with_a_file_that_was_done(clerk: User, boss: User) -> None:
    """I21."""
    asked = paper.ask(clerk, [paper.row(open_account(), 3000), paper.row(open_account(), -5)])
    approvals.approve(approval_id=asked.pk, by=boss, now=NOW)
    paper.work()

    assert verify.run(now=NOW + timedelta(minutes=1)) == []


def test_members_hear_of_it_with_the_note(clerk: User) -> None:
    member = cast.member("许知意")
    asked = paper.ask(clerk, [paper.row(member.account, 10, "sorry"), paper.row(member.account, 20)])

    paper.work()

    told = Message.objects.filter(key__startswith="adjustment-line:")
    lines = paper.file_of(asked).lines.values_list("pk", flat=True)
    assert {(each.params["points"], each.params["reason"]) for each in told} == {
        ("+10", "sorry"),
        ("+20", "the app was down"),
    }
    assert {each.key.split(":")[1] for each in told} == {str(pk) for pk in lines}


def test_the_number_of_statements_does_not_depend_on_the_lines(clerk: User) -> None:
    counts = []
    for rows in (1, 8):
        asked = paper.ask(clerk, [paper.row(holder(5), points) for points in (1, -1) * rows], now=NOW)
        file_id = paper.file_of(asked).pk
        with CaptureQueriesContext(connection) as queries:
            carrying.step(file_id, NOW)
        counts.append(len(queries))

    assert counts[0] == counts[1]
