"""Everything that happened to a person, in one stream over all strands, the newest first, page by page.

A page begins where the last one ended: at an instant, with so many rows of that instant seen already. Each
strand is asked once a page, whatever it holds.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from loyalty.personal import Moment, Strand

LENGTH = 30
MOST_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened, and the strand that tells it."""

    moment: Moment
    strand: Strand


@dataclass(frozen=True, slots=True)
class Page:
    """Lines in order, and where the next page begins; empty at the end."""

    lines: list[Line]
    next: str


def read(account_ids: Collection[int], strands: Sequence[Strand], *, cursor: str = "", length: int = LENGTH) -> Page:
    """A page of the strands given. A cursor that is none begins at the newest."""
    at, seen = _place(cursor)
    wanted = length + seen + 1
    found = [Line(moment, strand) for strand in strands for moment in strand.moments(account_ids, at, wanted)]
    found.sort(key=lambda line: (line.moment.at, line.strand.code, line.moment.key), reverse=True)
    if at is not None:
        here = [line for line in found if line.moment.at == at]
        found = [*here[seen:], *(line for line in found if line.moment.at != at)]
    lines = found[:length]
    return Page(lines, _next(lines, at, seen) if len(found) > length else "")


def _next(lines: Sequence[Line], at: datetime | None, seen: int) -> str:
    last = lines[-1].moment.at
    count = sum(1 for line in lines if line.moment.at == last) + (seen if last == at else 0)
    return f"{last.astimezone(UTC).isoformat()}~{count}"


def _place(cursor: str) -> tuple[datetime | None, int]:
    at, _, count = cursor.partition("~")
    try:
        moment, seen = datetime.fromisoformat(at), int(count)
    except ValueError:
        return None, 0
    return (moment, seen) if moment.tzinfo is not None and 0 <= seen <= MOST_AT_ONCE else (None, 0)
