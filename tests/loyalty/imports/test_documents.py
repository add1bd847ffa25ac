"""Rows read strictly, and put together to orders and cancellations."""

from datetime import UTC, datetime
from typing import Any

import openpyxl
import pytest

from loyalty.errors import LoyaltyError
from loyalty.imports import documents, files
from loyalty.imports.columns import Plan
from loyalty.imports.documents import Document, Reading
from tests.loyalty.imports import table

AT = "2026-03-02 10:00"


def read(rows: table.Rows, plan: Plan | None = None, **how: Any) -> Reading:
    return documents.read(files.open_table(table.text(rows, **how)), plan or table.plan())


def faults(reading: Reading) -> list[tuple[int, str, str]]:
    return [(note.row, note.param, note.fault.code if note.fault else "") for note in reading.bad]


def told(reading: Reading) -> list[tuple[str, bool, int]]:
    return [(document.id, document.is_cancel, document.minor) for document in reading.documents]


def only(reading: Reading) -> Document:
    (document,) = reading.documents
    return document


@pytest.mark.parametrize("data", [b"", b"order,customer,paid at,total\n", b"order,customer,paid at,total\n\n,,,\n\n"])
def test_a_file_without_rows_says_so(data: bytes) -> None:
    """Bad input 79."""
    with pytest.raises(LoyaltyError) as met:
        documents.read(files.open_table(data), table.plan())

    assert met.value.code == "no_rows"


@pytest.mark.parametrize("field", ["phone", "customer", "order_id"])
def test_a_number_that_excel_changed_is_a_row_error(field: str) -> None:
    """Bad input 73."""
    plan = table.plan(columns={**table.COLUMNS, "order_id": "id", field: "x"})
    header = ["id", "customer", "paid at", "total", "x"]
    reading = read([("A-1", "7", AT, "5.00", "1.38E+10")], plan, header=header)

    assert faults(reading) == [(2, "x", "changed_by_excel")]


def test_a_number_too_long_for_a_spreadsheet_is_a_row_error() -> None:
    """Bad input 73, in a workbook."""
    data = table.book([(1234567890123456789, "7", AT, 5)])

    assert faults(documents.read(files.open_table(data), table.plan())) == [(2, "order", "changed_by_excel")]


def test_zeros_lost_in_front_are_a_row_error() -> None:
    """Bad input 74."""
    rows = [("A-1", "001234", AT, "5"), ("A-2", "1234", AT, "5"), ("A-3", "123456", AT, "5"), ("A-4", "VIP", AT, "5")]
    reading = read(rows)

    assert faults(reading) == [(3, "customer", "leading_zeros_lost")]
    assert [document.customer for document in reading.documents] == ["x:001234", "x:123456", "x:VIP"]


def test_zeros_that_a_cell_shows_are_kept() -> None:
    made = openpyxl.Workbook()
    made.worksheets[0].append(list(table.HEADER))
    made.worksheets[0].append(["A-1", 1234, AT, 5])
    made.worksheets[0]["B2"].number_format = "000000"

    assert only(documents.read(files.open_table(table.saved(made)), table.plan())).customer == "x:001234"


@pytest.mark.parametrize("date", ["02/03/2026", "2-3-2026 10:00", "3/2/26"])
def test_a_date_with_two_readings_is_a_row_error(date: str) -> None:
    """Bad input 75."""
    assert faults(read([("A-1", "", date, "5")])) == [(2, "paid at", "ambiguous_date")]


