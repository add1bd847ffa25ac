"""Putting values into texts: braces around a declared name, nothing else. No template engine runs here."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from loyalty import programme, texts
from loyalty.errors import InvalidInput
from loyalty.registry import Address, ValueType, Variable

BRACES = re.compile(r"\{([^{}]*)\}")
COMMON = (
    Variable("name", gettext_lazy("the member's name"), "小满"),
    Variable("brand", gettext_lazy("the programme's name"), "Evergreen"),
)


class UnknownVariable(InvalidInput):
    """A text names what its kind of message does not know; ``name`` is what stands in the braces."""

    code = "unknown_variable"
    sentence = gettext_lazy("“{%(name)s}” means nothing in this message. It may name: %(known)s.")
    name: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message ready to go. ``values`` and ``vendor_code`` are for providers that fill registered texts.

    ``key`` is the same on every attempt, for providers that tell repeats by it. ``link`` is absolute where
    the site's address is known; ``unsubscribe`` is the address that ends such mail with one request.
    """

    key: str
    subject: str
    body: str
    language: str
    purpose: str = "service"
    link: str = ""
    unsubscribe: str = ""
    vendor_code: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


def check(text: str, variables: Iterable[Variable], *, param: str) -> None:
    """Raises :class:`UnknownVariable` for the first name in braces that is not among the variables."""
    known = [each.code for each in (*COMMON, *variables)]
    for name in BRACES.findall(text):
        if name not in known:
            raise UnknownVariable(param=param, name=name[:40], known="、".join(f"{{{code}}}" for code in known))


def common(address: Address) -> dict[str, Any]:
    """The values that every message has, in the active language."""
    return {"name": address.name or _("friend"), "brand": programme.current().name}


def written(variables: Iterable[Variable], values: Mapping[str, Any]) -> dict[str, str]:
    """The values as people read them in the active language; a missing one raises ``KeyError``."""
    return {each.code: _write(each.type, values[each.code]) for each in (*COMMON, *variables)}


def samples(variables: Iterable[Variable]) -> dict[str, Any]:
    """A value for each variable, for previews."""
    return {each.code: each.sample for each in variables}


def put(text: str, values: Mapping[str, str]) -> str:
    """Fills the names that have a value, in one pass: what a value holds is never filled in turn."""
    return BRACES.sub(lambda found: values.get(found[1], found[0]), text)


def _write(kind: ValueType, value: Any) -> str:
    if isinstance(value, Mapping):
        return texts.pick(value.get("zh") or "", value.get("en") or "")
    match kind:
        case ValueType.NUMBER:
            return number_format(value, use_l10n=True, force_grouping=True)
        case ValueType.DATE:
            return date_format(date.fromisoformat(value), "DATE_FORMAT")
        case _:
            return str(value)
