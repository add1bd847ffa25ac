"""Files of adjustments, cell by cell: nothing is guessed, and every row that is left out says why."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from loyalty import faults
from loyalty.adjustment_files import reading, refusals
from loyalty.errors import LoyaltyError
from loyalty.imports.refusals import (
    ChangedByExcel,
    DoubledColumn,
    InvalidFile,
    MissingColumns,
    NoRows,
    TooManyRows,
)
from loyalty.models import Account, AccountReference
from tests import cast
from tests.loyalty.adjustment_files import paper
from tests.loyalty.imports import table
from tests.loyalty.till import open_account, open_till

pytestmark = pytest.mark.django_db


def numbered(number: str) -> Account:
    account = open_account()
    Account.objects.filter(pk=account.pk).update(number=number)
    account.refresh_from_db()
    return account


def test_a_file_says_what_it_gives_takes_and_to_whom() -> None:
    first, second = open_account(), open_account()

    sheet = paper.read(paper.text([paper.row(first, 300, "sorry"), paper.row(second, -50), paper.row(first, "+1,200")]))

    assert [(line.row, line.account_id, line.amount, line.note) for line in sheet.lines] == [
        (2, first.pk, 300, "sorry"),
        (3, second.pk, -50, ""),
        (4, first.pk, 1200, ""),
    ]
    assert (sheet.given, sheet.taken, sheet.total, sheet.largest, sheet.refused) == (1500, 50, 1550, 1200, 0)
    assert sheet.shares == {first.pk: 1500, second.pk: 50}


def test_the_same_member_twice_counts_twice_and_is_pointed_out() -> None:
    member = cast.member("许知意", phone="13800138000")

    sheet = paper.read(
        paper.text([(f"m:{member.account.number}", 1, ""), ("13800138000", 2, ""), ("p:13800138000", 3, "")])
    )

    assert [line.amount for line in sheet.lines] == [1, 2, 3]
    assert paper.told(sheet) == [(3, "repeated", "member", "same_member"), (4, "repeated", "member", "same_member")]


@pytest.mark.parametrize(
    "header", [("会员号", "积分", "备注"), ("Member No.", "Points", "Note"), ("手机号", "分值", "说明")]
)
def test_columns_are_known_by_their_names_in_both_languages(header: tuple[str, ...]) -> None:
    account = open_account()

    sheet = paper.read(paper.text([paper.row(account, 5, "x")], header))

    assert [(line.amount, line.note) for line in sheet.lines] == [(5, "x")]


def test_a_workbook_is_read_like_text_and_numbers_like_numbers() -> None:
    account = numbered("860000000001")
    data = table.book([(860000000001, 200, "sorry"), ("860000000001", -3.0, None)], header=paper.HEADER)

    sheet = paper.read(data)

    assert [(line.account_id, line.amount) for line in sheet.lines] == [(account.pk, 200), (account.pk, -3)]


def test_missing_columns_are_named() -> None:
    """Bad input 71."""
    with pytest.raises(MissingColumns) as refusal:
        paper.read(paper.text([("a", "b")], ("who", "how many")))

    assert refusal.value.numbers == {"columns": "“member”, “points”", "known": "who, how many"}


def test_a_column_that_is_there_twice_is_not_guessed() -> None:
    with pytest.raises(DoubledColumn):
        paper.read(paper.text([("1", "2", "3")], ("member", "会员号", "points")))


@pytest.mark.parametrize("data", [b"", b"\n\n", b"member,points,note\n", b"member,points\n\n,\n"])
def test_nothing_below_the_header_is_no_file(data: bytes) -> None:
    """Bad input 79."""
    with pytest.raises(NoRows):
        paper.read(data)


def test_a_program_called_csv_is_no_file() -> None:
    """Bad input 82."""
    with pytest.raises(InvalidFile):
        paper.read(b"MZ\x90\x00" + b"\x00" * 200)


def test_too_many_rows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bad input 78."""
    monkeypatch.setattr(reading, "MOST_ROWS", 3)

    with pytest.raises(TooManyRows):
        paper.read(paper.text([("1", 1, "")] * 4))


