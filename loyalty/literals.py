"""Values in PostgreSQL's text forms: lines of COPY and arrays. A leaf, for ``bulk`` alone.

Column by column, each by the one converter of its type, which is several times as fast as asking
every value for its type. Values must be of the column's own Python type.
"""

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

Convert = Callable[[Any], str]
NULL = "\\N"
_document = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_SPECIAL = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"})


def document(value: Any) -> str:
    """Compact JSON."""
    return _document(value)


def _uuid(value: Any) -> str:
    return f"{value.int:032x}"


def _moment(value: Any) -> str:
    text: str = value.isoformat()
    return text


def _boolean(value: Any) -> str:
    return "t" if value else "f"


_PLAIN: dict[str, Convert] = {
    "DateTimeField": _moment,
    "DateField": _moment,
    "UUIDField": _uuid,
    "BooleanField": _boolean,
    "JSONField": document,
}
_NUMBERS = {"AutoField", "BigAutoField", "IntegerField", "BigIntegerField", "PositiveIntegerField"} | {
    "SmallIntegerField",
    "PositiveSmallIntegerField",
    "PositiveBigIntegerField",
}
_ELEMENTS = {int: "BigIntegerField", str: "TextField", UUID: "UUIDField"}
_REPEATED = {"DateTimeField", "DateField"}
_SAFE = _NUMBERS | {"DateTimeField", "DateField", "UUIDField", "BooleanField"}


def _column(kind: str, values: Sequence[Any], null: str, escape: Convert) -> list[str]:
    """One column's values as text; repeated ones are written once."""
    convert = _PLAIN.get(kind, str)
    if kind in _REPEATED:
        known = {value: convert(value) for value in set(values) if value is not None}
        return [null if value is None else known[value] for value in values]
    if kind in _SAFE:
        return [null if value is None else convert(value) for value in values]
    return [null if value is None else escape(convert(value)) for value in values]


def _copied(text: str) -> str:
    return text.translate(_SPECIAL) if "\\" in text or not text.isprintable() else text


def lines(kinds: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """The rows as COPY reads them; ``kinds`` are the columns' internal types."""
    columns = [
        _column(kind, values, NULL, _copied) for kind, values in zip(kinds, zip(*rows, strict=True), strict=True)
    ]
    return "\n".join(map("\t".join, zip(*columns, strict=True))) + "\n"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def elements(values: Collection[Any]) -> tuple[str, Collection[Any]]:
    """The internal type of values that are all of one type, and the values: what ``array`` takes."""
    return _ELEMENTS[type(next(iter(values)))], values


def array(kind: str, values: Iterable[Any]) -> str:
    """``{1,2,NULL}``: an array's literal, whatever the type of its elements."""
    return "{" + ",".join(_column(kind, list(values), "NULL", _quoted)) + "}"
