"""Single cells, read strictly: ids, moments, amounts, yes or no. Nothing is guessed.

A cell that a spreadsheet has spoiled says so, instead of passing for another number.
"""

import re
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from loyalty import faults, money, readers
from loyalty.imports.refusals import AmbiguousDate, CannotTellYesOrNo, ChangedByExcel

SCIENTIFIC = re.compile(r"[-+]?\d(?:[.,]\d+)?[eE]\+\d{1,3}", re.ASCII)
NUMBER = re.compile(r"(?P<sign>-?)(?:[¥￥£$€] ?)?(?P<body>\d{1,15}|\d{1,3}(?:,\d{3})+)(?P<rest>\.\d{1,15})?", re.ASCII)
CLOCK = r"(?:[T ]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.(?P<part>\d{1,6})\d*)?)?)?"
OFFSET = r"(?: ?(?P<offset>Z|[+-]\d{2}:?\d{2}))?"
YEAR_FIRST = re.compile(
    r"(?P<a>\d{4})(?:[-/.]|年)(?P<b>\d{1,2})(?:[-/.]|月)(?P<c>\d{1,2})日?" + CLOCK + OFFSET, re.ASCII
)
YEAR_LAST = re.compile(r"(?P<a>\d{1,2})[-/.](?P<b>\d{1,2})[-/.](?P<c>\d{4})" + CLOCK + OFFSET, re.ASCII)
SHORT_YEAR = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2}(?!\d).*", re.ASCII)
YES = {"1", "yes", "y", "true", "t", "是", "√"}
NO = {"", "0", "no", "n", "false", "f", "否", "×"}
LONGEST_ID = 90  # leaves room for what refunds add to it


def text(raw: str, param: str, longest: int) -> str:
    """Trimmed text without control characters; "" stays ""."""
    value = raw.strip()
    if len(value) > longest:
        raise faults.TooLong(param=param, maximum=longest, given=len(value))
    if value.isascii() and value.isprintable():
        return value
    return readers.clean(value, param)


def identifier(raw: str, param: str) -> str:
    """An id as text, never a number in disguise; "" stays ""."""
    value = raw.strip()
    if value and SCIENTIFIC.fullmatch(value):
        raise ChangedByExcel(param=param)
    if len(value) > LONGEST_ID:
        raise faults.TooLong(param=param, maximum=LONGEST_ID, given=len(value))
    if value.isascii() and value.isprintable():
        return value
    return readers.clean(value, param, identifier=True)


def decimal(raw: str, param: str) -> Decimal:
    """A plain number; thousands may be set apart by commas, a money sign may stand in front."""
    value = raw.strip()
    if not value:
        raise faults.Required(param=param)
    if SCIENTIFIC.fullmatch(value):
        raise ChangedByExcel(param=param)
    found = NUMBER.fullmatch(value)
    if found is None:
        raise faults.InvalidFormat(param=param, expected="100.00")
    return Decimal(found["sign"] + found["body"].replace(",", "") + (found["rest"] or ""))


def minor(amount: Decimal, currency: str, param: str) -> int:
    """Signed minor units; zeros at the end don't count as decimals."""
    scaled = abs(amount).scaleb(money.digits(currency))
    if scaled != scaled.to_integral_value():
        raise faults.TooManyDecimals(param=param, currency=currency, digits=money.digits(currency))
    whole = money.bounded(int(scaled), param)
    return -whole if amount < 0 else whole


def yes_or_no(raw: str, param: str) -> bool:
    """Blank is no."""
    value = raw.strip().lower()
    if value not in YES and value not in NO:
        raise CannotTellYesOrNo(param=param)
    return value in YES


def moment(raw: str, param: str, zone: ZoneInfo, date_order: str) -> datetime:
    """An instant in UTC. Without an offset the time is one of ``zone``; an hour that is there twice
    when the clocks go back is the first of the two. A date alone is its midnight.
    """
    value = raw.strip()
    if not value:
        raise faults.Required(param=param)
    found = YEAR_FIRST.fullmatch(value) or YEAR_LAST.fullmatch(value)
    if found is None:
        if SHORT_YEAR.fullmatch(value):
            raise AmbiguousDate(param=param)
        raise faults.InvalidDate(param=param, expected="2026-03-02 18:30")
    year, month, day = _ymd(found, param, date_order)
    part = (found["part"] or "0").ljust(6, "0")
    hour, minute, second = (int(found[name] or 0) for name in ("hour", "minute", "second"))
    try:
        told = datetime(year, month, day, hour, minute, second, int(part), tzinfo=zone)
        offset = found["offset"]
        if offset:
            told = datetime.fromisoformat(f"{told.replace(tzinfo=None).isoformat()}{offset.replace('Z', '+00:00')}")
        return told.astimezone(UTC)
    except (ValueError, OverflowError):
        raise faults.InvalidDate(param=param, expected="2026-03-02 18:30") from None


def _ymd(found: re.Match[str], param: str, date_order: str) -> tuple[int, int, int]:
    first, second, third = int(found["a"]), int(found["b"]), int(found["c"])
    if found.re is YEAR_FIRST:
        return first, second, third
    if date_order == "dmy":
        return third, second, first
    if date_order == "mdy":
        return third, first, second
    if first <= 12 and second <= 12 and first != second:
        raise AmbiguousDate(param=param)
    return (third, second, first) if first > 12 else (third, first, second)