CELLS: dict[str, tuple[tuple[object, object, object], str, str]] = {
    "unknown member": (("999", 5, ""), "member", "member_not_found"),
    "no member": (("", 5, ""), "member", "required"),
    "a scheme alone": (("p:", 5, ""), "member", "required"),
    "a phone changed by a spreadsheet": (("1.38E+10", 5, ""), "member", "changed_by_excel"),
    "with its scheme": (("p:1.38E+10", 5, ""), "member", "changed_by_excel"),
    "zeros lost": (("12345", 5, ""), "member", "leading_zeros_lost"),
    "zeros lost behind a scheme": (("m:12345", 5, ""), "member", "leading_zeros_lost"),
    "a formula": (('=HYPERLINK("x")', 5, ""), "member", "member_not_found"),
    "a partner's id without the partner": (("x:7", 5, ""), "member", "partner_needed"),
    "no points": (("000000012345", "", ""), "points", "required"),
    "zero": (("000000012345", 0, ""), "points", "zero"),
    "a formula for points": (("000000012345", "=1+1", ""), "points", "whole_number"),
    "a fraction": (("000000012345", "1.5", ""), "points", "whole_number"),
    "money": (("000000012345", "¥5", ""), "points", "whole_number"),
    "a comma out of place": (("000000012345", "1,2", ""), "points", "whole_number"),
    "points changed by a spreadsheet": (("000000012345", "1E+05", ""), "points", "changed_by_excel"),
    "far too many": (("000000012345", 10**9 + 1, ""), "points", "out_of_range"),
    "a long note": (("000000012345", 5, "x" * 121), "note", "too_long"),
    "a control character": (("000000012345", 5, "x\x00"), "note", "control_character"),
}


@pytest.mark.parametrize("name", CELLS)
def test_a_row_that_cannot_be_done_names_its_column(name: str) -> None:
    """Bad input 73, 74, 77, 84."""
    numbered("000000012345")
    cells, column, code = CELLS[name]

    sheet = paper.read(paper.text([cells, ("000000012345", 1, "")]))

    assert paper.told(sheet) == [(2, "refused", column, code)]
    assert ([line.row for line in sheet.lines], sheet.refused) == ([3], 1)


def test_a_quote_left_open_spoils_its_own_row() -> None:
    """Bad input 84."""
    account = open_account()
    data = f'member,points,note\n{account.number},5,"open\n{account.number},7,\n'.encode()

    sheet = paper.read(data)

    assert paper.told(sheet) == [(2, "refused", "", "quote_not_closed")]
    assert [line.amount for line in sheet.lines] == [7]


def test_a_formula_in_a_note_stays_text() -> None:
    """Bad input 77."""
    account = open_account()

    sheet = paper.read(paper.text([paper.row(account, 5, "=1+1")]))

    assert sheet.lines[0].note == "=1+1"


def test_a_partners_own_ids_are_understood_with_the_partner() -> None:
    account, partner = open_account(), open_till()
    AccountReference.objects.create(partner=partner, external_id="C-7", account=account)

    sheet = paper.read(paper.text([("x:C-7", 5, ""), ("C-7", 6, "")]), partner_id=partner.pk)

    assert [line.account_id for line in sheet.lines] == [account.pk, account.pk]


def test_closed_accounts_are_nobody_and_suspended_ones_are_pointed_out() -> None:
    closed, frozen = open_account(), open_account()
    Account.objects.filter(pk=closed.pk).update(status="closed")
    Account.objects.filter(pk=frozen.pk).update(status="frozen")

    sheet = paper.read(paper.text([paper.row(closed, 5), paper.row(frozen, 5)]))

    assert paper.told(sheet) == [
        (2, "refused", "member", "member_not_found"),
        (3, "suspended", "member", "member_frozen"),
    ]


def test_nobody_adjusts_their_own_points() -> None:
    """Row 26."""
    account = open_account()

    sheet = paper.read(paper.text([paper.row(account, 5)]), own=[account.pk])

    assert paper.told(sheet) == [(2, "refused", "member", "own_membership")]


def test_growth_can_be_given_and_what_was_wrong_of_it_taken() -> None:
    rows = [paper.row(open_account(), 5), paper.row(open_account(), -5)]

    sheet = paper.read(paper.text(rows), currency="growth")

    assert (paper.told(sheet), sheet.total) == ([], 10)


@pytest.mark.parametrize(
    ("cell", "amount"), [("5", 5), (" +5 ", 5), ("-5", -5), ("−5", -5), ("1,000", 1000), ("7.0", 7)]
)
def test_whole_points_are_read_with_their_sign(cell: str, amount: int) -> None:
    assert reading.points(cell) == amount


@pytest.mark.parametrize(
    ("cell", "fault"),
    [("", faults.Required), ("0", refusals.NoPoints), ("-0", refusals.NoPoints), ("５", refusals.NotWhole),
     ("1e3", refusals.NotWhole), ("1E+3", ChangedByExcel), ("--5", refusals.NotWhole), ("9" * 16, refusals.NotWhole)],
)  # fmt: skip
def test_what_is_no_number_of_points_is_refused(cell: str, fault: type[LoyaltyError]) -> None:
    with pytest.raises(fault):
        reading.points(cell)


def test_the_number_of_queries_does_not_depend_on_the_rows() -> None:
    some, many = ([paper.row(open_account(), 5) for _ in range(rows)] for rows in (1, 30))
    counts = []
    for rows in (some, many):
        with CaptureQueriesContext(connection) as queries:
            paper.read(paper.text(rows))
        counts.append(len(queries))

    assert counts[0] == counts[1]
