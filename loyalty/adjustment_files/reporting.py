"""What became of each row, as a file that can be corrected and sent again.

It begins with the columns of a file of adjustments, so the rows that were left out need only be put
right. Text that a spreadsheet would take for a formula is written with an apostrophe in front.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

import openpyxl
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from loyalty.adjustment_files.reading import COLUMNS
from loyalty.imports.files import Table
from loyalty.imports.reporting import MARK, safe
from loyalty.imports.wording import Note
from loyalty.models import AdjustmentFile, AdjustmentLine

OUTCOMES: dict[str, str | Promise] = {
    "done": gettext_lazy("done"),
    "refused": gettext_lazy("not done"),
    "repeated": gettext_lazy("repeated member"),
    "suspended": gettext_lazy("suspended"),
    "waiting": gettext_lazy("waiting"),
}
TEXT = "@"
PREPARED = 1000  # rows of the template that are set to text


def outcome(line: AdjustmentLine) -> str:
    """``done``, ``refused`` or ``waiting``."""
    if line.entry_id is not None:
        return "done"
    return "refused" if line.refused else "waiting"


def preview(table: Table, notes: Sequence[Note]) -> Iterator[str]:
    """The rows there is something to say of, as CSV, with their own cells in front."""
    by_row: dict[int, list[Note]] = {}
    for note in notes:
        by_row.setdefault(note.row, []).append(note)
    yield MARK + _line([*table.header, _("row"), _("outcome"), _("message")])
    for row in table.rows:
        for note in by_row.get(row.number, ()):
            yield _line([*row.cells, str(row.number), str(OUTCOMES[note.outcome]), note.message])


def lines(kept: AdjustmentFile) -> Iterator[str]:
    """Every row of a file that was asked for, as CSV."""
    yield MARK + _line([*COLUMNS, _("row"), _("outcome"), _("message")])
    rows = kept.lines.select_related("account").order_by("number")
    for line in rows.iterator(chunk_size=2000):
        words = str(OUTCOMES[outcome(line)])
        yield _line([f"m:{line.account.number}", str(line.amount), line.note, str(line.number), words, line.refused])
    for number, _column, message in kept.approval.terms.get("told", ()):
        yield _line(["", "", "", str(number), str(OUTCOMES["refused"]), message])


def template(header: Iterable[str]) -> bytes:
    """An empty workbook whose columns are text, so that no spreadsheet changes a phone number."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(list(header))
    for place, letter in enumerate("ABC"):
        sheet.column_dimensions[letter].width = (24, 14, 48)[place]
        sheet.column_dimensions[letter].number_format = TEXT
        for row in range(2, PREPARED + 2):
            sheet[f"{letter}{row}"].number_format = TEXT
    sheet.freeze_panes = "A2"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _line(cells: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([safe(cell) for cell in cells])
    return out.getvalue()