@pytest.mark.parametrize(
    ("written", "order", "expected"),
    [
        ("2026-03-02 10:00", "", "2026-03-02T10:00:00"),
        ("2026-07-02 10:00", "", "2026-07-02T09:00:00"),
        ("2026/7/2 9:05:07", "", "2026-07-02T08:05:07"),
        ("2026年7月2日 9:05", "", "2026-07-02T08:05:00"),
        ("2026-07-02T10:00:00+08:00", "", "2026-07-02T02:00:00"),
        ("2026-07-02T10:00:00.250Z", "", "2026-07-02T10:00:00.250000"),
        ("2026-03-02", "", "2026-03-02T00:00:00"),
        ("25/03/2026 08:00", "", "2026-03-25T08:00:00"),
        ("03/03/2026", "", "2026-03-03T00:00:00"),
        ("02/03/2026", "dmy", "2026-03-02T00:00:00"),
        ("02/03/2026", "mdy", "2026-02-03T00:00:00"),
        ("2026-10-25 01:30", "", "2026-10-25T00:30:00"),
    ],
)
def test_times_without_an_offset_are_of_the_plan_s_zone(written: str, order: str, expected: str) -> None:
    reading = read([("A-1", "", written, "5")], table.plan(date_order=order))

    assert only(reading).at == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (("", "7", AT, "5"), ("order", "required")),
        (("A-1", "7", "", "5"), ("paid at", "required")),
        (("A-1", "7", "2026-02-30", "5"), ("paid at", "invalid_date")),
        (("A-1", "7", "45718.4", "5"), ("paid at", "invalid_date")),
        (("A-1", "7", AT, ""), ("total", "required")),
        (("A-1", "7", AT, "five"), ("total", "invalid_format")),
        (("A-1", "7", AT, "1.234,50"), ("total", "invalid_format")),
        (("A-1", "7", AT, "5.005"), ("total", "too_many_decimals")),
        (("A-1", "7", AT, "1.2E+3"), ("total", "changed_by_excel")),
        (("A-1", "7", AT, "9" * 15), ("total", "out_of_range")),
        (("A" * 91, "7", AT, "5"), ("order", "too_long")),
        (("A-1", "7\u202e", AT, "5"), ("customer", "control_character")),
        (("A\0-1", "7", AT, "5"), ("order", "control_character")),
    ],
)
def test_a_cell_that_cannot_be_read_names_its_row_and_column(row: tuple[str, ...], expected: tuple[str, str]) -> None:
    """Bad input 84 (NUL byte) among others."""
    assert faults(read([row, ("B-1", "7", AT, "5")])) == [(2, *expected)]


def test_a_formula_stays_the_text_it_is() -> None:
    """Bad input 77."""
    plan = table.plan(columns={**table.COLUMNS, "line_amount": "total", "title": "what"} | {"amount": "total"})
    header = [*table.HEADER, "what"]
    link = '=HYPERLINK("http://example.com","Prize")'

    from_text = read([("A-1", "7", AT, "5.00", link)], plan, header=header)
    from_book = documents.read(files.open_table(table.book([("A-1", "7", AT, 5, link)], header=header)), plan)

    assert [only(each).payload["lines"][0]["title"] for each in (from_text, from_book)] == [link, link]


def test_a_formula_is_no_amount() -> None:
    data = table.book([("A-1", "7", AT, "=2+3")])

    assert faults(documents.read(files.open_table(data), table.plan())) == [(2, "total", "invalid_format")]


def test_amounts_are_read_as_people_write_them() -> None:
    rows = [(f"A-{n}", "", AT, amount) for n, amount in enumerate(["5", "5.10", "1,234.50", "£7.00", "12.5000", "0"])]

    assert [minor for _, _, minor in told(read(rows))] == [500, 510, 123450, 700, 1250, 0]


def test_a_workbook_s_figures_are_those_it_shows() -> None:
    noon = datetime.fromisoformat("2026-03-02 12:00")
    data = table.book([("A-1", 17850, noon, 0.1 + 0.2), (536365, None, AT, 22.2)])
    reading = documents.read(files.open_table(data), table.plan())

    assert [(each.id, each.customer, each.minor) for each in reading.documents] == [
        ("536365", "", 2220),
        ("A-1", "x:17850", 30),
    ]


LINED = ("order", "customer", "paid at", "sku", "qty", "price")
BY_LINE = {
    "order_id": "order",
    "customer": "customer",
    "occurred_at": "paid at",
    "sku": "sku",
    "quantity": "qty",
    "unit_price": "price",
}


