"""What apps contribute to messages: whom they reach, and what they tell of.

A leaf beside ``loyalty.registry``, which hands these on.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from loyalty.values import Text, ValueType


@dataclass(frozen=True, slots=True)
class Address:
    """How a person is reached, and what they agreed to (codes of purposes)."""

    email: str = ""
    phone: str = ""
    language: str = ""
    name: str = ""
    consents: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Addressee:
    """Finds the people behind accounts; who has left is missing. A constant number of queries."""

    code: str
    find: Callable[[Collection[int]], Mapping[int, Address]]


@dataclass(frozen=True, slots=True)
class Variable:
    """Something a message's text may name in braces. ``type`` says how it is written; numbers are grouped,
    dates come as ISO text, and text in two languages as ``{"zh": …, "en": …}``. ``sample`` is for previews.
    """

    code: str
    label: Text
    sample: Any
    type: ValueType = ValueType.TEXT


@dataclass(frozen=True, slots=True)
class Shipped:
    """The template a kind comes with, each text as (Chinese, English); ``short`` is for text messages."""

    name: tuple[str, str]
    subject: tuple[str, str]
    body: tuple[str, str]
    short: tuple[str, str] = ("", "")
    link: str = ""
    reminder_days: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class MessageKind:
    """What a message can tell of, and which variables its texts may name.

    ``fill(account id, params, now)`` looks again when the message is delivered: it gives the values of
    the variables as they are then, or ``None`` where there is nothing to tell any more. ``event`` is the
    kind of event whose rules may send it; "" any, ``None`` none: then an operation of ours sends it.
    ``is_secret`` ones go only to an address, never to an inbox.
    """

    code: str
    label: Text
    variables: tuple[Variable, ...]
    fill: Callable[[int, Mapping[str, Any], datetime], Mapping[str, Any] | None]
    event: str | None = None
    shipped: Shipped | None = None
    is_secret: bool = False
