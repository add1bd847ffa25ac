"""What a process keeps of the configuration (rules, policies, currencies …), and what proves it true.

Every change of a configuration row, whoever makes it, replaces one stamp by a trigger of the database
(``triggers.watch``), in the same transaction. A deed reads the stamp once, inside its transaction, and as
long as it is the one that something was loaded under, that something need not be read again: ``steady``
is the span in which one reading counts, ``Kept`` what is kept. Nothing is kept but by a stamp: where none
can be read, and outside of ``steady``, everything is loaded anew each time. Stamps are drawn, not counted,
so none ever comes back, not even after a rollback. See docs/decisions/0017-configuration-stamp.md.
What is kept is shared by threads: nobody may change it.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, ParamSpec, TypeVar

from django.db import connection

from loyalty import triggers
from loyalty.asking import Question
from loyalty.models import ConfigurationStamp
from loyalty.registry import Configuration, registry

P = ParamSpec("P")
T = TypeVar("T")
MOST = 64  # answers kept of one question; then it begins anew
OWN = (
    "loyalty_programme",
    "loyalty_currency",
    "loyalty_metric",
    "loyalty_ruleversion",
    "loyalty_policyversion",
    "loyalty_lifetime",
    "loyalty_store",
)
_STAMP = Question(lambda: ConfigurationStamp.objects.filter(pk=1).values_list("stamp"))


class _Span(threading.local):
    """The stamp that counts in this thread just now, and how many spans are open."""

    stamp: str | None = None
    depth: int = 0
    lingering: int = 0
    browsing: int = 0

    def standing(self) -> str | None:
        """The stamp that counts; where somebody only reads, it is read when it is first wanted."""
        if self.stamp is None and self.browsing:
            self.stamp = stamp()
        return self.stamp


_span = _Span()


def stamp() -> str | None:
    """The stamp in force, as this transaction sees it. One query."""
    return next((found for (found,) in _STAMP()), None)


def is_steady() -> bool:
    """Whether what is kept counts just now."""
    return _span.standing() is not None


@contextmanager
def steady() -> Iterator[None]:
    """One reading of the configuration counts within; a span inside another one reads nothing.

    Open it inside the transaction that decides.
    """
    if _span.depth == 0:
        _span.stamp = stamp()
    _span.depth += 1
    try:
        yield
    finally:
        _span.depth -= 1
        if _span.depth == 0 and not _span.lingering:
            _span.stamp = None


@contextmanager
def lingering() -> Iterator[None]:
    """What a deed within has read still counts after it, for telling what it did (the names of currencies)."""
    _span.lingering += 1
    try:
        yield
    finally:
        _span.lingering -= 1
        if not _span.lingering and _span.depth == 0:
            _span.stamp = None


@contextmanager
def browsing() -> Iterator[None]:
    """For a page that only reads: one reading of the configuration counts within, made where it is first wanted.

    A deed within reads the stamp anew.
    """
    _span.browsing += 1
    try:
        yield
    finally:
        _span.browsing -= 1
        if not _span.browsing and not _span.lingering and _span.depth == 0:
            _span.stamp = None


class Kept(Generic[P, T]):
    """``units = Kept(load)``: what ``load`` gives, kept for as long as the stamp says that it is so.

    Arguments must be hashable; a few answers are kept. What was loaded while the configuration changed,
    or by a transaction that changed it itself, is used and not kept.
    """

    def __init__(self, load: Callable[P, T]) -> None:
        self._load = load
        self._held: tuple[str, dict[object, T]] = ("", {})

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        standing = _span.standing()
        if standing is None:
            return self._load(*args, **kwargs)
        held, answers = self._held
        key = (args, tuple(kwargs.items()))
        if held == standing and key in answers:
            return answers[key]
        found = self._load(*args, **kwargs)
        if stamp() == standing:
            if held != standing or len(answers) >= MOST:
                answers = {}
            self._held = (standing, {**answers, key: found})
        return found


def tables() -> list[str]:
    """Every table whose rows are configuration: ours, and those that the floors above contribute."""
    return [*OWN, *(table for each in registry.all(Configuration) for table in each.tables)]


def lay() -> None:
    """Sets the triggers where they are missing, as where SQLite has made a table anew."""
    triggers.watch(connection, tables())
