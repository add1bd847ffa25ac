"""What the apps contribute about people: what they keep of them, how it is forgotten, what happened when.

A leaf beside ``loyalty.registry``, which hands these on. Nothing here asks the database by itself.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, Any

from django.db.models import Field, Model, QuerySet
from django.utils.functional import Promise

Text = str | Promise
CHUNK = 500
SHORTEST = 2
FREE: Mapping[str, Any] = {"metadata": {}, "customer": "", "memo": "", "note": ""}
"""Fields of events in which a caller may have written anything, and what they are without it."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table of what is kept of a person. ``rows`` and ``count`` ask anew each time they are called."""

    code: str
    title: Text
    columns: tuple[tuple[str, Text], ...]
    rows: Callable[[], Iterable[Sequence[Any]]]
    count: Callable[[], int]


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that belongs to a person, opened only when it is read."""

    name: str
    open: Callable[[], IO[bytes]]


@dataclass(frozen=True, slots=True)
class Person:
    """Who is to be forgotten: the account, those merged into it, and the words that name them.

    ``words`` name the person anywhere (name, phone, e-mail, a till's id); ``own_words`` only on rows that are
    theirs (a pet's name, a street).
    """

    account_ids: frozenset[int]
    numbers: frozenset[str]
    words: frozenset[str]
    own_words: frozenset[str] = frozenset()

    def is_named_in(self, text: str) -> bool:
        """Whether a text of theirs says who it is about; a word of one letter must be all of it."""
        return any(text == word or (len(word) >= SHORTEST and word in text) for word in self.words | self.own_words)


def _nothing_named(_account_ids: Collection[int]) -> tuple[Collection[str], Collection[str]]:
    return (), ()


def _no_files(_account_ids: Collection[int]) -> Iterable[Attachment]:
    return ()


@dataclass(frozen=True, slots=True)
class Dossier:
    """What an app keeps of a person. All three callables are given the account and those merged into it.

    ``tell`` gives it for the person's own copy; ``forget`` removes or blanks it, in the transaction of the
    erasure, and returns counts. ``tables`` names every model it forgets (``app.Model``), ``books`` those that
    stay under the account's number, each with the reason. ``names`` gives (words, own words) of a
    :class:`Person`; all are asked before anything is forgotten.
    """

    code: str
    label: Text
    tell: Callable[[Collection[int]], Sequence[Table]]
    forget: Callable[[Person, datetime], Mapping[str, int]]
    tables: tuple[str, ...]
    books: Mapping[str, str] = field(default_factory=dict)
    names: Callable[[Collection[int]], tuple[Collection[str], Collection[str]]] = _nothing_named
    files: Callable[[Collection[int]], Iterable[Attachment]] = _no_files
    rank: int = 50


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened. ``subject`` is (model label, key) of its page; ``key`` orders what is of one instant."""

    at: datetime
    key: str
    title: Text
    note: Text = ""
    figure: str = ""
    is_loss: bool = False
    subject: tuple[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Strand:
    """A kind of things that happen to a person, for the one stream on their page.

    ``moments(account ids, latest, limit)`` gives at most ``limit`` of them at or before ``latest`` (``None``:
    now), by ``at`` and ``key``, the newest first, in a constant number of queries. ``permission`` is what one
    needs to see it. Events of the kinds it tells better (``instead_of``) are not told as events.
    """

    code: str
    label: Text
    icon: str
    moments: Callable[[Collection[int], datetime | None, int], Sequence[Moment]]
    permission: str
    rank: int = 50
    instead_of: tuple[str, ...] = ()


def table_of(rows: QuerySet[Any], *names: str, title: Text = "", code: str = "") -> Table:
    """The named columns of some rows, with the titles their fields have; ``a__b`` follows a foreign key."""
    model = rows.model
    meta = model._meta  # Django's documented way to a model's names
    return Table(
        code=code or meta.model_name or "",
        title=title or meta.verbose_name_plural or "",
        columns=tuple((name.removesuffix("_id"), _field(model, name).verbose_name) for name in names),
        rows=lambda: rows.values_list(*names).iterator(chunk_size=CHUNK),
        count=rows.count,
    )


def _field(model: type[Model], name: str) -> "Field[Any, Any]":
    first, _, rest = name.partition("__")
    found: Any = model._meta.get_field(first)
    return _field(found.related_model, rest) if rest else found


def without_words(payload: Mapping[str, Any]) -> dict[str, Any]:
    """The payload of an event with its free text left out."""
    return {name: FREE.get(name, value) for name, value in payload.items()}
