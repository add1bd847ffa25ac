"""Strict readers of single values from outside: they read, and they describe themselves.

A leaf; ``shapes`` puts them together. A reader's ``read`` gives the clean value or raises a
``faults.Fault`` naming the path; its ``schema`` is the same rule in OpenAPI's words.
Nothing is guessed: no text for a number, no number for a date, no unknown field.
"""

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Protocol

from loyalty import faults

BIGGEST = 2**63 - 1
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
AMOUNT = re.compile(r"-?\d{1,15}(\.\d{1,15})?", re.ASCII)
# Invisible, and so a disguise: zero-width characters, joiners apart, and the byte-order mark.
INVISIBLE = "\u200b\u200e\u200f\u2060\ufeff\u00ad\u061c\u180e"
JOINERS = "\u200c\u200d"
BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
METADATA_KEYS = 50
METADATA_BYTES = 8 * 1024


class Reader(Protocol):
    """Reads one value, or raises a ``Fault`` whose ``param`` is ``path``."""

    def read(self, raw: Any, path: str) -> Any: ...

    def schema(self) -> dict[str, Any]: ...


def join(path: str, name: str | int) -> str:
    """``lines`` and ``0`` → ``lines.0``."""
    return f"{path}.{name}" if path else str(name)


def clean(raw: Any, path: str, *, identifier: bool = False, multiline: bool = False) -> str:
    """``raw`` as trimmed text without control, direction or (in identifiers) invisible characters."""
    if not isinstance(raw, str):
        raise faults.TextRequired(param=path)
    text = raw.strip()
    if text and raw.isprintable():  # so there is nothing to refuse, as in almost every text
        return text if identifier else unicodedata.normalize("NFC", text)
    if not text.strip(INVISIBLE + JOINERS).strip():
        raise faults.Blank(param=path)
    for character in raw:
        allowed = multiline and character in "\n\t"
        refused = unicodedata.category(character) in {"Cc", "Cs"} or character in BIDI
        if not allowed and (refused or (identifier and character in INVISIBLE + JOINERS)):
            raise faults.ControlCharacter(param=path, character=f"U+{ord(character):04X}")
    return text if identifier else unicodedata.normalize("NFC", text)


@dataclass(frozen=True, slots=True)
class Text:
    """Text of 1 to ``longest`` characters. ``identifier``: no invisible characters at all."""

    longest: int
    identifier: bool = False
    multiline: bool = False
    pattern: str = ""
    expected: str = ""
    note: str = ""
    example: str = ""

    def read(self, raw: Any, path: str) -> str:
        if isinstance(raw, str) and len(raw) > self.longest:
            raise faults.TooLong(param=path, maximum=self.longest, given=len(raw))
        text = clean(raw, path, identifier=self.identifier, multiline=self.multiline)
        if self.pattern and not re.fullmatch(self.pattern, text, re.ASCII):
            raise faults.InvalidFormat(param=path, expected=self.expected or self.pattern)
        return text

    def schema(self) -> dict[str, Any]:
        found: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": self.longest}
        if self.pattern:
            found["pattern"] = f"^{self.pattern}$"
        return found | told(self.note, self.example)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words."""

    choices: Sequence[str]
    note: str = ""

    def read(self, raw: Any, path: str) -> str:
        if not isinstance(raw, str) or raw not in self.choices:
            raise faults.InvalidChoice(param=path, choices=", ".join(self.choices))
        return raw

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": list(self.choices)} | told(self.note)


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number as JSON writes it. ``minimum`` 1 is told as "must be positive", or with its range."""

    minimum: int = 0
    maximum: int = BIGGEST
    note: str = ""
    example: int | None = None
    names_range: bool = False

    def read(self, raw: Any, path: str) -> int:
        if isinstance(raw, bool) or not isinstance(raw, int):
            raise faults.IntegerRequired(param=path)
        if raw < 1 <= self.minimum and not self.names_range:
            raise faults.MustBePositive(param=path)
        if not self.minimum <= raw <= self.maximum:
            raise faults.OutOfRange(param=path, minimum=self.minimum, maximum=self.maximum)
        return raw

    def schema(self) -> dict[str, Any]:
        found = {"type": "integer", "format": "int64", "minimum": self.minimum, "maximum": self.maximum}
        return found | told(self.note, self.example)


