"""Asking for a file: limits of the whole, splitting, two people, and the same file only once."""

from datetime import timedelta

import pytest

from loyalty import approvals
from loyalty.adjustment_files import refusals
from loyalty.models import AdjustmentFile, Approval, AuditRecord, Entry, JobRun, User
from tests import cast
from tests.loyalty import desk
from tests.loyalty.adjustment_files import paper
from tests.loyalty.till import NOW, open_account

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk() -> User:
    return paper.person("clerk", "clerk")


@pytest.fixture
def boss() -> User:
    return paper.person("boss", "supervisor")


def some(*points: int) -> list[tuple[str, object, str]]:
    """A row for each, every one for somebody new."""
    return [paper.row(open_account(), each) for each in points]


def test_within_the_limits_a_file_begins_at_once(clerk: User) -> None:
    asked = paper.ask(clerk, some(600, -400))

    kept = paper.file_of(asked)
    assert (asked.state, asked.amount, asked.decided_by, asked.entry) == ("approved", 1000, None, None)
    assert (kept.given, kept.taken, kept.file_name, kept.done_at) == (600, 400, "sorry.csv", None)
    assert (JobRun.objects.get().period, Entry.objects.count()) == (f"{kept.pk}.1", 0)


def test_over_the_limit_a_file_waits_and_nothing_moves(clerk: User) -> None:
    """Bad input 83, E87: what it gives and takes together is over the maker's limit."""
    asked = paper.ask(clerk, some(600, -401))
    paper.work()

    assert (asked.state, asked.is_suspicious, asked.amount) == ("waiting", False, 1001)
    assert paper.lines(asked) == [(2, 600, None, ""), (3, -401, None, "")]
    assert (Entry.objects.count(), JobRun.objects.filter(period__contains=".").count()) == (0, 0)


def test_without_a_limit_for_files_every_file_waits() -> None:
    """The limit for single adjustments is another one."""
    asked = paper.ask(desk.person("clerk", "clerk"), some(1))

    assert asked.state == "waiting"


def test_files_over_the_days_limit_wait(clerk: User) -> None:
    first = paper.ask(clerk, some(1000))
    other = paper.ask(clerk, some(999), now=NOW + timedelta(days=1))
    third = paper.ask(clerk, some(501), now=NOW + timedelta(days=1, hours=2))

    assert [each.state for each in (first, other, third)] == ["approved", "approved", "waiting"]


def test_several_small_files_within_a_day_are_one_big_one(clerk: User) -> None:
    """Row 26, bad input 83: splitting a file does not get round the limit."""
    first = paper.ask(clerk, some(600))
    second = paper.ask(clerk, some(401), now=NOW + timedelta(hours=23))
    later = paper.ask(clerk, some(400), now=NOW + timedelta(hours=48))

    rows = Approval.objects.order_by("pk").values_list("pk", "state", "is_suspicious")
    assert list(rows) == [(first.pk, "approved", True), (second.pk, "waiting", True), (later.pk, "approved", False)]


def test_a_file_and_an_ask_by_hand_for_one_account_are_taken_together(clerk: User) -> None:
    """Row 26: half by hand and half by file is split, whichever comes first."""
    account, other = open_account(), open_account()

    by_hand = desk.ask(clerk, account, 600)
    filed = paper.ask(clerk, [paper.row(account, 500)])
    first_filed = paper.ask(clerk, [paper.row(other, 450)], now=NOW + timedelta(hours=25))
    then_by_hand = desk.ask(clerk, other, 600, now=NOW + timedelta(hours=26))

    rows = Approval.objects.order_by("pk").values_list("pk", "state", "is_suspicious")
    assert list(rows) == [
        (by_hand.pk, "approved", True),
        (filed.pk, "waiting", True),
        (first_filed.pk, "approved", True),
        (then_by_hand.pk, "waiting", True),
    ]


