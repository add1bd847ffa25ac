"""What opens, as what, and what is sent back at the door."""

import gzip
import io
import zipfile
from collections.abc import Callable

import openpyxl
import pytest

from loyalty.errors import LoyaltyError
from loyalty.imports import files
from tests.loyalty.imports import table

ROWS = [("A-1", "王小明", "2026-03-02 10:00", "12.50"), ("A-2", "李雷", "2026-03-02 11:00", "8.00")]
READ = [list(table.HEADER), *map(list, ROWS)]


def code(data: bytes) -> str:
    """The code of the refusal that these bytes meet."""
    with pytest.raises(LoyaltyError) as met:
        list(files.open_table(data).rows)
    return met.value.code


def workbook_with(part: str, content: bytes) -> bytes:
    """A sound workbook in which one part is replaced, or one is added."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(table.book(ROWS))) as sound,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made,
    ):
        for name in sound.namelist():
            if name != part:
                made.writestr(name, sound.read(name))
        made.writestr(part, content)
    return out.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_text_is_read_in_any_dialect_and_encoding(encoding: str, delimiter: str) -> None:
    assert table.cells(table.text(ROWS, encoding=encoding, delimiter=delimiter)) == READ


def test_western_text_is_not_taken_for_chinese() -> None:
    rows = [("A-1", "Café Müller", "2026-03-02", "1"), ("A-2", "José Ñandú", "2026-03-02", "2")]

    assert table.cells(table.text(rows, encoding="latin-1"))[1:] == [list(row) for row in rows]


@pytest.mark.parametrize("pack", [bytes, table.packed])
@pytest.mark.parametrize("make", [table.text, table.book])
def test_csv_and_workbooks_are_read_packed_or_not(make: Callable[..., bytes], pack: Callable[[bytes], bytes]) -> None:
    assert table.cells(pack(make(ROWS))) == READ


def test_blank_lines_and_the_line_that_names_the_delimiter_are_passed_over() -> None:
    data = b"sep=;\n\norder;total\n\nA-1;5\n;\n\nA-2;6\n"

    found = files.open_table(data)

    assert (found.header, [(row.number, row.cells) for row in found.rows]) == (
        ["order", "total"],
        [(5, ["A-1", "5"]), (8, ["A-2", "6"])],
    )


@pytest.mark.parametrize(
    "data",
    [
        b"MZ\x90\x00\x03\x00\x00\x00" + b"\x00" * 200,
        b"\x7fELF\x02\x01\x01" + b"\x00" * 200,
        b"%PDF-1.7\n",
        b"\x89PNG\r\n\x1a\n",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 100,
        bytes(range(256)) * 40,
        b"\x1f\x8b\x08\x00broken",
        gzip.compress(b"order,total\nA-1,5\n" * 50)[:-20],
    ],
    ids=["exe", "elf", "pdf", "png", "ole", "noise", "false gzip", "torn gzip"],
)
def test_renamed_programs_and_damaged_archives_are_refused(data: bytes) -> None:
    """Bad input 82: a renamed .exe."""
    assert code(data) == "invalid_file"


def test_a_renamed_archive_is_refused() -> None:
    """Bad input 82: a renamed .zip."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("orders.csv", "order,total\nA-1,5\n")

    assert code(out.getvalue()) == "invalid_file"


def test_what_unpacks_to_a_multiple_of_itself_is_not_unpacked() -> None:
    """ASVS 5.2.3: bombs in gzip and in a workbook."""
    blank = b" " * (30 * files.MEGABYTE)

    assert (code(gzip.compress(blank)), code(workbook_with("xl/media/image1.png", blank))) == ("invalid_file",) * 2


def test_entities_in_a_workbook_are_not_taken() -> None:
    """ASVS 5.2.3: billion laughs."""
    laughs = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
    xml = (
        b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY l0 "lol">' + laughs + b"]>"
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        b'<row r="1"><c r="A1" t="inlineStr"><is><t>&l9;</t></is></c></row></sheetData></worksheet>'
    )

    assert code(workbook_with("xl/worksheets/sheet1.xml", xml)) == "invalid_file"


def test_a_workbook_with_macros_is_refused() -> None:
    """ASVS 5.2.3."""
    assert code(workbook_with("xl/vbaProject.bin", b"macro")) == "invalid_file"


def test_more_rows_than_allowed_are_refused() -> None:
    """Bad input 78: a million rows."""
    assert code(b"order,total\n" + b"A-1,5\n" * 1_000_000) == "too_many_rows"


def test_a_million_blank_rows_come_to_an_end() -> None:
    """ASVS 5.2.3."""
    made = openpyxl.Workbook()
    made.worksheets[0].append(["order", "total"])
    made.worksheets[0]["A1048576"] = "A-1"

    assert (code(b"order,total\n" + b",\n" * 1_000_000), code(table.saved(made))) == ("too_many_rows",) * 2


def test_a_file_of_more_than_twenty_megabytes_is_not_read_on() -> None:
    """ASVS 5.2.3."""
    with pytest.raises(LoyaltyError) as met:
        files.take(io.BytesIO(b"x" * (files.LARGEST + 2)))

    assert (met.value.code, met.value.numbers) == ("file_too_large", {"maximum": 20})


def test_a_quote_left_open_spoils_its_own_row_alone() -> None:
    """Bad input 84."""
    data = b'order,note\nA-1,"never closed\nA-2,fine\nA-3,"two\nlines"\nA-4,"odd" end\nA-5,fine\n'

    rows = list(files.open_table(data).rows)

    assert [(row.number, row.cells[0], row.fault.code if row.fault else "") for row in rows] == [
        (2, "A-1", "quote_not_closed"),
        (3, "A-2", ""),
        (4, "A-3", ""),
        (5, "A-4", "quote_not_closed"),
        (6, "A-5", ""),
    ]


def test_cells_beyond_the_header_spoil_their_row() -> None:
    rows = list(files.open_table(b"order,total\nA-1,1,234.50\nA-2,5,\nA-3\n").rows)

    assert [(row.cells, row.fault.code if row.fault else "") for row in rows] == [
        (["A-1", "1"], "too_many_cells"),
        (["A-2", "5"], ""),
        (["A-3", ""], ""),
    ]
