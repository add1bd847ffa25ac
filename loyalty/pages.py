"""What apps contribute to the pages of members and to the demo.

A leaf beside ``loyalty.registry``, which hands these on.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from loyalty.values import Text


@dataclass(frozen=True, slots=True)
class Panel:
    """A block of the member's home page: template and its context, in order of ``rank``.

    ``context(member, now)`` gives the keys the template reads, or ``None`` to leave the block out.
    """

    code: str
    rank: int
    template: str
    context: Callable[[Any, datetime], Mapping[str, Any] | None]


@dataclass(frozen=True, slots=True)
class FirstStep:
    """Something worth doing for a new member; shown until ``is_done(member)``."""

    code: str
    rank: int
    title: Text
    note: Text
    url_name: str
    icon: str
    is_done: Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Caption:
    """Says what spent points were for: entry ids → title, for those the app knows. One query."""

    code: str
    titles: Callable[[Collection[UUID]], Mapping[UUID, Text]]


@dataclass(frozen=True, slots=True)
class Tab:
    """An entry of the members' navigation; ``icon`` names a symbol of ``img/icons.svg``.

    A page below its address, below one of those it ``covers``, or else of its app, lights it.
    """

    code: str
    rank: int
    label: Text
    url_name: str
    icon: str
    covers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DemoData:
    """Demo rows of one app, planted in order of ``rank`` by ``seed_demo``.

    ``plant`` is given the ``loyalty.demo.stage.Stage``; ``logins`` tells whom one can sign in as.
    """

    code: str
    rank: int
    plant: Callable[[Any], None]
    logins: Callable[[], Sequence[Any]] = tuple