def test_the_same_bytes_again_change_nothing(clerk: User, boss: User) -> None:
    """E88, bad input 80: whoever sends it and whatever became of it."""
    rows = some(100)
    asked = paper.ask(clerk, rows)

    with pytest.raises(refusals.AlreadyFiled) as refusal:
        paper.ask(boss, rows, name="other.csv")

    assert refusal.value.numbers["number"] == paper.file_of(asked).pk
    assert (AdjustmentFile.objects.count(), Approval.objects.count()) == (1, 1)


def test_the_same_form_sent_twice_asks_once(clerk: User) -> None:
    rows = some(100)

    first, second = (paper.ask(clerk, rows, token="form-1") for _ in range(2))

    assert (first, AdjustmentFile.objects.count()) == (second, 1)


def test_rows_that_cannot_be_done_stop_the_file_or_are_left_out(clerk: User) -> None:
    rows = [*some(100), ("nobody", 5, "")]

    with pytest.raises(refusals.RowsRefused) as refusal:
        paper.ask(clerk, rows)
    asked = paper.ask(clerk, rows, skip_refused=True)

    assert refusal.value.numbers == {"count": 1}
    assert (asked.amount, len(paper.lines(asked)), asked.terms["refused"]) == (100, 1, 1)
    assert [told[:2] for told in asked.terms["told"]] == [[3, "member"]]


def test_a_file_of_which_nothing_is_left_is_refused(clerk: User) -> None:
    with pytest.raises(refusals.NothingLeft):
        paper.ask(clerk, [("nobody", 5, "")], skip_refused=True)

    assert Approval.objects.count() == 0


def test_a_file_needs_a_reason_and_a_known_unit(clerk: User) -> None:
    with pytest.raises(approvals.ReasonNeeded):
        paper.ask(clerk, some(5), reason=" ")
    with pytest.raises(approvals.UnitUnknown):
        paper.ask(clerk, some(5), currency="gold")


def test_who_may_not_ask_may_not_file() -> None:
    with pytest.raises(approvals.MayNot):
        paper.ask(desk.person("auditor", "auditor"), some(5))

    assert AdjustmentFile.objects.count() == 0


def test_nobody_agrees_to_a_file_of_their_own_or_with_their_own_points(clerk: User, boss: User) -> None:
    """Row 26: the maker, the maker's second login, and whoever gets something by it."""
    member = cast.member("自己")
    member.user = boss
    member.save()
    own = paper.ask(paper.person("other", "supervisor"), some(5000))
    gets = paper.ask(clerk, [paper.row(member.account, 5000), *some(1)])

    with pytest.raises(approvals.OwnWish):
        approvals.approve(approval_id=own.pk, by=User.objects.get(username="other"), now=NOW)
    with pytest.raises(approvals.OwnMembership):
        approvals.approve(approval_id=gets.pk, by=boss, now=NOW)

    assert set(Approval.objects.values_list("state", flat=True)) == {"waiting"}


def test_who_may_approve_adjustments_only_may_not_approve_files(clerk: User) -> None:
    asked = paper.ask(clerk, some(5000))
    only_by_hand = desk.person("boss", "supervisor")

    assert approvals.hindrance(asked, only_by_hand, "approved") is approvals.MayNot


def test_asking_and_agreeing_leave_a_record(clerk: User, boss: User) -> None:
    asked = paper.ask(clerk, some(5000))
    approvals.approve(approval_id=asked.pk, by=boss, now=NOW, answer="ok")
    paper.work()

    deeds = AuditRecord.objects.order_by("id").values_list("deed", "actor__username")
    assert list(deeds) == [
        ("approval.asked", "clerk"),
        ("approval.approved", "boss"),
        ("adjustment_file.done", "clerk"),
    ]
    first = AuditRecord.objects.order_by("id").first()
    assert first is not None
    assert (first.after["file"], first.after["sha256"], first.after["amount"]) == (
        "sorry.csv",
        paper.file_of(asked).file_hash,
        5000,
    )