@dataclass(frozen=True, slots=True)
class Boolean:
    """``true`` or ``false``."""

    note: str = ""

    def read(self, raw: Any, path: str) -> bool:
        if not isinstance(raw, bool):
            raise faults.BooleanRequired(param=path)
        return raw

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"} | told(self.note)


@dataclass(frozen=True, slots=True)
class Amount:
    """Money as decimal text. How many decimals the currency has is judged by ``money.minor``."""

    note: str = ""
    example: str = "100.00"

    def read(self, raw: Any, path: str) -> Decimal:
        if not isinstance(raw, str):
            raise faults.AmountAsText(param=path)
        if not AMOUNT.fullmatch(raw):
            raise faults.InvalidFormat(param=path, expected="100.00")
        return Decimal(raw)

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": r"^-?[0-9]{1,15}(\.[0-9]{1,15})?$"} | told(self.note, self.example)


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant with its offset (RFC 3339), given back in UTC."""

    note: str = ""
    example: str = "2026-11-11T10:00:00+08:00"

    def read(self, raw: Any, path: str) -> datetime:
        if not isinstance(raw, str) or not MOMENT.fullmatch(raw):
            raise faults.InvalidDate(param=path, expected=self.example)
        try:
            told = datetime.fromisoformat(raw.upper())
        except ValueError:
            raise faults.InvalidDate(param=path, expected=self.example) from None
        try:
            return told.astimezone(UTC)
        except OverflowError:
            raise faults.OutOfRange(param=path, minimum="0001-01-01", maximum="9999-12-31") from None

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "date-time"} | told(self.note, self.example)


@dataclass(frozen=True, slots=True)
class Day:
    """A calendar date without time or zone."""

    note: str = ""
    example: str = "1990-02-28"

    def read(self, raw: Any, path: str) -> date:
        if not isinstance(raw, str) or not DAY.fullmatch(raw):
            raise faults.InvalidDate(param=path, expected=self.example)
        try:
            return date.fromisoformat(raw)
        except ValueError:
            raise faults.InvalidDate(param=path, expected=self.example) from None

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "date"} | told(self.note, self.example)


@dataclass(frozen=True, slots=True)
class Metadata:
    """The partner's own notes: text, whole numbers and booleans by name. Stored, never interpreted."""

    note: str = "Your own notes: at most 50 keys and 8 kB. Stored as they are, never interpreted."

    def read(self, raw: Any, path: str) -> dict[str, Any]:
        if not isinstance(raw, Mapping):
            raise faults.ObjectExpected(param=path)
        size = len(json.dumps(raw, ensure_ascii=False, default=str).encode(errors="replace"))
        if len(raw) > METADATA_KEYS or size > METADATA_BYTES:
            raise faults.MetadataTooLarge(param=path, keys=METADATA_KEYS, bytes=METADATA_BYTES)
        return {clean(key, path, identifier=True): self._value(value, join(path, key)) for key, value in raw.items()}

    def _value(self, raw: Any, path: str) -> str | int | bool:
        if isinstance(raw, bool):
            return raw
        if isinstance(raw, int):
            return Integer(minimum=-BIGGEST).read(raw, path)
        return clean(raw, path, multiline=True) if raw != "" else ""

    def schema(self) -> dict[str, Any]:
        value = {"oneOf": [{"type": "string"}, {"type": "integer"}, {"type": "boolean"}]}
        found = {"type": "object", "additionalProperties": value, "maxProperties": METADATA_KEYS}
        return found | told(self.note, {"till": "3"})


def told(note: str = "", example: Any = None) -> dict[str, Any]:
    """Description and example as a schema carries them."""
    found: dict[str, Any] = {"description": note} if note else {}
    return found | ({"example": example} if example not in (None, "") else {})
