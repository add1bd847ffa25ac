"""Bodies read strictly: one JSON object in UTF-8, of bounded size, saying each thing once.

Numbers with a point or an exponent are kept as :class:`Written` text, so that nothing is rounded on
the way in and no reader mistakes ``5.0`` for an integer.
"""

import json
import re
import zlib
from collections.abc import Mapping, Sequence
from typing import IO, Any, NoReturn

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from rest_framework.parsers import BaseParser

from loyalty.api.errors import BodyTooLarge, UnsupportedMediaType
from loyalty.errors import InvalidInput
from loyalty.faults import Fault, ObjectExpected

BIG_DIGITS = 25
TOO_BIG = int("1" + BIG_DIGITS * "0")
SPACE = re.compile(r"[ \t\n\r]*")


class BodyRequired(InvalidInput):
    code = "body_required"
    sentence = _("The body is empty. Please send a JSON object.")


class InvalidJson(InvalidInput):
    code = "invalid_json"
    sentence = _("The JSON cannot be read at line %(line)s, column %(column)s: %(reason)s.")


class InvalidEncoding(InvalidInput):
    code = "invalid_encoding"
    sentence = _("The body cannot be decoded. Please send UTF-8, plain or compressed with gzip.")


class InvalidNumber(InvalidInput):
    code = "invalid_number"
    sentence = _("%(number)s is not a number in JSON. Please leave the field out, or send a real value.")


class DuplicateKey(Fault):
    code = "duplicate_key"
    sentence = _("The field “%(name)s” is there twice. Please send it once.")


class Written:
    """A number exactly as it was written: ``1e3``, ``5.0``."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return self.text


def _integer(text: str) -> int:
    """Numbers longer than any we hold become one that is out of every range, at no cost."""
    if len(text) <= BIG_DIGITS:
        return int(text)
    return -TOO_BIG if text.startswith("-") else TOO_BIG


def _constant(text: str) -> NoReturn:
    raise InvalidNumber(number=text)


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _value in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise DuplicateKey(param=twice[:80], name=twice[:80])
    return found


_decoder = json.JSONDecoder(
    parse_float=Written, parse_int=_integer, parse_constant=_constant, object_pairs_hook=_once, strict=True
)


def decode(text: str) -> dict[str, Any]:
    """The one JSON object that ``text`` is; anything before or after it but white space is refused."""
    start = _skip(text, 0)
    if start == len(text):
        raise BodyRequired
    try:
        value, end = _decoder.raw_decode(text, start)
    except json.JSONDecodeError as fault:
        raise _unreadable(text, fault.pos, fault.msg) from None
    except RecursionError:
        raise _unreadable(text, start, "nested too deeply") from None
    end = _skip(text, end)
    if end != len(text):
        raise _unreadable(text, end, "text after the end")
    if not isinstance(value, dict):
        raise ObjectExpected
    return value


def _skip(text: str, start: int) -> int:
    found = SPACE.match(text, start)
    return found.end() if found else start


def _unreadable(text: str, position: int, reason: str) -> InvalidJson:
    line = text.count("\n", 0, position) + 1
    return InvalidJson(line=line, column=position - text.rfind("\n", 0, position), reason=reason)


def canonical(value: Any) -> str:
    """The same text for bodies that say the same, whatever their spacing and order."""
    return json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":"), default=str)


class StrictJSONParser(BaseParser):
    """Leaves the raw bytes in ``parser_context["told"]`` for the log of calls."""

    media_type = "application/json"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        context: Any = parser_context or {}
        meta = context["request"].META
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        length = str(meta.get("CONTENT_LENGTH") or "0")
        if length.isdigit() and int(length) > limit:
            raise BodyTooLarge(maximum=limit)
        raw = stream.read(limit + 1)
        if len(raw) > limit:
            raise BodyTooLarge(maximum=limit)
        context["told"] = raw = self._inflated(raw, str(meta.get("HTTP_CONTENT_ENCODING", "")), limit)
        return decode(self._text(raw, media_type or ""))

    def _inflated(self, raw: bytes, encoding: str, limit: int) -> bytes:
        if encoding.strip().lower() in {"", "identity"}:
            return raw
        if encoding.strip().lower() != "gzip":
            raise UnsupportedMediaType
        inflater = zlib.decompressobj(wbits=31)
        try:
            inflated = inflater.decompress(raw, limit + 1)
        except zlib.error:
            raise InvalidEncoding from None
        if len(inflated) > limit:
            raise BodyTooLarge(maximum=limit)
        if not inflater.eof:
            raise InvalidEncoding
        return inflated

    def _text(self, raw: bytes, media_type: str) -> str:
        charset = re.search(r"charset=\"?([\w-]+)", media_type, re.ASCII)
        if charset and charset[1].lower() not in {"utf-8", "utf8"}:
            raise InvalidEncoding
        try:
            return raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise InvalidEncoding from None
