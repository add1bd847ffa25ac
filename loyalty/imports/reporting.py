"""The report of an import as a file: every row there is something to say of, with its own cells.

Text that a spreadsheet would take for a formula is written with an apostrophe in front.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _

from loyalty.errors import LoyaltyError
from loyalty.imports import running, wording
from loyalty.models import ImportJob, ImportRow

MARK = "\ufeff"  # tells spreadsheets that this is UTF-8
RISKY = tuple("=+-@\t\r\n\0＝＋－＠")
NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?", re.ASCII)


def safe(text: str) -> str:
    """``text`` as a cell that no spreadsheet computes; numbers stay numbers."""
    return f"'{text}" if text.startswith(RISKY) and not NUMBER.fullmatch(text) else text


def lines(job: ImportJob) -> Iterator[str]:
    """The report as CSV, line by line."""
    header, cells = _cells(job)
    yield MARK + _line([_("row"), _("outcome"), _("column"), _("message"), *header])
    rows = ImportRow.objects.filter(job=job).order_by("number", "param")
    for row in rows.iterator(chunk_size=2000):
        found = cells.get(row.number, [])
        yield _line([str(row.number), wording.outcome(row.outcome), row.param, row.message, *found])


def _cells(job: ImportJob) -> tuple[list[str], dict[int, list[str]]]:
    """The header and the rows that are reported, as long as the file is kept."""
    wanted = set(ImportRow.objects.filter(job=job).values_list("number", flat=True))
    try:
        table = running.table(job)
        return table.header, {row.number: row.cells for row in table.rows if row.number in wanted}
    except (LoyaltyError, OSError):
        return [], {}


def _line(cells: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([safe(cell) for cell in cells])
    return out.getvalue()
