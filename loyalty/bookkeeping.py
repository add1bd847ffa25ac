"""What apps contribute to the books: laws of their own, and what they do when accounts are merged.

A leaf beside ``loyalty.registry``, which hands these on.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class Breach:
    """One row that breaks a law of the books: which, and what is wrong in figures (``name number, …``).

    ``amount`` of ``currency`` (a code) is what a compensating entry would move; 0 where none can mend it.
    """

    invariant: str
    row: str
    found: str
    account_id: int | None = None
    currency: str = ""
    amount: int = 0


@dataclass(frozen=True, slots=True)
class Check:
    """A law of the books. ``look(now, accounts)`` yields what breaks it, of these accounts or (``None``) of all.

    It reads only, in time linear in the rows. ``mend`` tells people how a breach is set right. A law with
    ``stops`` stops spending of an account that breaks it; one that ``is_whole`` is asked of all alone.
    """

    code: str
    law: str | Promise
    look: Callable[[datetime, Collection[int] | None], Iterable[Breach]]
    mend: str | Promise = ""
    stops: bool = True
    is_whole: bool = False


@dataclass(frozen=True, slots=True)
class Side:
    """One line of two accounts side by side: what stays, what goes, and what it would be afterwards."""

    label: str | Promise
    here: str
    there: str
    then: str


def _nothing_to_show(_survivor_id: int, _duplicate_id: int) -> Sequence[Side]:
    return ()


@dataclass(frozen=True, slots=True)
class MergeStep:
    """What an app does when two accounts of one person become one, or come apart again.

    ``merge(survivor, duplicate, now)`` returns what is needed to take it back, as JSON can hold it, and
    ``unmerge(survivor, duplicate, kept, now)`` is given that. Both run in the merge's transaction, with
    both accounts locked and the points moved. ``preview(survivor, duplicate)`` shows the two side by side.
    """

    code: str
    merge: Callable[[int, int, datetime], Mapping[str, Any]]
    unmerge: Callable[[int, int, Mapping[str, Any], datetime], None]
    preview: Callable[[int, int], Sequence[Side]] = _nothing_to_show