def test_rows_of_one_id_are_lines_of_one_order_wherever_they_stand() -> None:
    rows = [
        ("A-1", "7", "2026-03-02 10:01", "TEA", "2", "3.50"),
        ("A-2", "8", AT, "CUP", "1", "9.00"),
        ("A-1", "7", AT, "CUP", "1", "9.00"),
        ("A-1", "7", AT, "OFF", "-1", "1.00"),
    ]
    first, second = read(rows, table.plan(columns=BY_LINE), header=LINED).documents

    assert [(each.id, each.minor, each.rows) for each in (first, second)] == [
        ("A-1", 1500, [2, 4, 5]),
        ("A-2", 900, [3]),
    ]
    assert first.at == datetime(2026, 3, 2, 10, tzinfo=UTC)
    assert [(line["sku"], line["quantity"], line["amount_minor"]) for line in first.payload["lines"]] == [
        ("TEA", 2, 700),
        ("CUP", 1, 900),
    ]
    assert first.payload["discount_minor"] == 100


def test_an_order_with_a_bad_row_is_left_out_whole() -> None:
    rows = [
        ("A-1", "7", AT, "TEA", "2", "3.50"),
        ("A-1", "7", AT, "CUP", "one", "9"),
        ("A-2", "7", AT, "CUP", "1", "9"),
    ]
    reading = read(rows, table.plan(columns=BY_LINE), header=LINED)

    assert (told(reading), faults(reading), reading.bad_rows) == (
        [("A-2", False, 900)],
        [(3, "qty", "invalid_format")],
        2,
    )


def test_rows_of_one_order_must_not_disagree() -> None:
    rows = [("A-1", "7", AT, "5"), ("A-1", "8", AT, "5"), ("A-2", "7", AT, "5"), ("A-2", "7", AT, "6")]

    assert faults(read(rows)) == [(2, "customer", "rows_disagree"), (4, "total", "rows_disagree")]


def test_an_order_repeated_on_several_rows_counts_once() -> None:
    reading = read([("A-1", "7", AT, "5"), ("A-1", "7", AT, "5")])

    assert told(reading) == [("A-1", False, 500)]
    assert [(note.row, note.outcome) for note in only(reading).notes] == [(3, "repeated")]


def test_lines_that_come_to_less_than_the_amount_are_a_row_error_and_more_are_a_discount() -> None:
    columns = {**table.COLUMNS, "line_amount": "line"}
    header = [*table.HEADER, "line"]
    rows = [("A-1", "7", AT, "9", "5"), ("A-1", "7", AT, "9", "5"), ("A-2", "7", AT, "9", "5")]
    reading = read(rows, table.plan(columns=columns), header=header)

    assert only(reading).payload["discount_minor"] == 100
    assert faults(reading) == [(4, "amount", "amount_mismatch")]


@pytest.mark.parametrize(
    ("row", "plan"),
    [
        (("C1", "7", AT, "-5", ""), table.plan()),
        (("C1", "7", AT, "5", ""), table.plan(cancel_prefix="C")),
        (("C1", "7", AT, "5", "是"), table.plan(columns={**table.COLUMNS, "is_cancel": "x"})),
        (("C1", "7", AT, "5", "A-1"), table.plan(columns={**table.COLUMNS, "refund_of": "x"})),
    ],
)
def test_a_cancellation_is_known_by_its_column_sign_prefix_or_the_order_it_names(
    row: tuple[str, ...], plan: Plan
) -> None:
    reading = read([row], plan, header=[*table.HEADER, "x"])

    assert told(reading) == [("C1", True, 500)]


def test_documents_come_in_order_of_time_orders_first() -> None:
    rows = [("C1", "7", AT, "-5"), ("A-2", "7", AT, "5"), ("A-1", "7", "2026-03-01", "5")]

    assert [document.id for document in read(rows).documents] == ["A-1", "A-2", "C1"]


def test_an_order_of_more_than_500_lines_is_kept_with_its_amount() -> None:
    rows = [("A-1", "7", AT, f"S{n}", "1", "1") for n in range(501)]
    document = only(read(rows, table.plan(columns=BY_LINE), header=LINED))

    assert (document.minor, "lines" in document.payload) == (50100, False)
    assert [(note.row, note.outcome) for note in document.notes] == [(2, "shortened")]
