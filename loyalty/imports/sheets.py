"""Workbooks: the first sheet's rows as text. Nothing is computed, no macro and no entity is taken.

openpyxl reads the XML through defusedxml, which is installed with it. Formulas stay the text they
are; numbers are written as a person would, with the zeros that the cell's format puts in front.
"""

import io
import re
import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any

import openpyxl

from loyalty.imports.refusals import InvalidFile
from loyalty.imports.tables import Row

MAGIC = b"PK\x03\x04"
RATIO = 100
INFLATED = 200 * 1024 * 1024
WIDEST = 200
EXACT = 10**15  # beyond this a spreadsheet has rounded
PADDED = re.compile("0{2,}")


def records(data: bytes) -> Iterator[Row]:
    """Every row of the first sheet, blank ones too."""
    _inspect(data)
    return _rows(data)


def _inspect(data: bytes) -> None:
    """Refuses what is no workbook, holds macros, or unpacks to more than a hundred times itself."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            parts = packed.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise InvalidFile from None
    names = {part.filename for part in parts}
    inflated = sum(part.file_size for part in parts)
    is_workbook = "[Content_Types].xml" in names and "xl/workbook.xml" in names
    has_macros = any(name.lower().endswith("vbaproject.bin") for name in names)
    if not is_workbook or has_macros or inflated > min(INFLATED, max(RATIO * len(data), 1024 * 1024)):
        raise InvalidFile


def _rows(data: bytes) -> Iterator[Row]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and validations that do not concern us
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # what a file says of its own size is not to be relied on
        for number, cells in enumerate(sheet.iter_rows(max_col=WIDEST), start=1):
            yield Row(number, [_text(cell) for cell in cells])
    except Exception as error:  # whatever a damaged workbook makes the library trip over
        if isinstance(error, MemoryError):
            raise
        raise InvalidFile from error


def _text(cell: Any) -> str:
    value: Any = cell.value
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, int | float):
        return _number(value, str(cell.number_format or ""))
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(getattr(value, "text", None) or value)


def _number(value: Any, style: str) -> str:
    """Fifteen digits, as the spreadsheet shows; longer ones keep the E that gives them away."""
    if abs(value) >= EXACT:
        return f"{value:.14E}"
    text = f"{value:.15g}" if isinstance(value, float) else str(value)
    return text.zfill(len(style)) if PADDED.fullmatch(style) and text.isdigit() else text
