"""Objects and lists from outside, declared once: they are read strictly and describe themselves.

A leaf. A :class:`Shape` refuses unknown fields and collects every fault; its ``schema`` is the same
declaration in OpenAPI's words, so the reference and the behavior cannot drift apart.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from loyalty import faults
from loyalty.readers import Reader, join, told


@dataclass(frozen=True, slots=True)
class Item:
    """One field of a shape. Optional fields may be left out or ``null`` and then give ``default``."""

    name: str
    reader: Reader
    required: bool = True
    default: Any = None


@dataclass(frozen=True, slots=True)
class Shape:
    """An object of known fields. Every fault is collected; unknown fields are refused."""

    name: str
    items: tuple[Item, ...]
    note: str = ""
    known: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "known", frozenset(item.name for item in self.items))

    def read(self, raw: Any, path: str = "") -> dict[str, Any]:
        if not isinstance(raw, Mapping):
            raise faults.ObjectExpected(param=path or None)
        strangers = [name for name in raw if name not in self.known]
        found: list[faults.Fault] = [faults.UnknownField(param=join(path, name[:80])) for name in strangers]
        values: dict[str, Any] = {}
        for item in self.items:
            given = raw.get(item.name)
            if given is None:
                values[item.name] = item.default
                if item.required:
                    found.append(faults.Required(param=join(path, item.name)))
                continue
            try:
                values[item.name] = item.reader.read(given, join(path, item.name))
            except faults.Fault as fault:
                values[item.name] = item.default
                found.extend(fault.details or [fault])
        refuse(found)
        return values

    def schema(self) -> dict[str, Any]:
        properties = {}
        for item in self.items:
            schema = item.reader.schema()
            properties[item.name] = schema if item.required else _nullable(schema)
        needed = [item.name for item in self.items if item.required]
        found: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
        return found | ({"required": needed} if needed else {}) | told(self.note)


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of one kind of thing."""

    reader: Reader
    longest: int
    shortest: int = 0
    note: str = ""

    def read(self, raw: Any, path: str) -> list[Any]:
        if not isinstance(raw, list):
            raise faults.ListExpected(param=path)
        if len(raw) < self.shortest:
            raise faults.ListTooShort(param=path, minimum=self.shortest)
        if len(raw) > self.longest:
            raise faults.ListTooLong(param=path, maximum=self.longest, given=len(raw))
        found: list[faults.Fault] = []
        values = []
        for index, one in enumerate(raw):
            try:
                values.append(self.reader.read(one, join(path, index)))
            except faults.Fault as fault:
                found.extend(fault.details or [fault])
        refuse(found)
        return values

    def schema(self) -> dict[str, Any]:
        found = {"type": "array", "items": self.reader.schema(), "maxItems": self.longest, "minItems": self.shortest}
        return found | told(self.note)


def refuse(found: Sequence[faults.Fault]) -> None:
    """Raises the first of ``found``, carrying all of them; does nothing where there is none."""
    if found:
        first = found[0]
        first.details = list(found)
        raise first


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    extended = schema | {"nullable": True}
    return extended | ({"enum": [*schema["enum"], None]} if "enum" in schema else {})
