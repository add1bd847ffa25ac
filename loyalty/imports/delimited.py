"""Text tables: which encoding, which delimiter, and records that survive a quote left open.

Encodings are told apart by what they can't be: a byte-order mark, then UTF-8, then GB18030 where
what comes out is Chinese as people write it, else Western (Windows-1252).
"""

import csv
import io
from collections.abc import Iterator, Sequence

from loyalty.imports.refusals import InvalidFile, QuoteNotClosed
from loyalty.imports.tables import Row

BINARY = (b"\x7fELF", b"%PDF", b"PK\x03\x04", b"PK\x05\x06", b"\x89PNG", b"\xd0\xcf\x11\xe0", b"Rar!", b"7z\xbc\xaf")
MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
DELIMITERS = ",;\t|"
SAMPLE = 64 * 1024
SAMPLE_RECORDS = 20
LONGEST_RECORD = 200  # physical lines; a quote open for longer was never closed
MOST_BROKEN = 1000


def records(data: bytes) -> Iterator[Row]:
    """Every record of a text table, blank ones too; row 1 is the first line of the file."""
    lines = io.StringIO(_decoded(data), newline="").readlines()
    offset, told = 0, ""
    if lines and lines[0].lower().startswith("sep=") and len(lines[0].strip()) == 5:
        offset, told = 1, lines[0][4]
    return _records(lines, offset, told or _delimiter(lines))


def _decoded(data: bytes) -> str:
    if data.startswith(BINARY) or (data[:2] == b"MZ" and b"\0" in data[:SAMPLE]):
        raise InvalidFile
    for mark, encoding in MARKS:
        if data.startswith(mark):
            try:
                return data.decode(encoding)
            except UnicodeDecodeError:
                raise InvalidFile from None
    if _is_binary(data[:SAMPLE]):
        raise InvalidFile
    for encoding in ("utf-8", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding == "utf-8" or _reads_as_chinese(text):
            return text
    return data.decode("cp1252", errors="replace")


def _is_binary(sample: bytes) -> bool:
    """More than a few control bytes; one NUL in a row is that row's trouble, not the file's."""
    odd = sum(sample.count(byte) for byte in range(32) if byte not in b"\t\n\r\f\x1b")
    return odd > max(8, len(sample) // 50)


def _reads_as_chinese(text: str) -> bool:
    """Western bytes decode to rare characters; Chinese ones to GB 2312, the everyday set."""
    foreign = [character for character in text[:SAMPLE] if not character.isascii()]
    usual = sum(1 for character in foreign if _is_everyday(character))
    return usual * 10 >= len(foreign) * 8


def _is_everyday(character: str) -> bool:
    try:
        return len(character.encode("gb2312")) == 2
    except UnicodeEncodeError:
        return False


def _delimiter(lines: Sequence[str]) -> str:
    """The delimiter that cuts the first records into most columns, alike in most of them."""
    sample = [line for line in lines[: SAMPLE_RECORDS * 3] if line.strip()][:SAMPLE_RECORDS]

    def score(delimiter: str) -> tuple[int, int]:
        try:
            widths = [len(record) for record in csv.reader(sample, delimiter=delimiter)]
        except csv.Error:
            return 0, 0
        if not widths or widths[0] < 2:
            return 0, 0
        return widths.count(widths[0]), widths[0]

    return max(DELIMITERS, key=score)


class _Runaway(Exception):
    """A record goes on for too many lines."""


class _Feed:
    """Lines from a place on; counts how many the present record has used."""

    def __init__(self, lines: Sequence[str], at: int) -> None:
        self.lines, self.at, self.used = lines, at, 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self.at >= len(self.lines):
            raise StopIteration
        if self.used >= LONGEST_RECORD:
            raise _Runaway
        self.at, self.used = self.at + 1, self.used + 1
        return self.lines[self.at - 1]


def _records(lines: Sequence[str], start: int, delimiter: str) -> Iterator[Row]:
    """Record by record; after a broken one, on with the next line."""
    feed = _Feed(lines, start)
    reader = csv.reader(feed, delimiter=delimiter, strict=True)
    number, broken, began = start, 0, start
    while True:
        began, feed.used, number = feed.at, 0, number + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (csv.Error, _Runaway):
            broken += 1
            if broken > MOST_BROKEN:
                raise InvalidFile from None
            yield Row(number, lines[began].rstrip("\r\n").split(delimiter), QuoteNotClosed(param=""))
            feed = _Feed(lines, began + 1)
            reader = csv.reader(feed, delimiter=delimiter, strict=True)
        else:
            yield Row(number, cells)
