"""Opening a file from outside: CSV of any dialect or XLSX, either of them gzipped, within limits.

A renamed program or archive is refused by its first bytes; what unpacks to a multiple of itself is
not unpacked. Rows come one by one and carry the number a spreadsheet shows (the header is row 1).
"""

import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from loyalty.imports import delimited, sheets
from loyalty.imports.refusals import FileTooLarge, InvalidFile, TooManyRows
from loyalty.imports.tables import Row

MEGABYTE = 1024 * 1024
LARGEST = 20 * MEGABYTE
INFLATED = 100 * MEGABYTE
RATIO = 100
MOST_ROWS = 100_000
BLANK_FACTOR = 2  # blank rows don't count, but a file of nothing else must end too


@dataclass(frozen=True, slots=True)
class Table:
    """A header and the rows below it, read once and lazily; blank rows are left out."""

    header: list[str]
    rows: Iterator[Row]


def take(stream: IO[bytes]) -> bytes:
    """The bytes of an upload or a local file; raises ``FileTooLarge`` without reading on."""
    data = stream.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise FileTooLarge(maximum=LARGEST // MEGABYTE)
    return data


def fingerprint(data: bytes) -> str:
    """SHA-256 of the bytes as they came."""
    return hashlib.sha256(data).hexdigest()


def open_table(data: bytes, *, most_rows: int = MOST_ROWS) -> Table:
    """The table in these bytes. Raises ``InvalidFile`` or ``FileTooLarge`` at once, ``TooManyRows``
    while the rows are read."""
    plain = _inflated(data) if data[:2] == b"\x1f\x8b" else data
    records = sheets.records(plain) if plain[:4] == sheets.MAGIC else delimited.records(plain)
    header = next((row for row in records if any(row.cells)), Row(1, []))
    names = [name.strip() for name in header.cells]
    while names and not names[-1]:
        names.pop()
    return Table(names, _below(records, len(names), most_rows))


def _inflated(data: bytes) -> bytes:
    limit = min(INFLATED, max(RATIO * len(data), MEGABYTE))
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as packed:
            plain = packed.read(limit + 1)
    except (OSError, EOFError, zlib.error):
        raise InvalidFile from None
    if len(plain) > limit:
        raise InvalidFile
    return plain


def _below(records: Iterator[Row], width: int, most_rows: int) -> Iterator[Row]:
    """The rows with something in them, at the header's width."""
    kept = 0
    for seen, row in enumerate(records, start=1):
        if row.fault is None and not any(map(str.strip, row.cells)):
            if seen > most_rows * BLANK_FACTOR:
                raise TooManyRows(maximum=most_rows)
            continue
        kept += 1
        if kept > most_rows:
            raise TooManyRows(maximum=most_rows)
        yield row.fitted(width)
