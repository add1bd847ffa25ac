"""The points statement: which entries, in which order, gathered into the lines a person reads.

Entries of one event and one kind are one line (an order's base points and its bonus), as are all
that expire at one instant. A page ends between two lines, never inside one.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Any

from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import TruncMonth

from loyalty import clock
from loyalty.models import Entry, Programme
from members.web import wording
from members.web.wording import Line

PAGE = 20
MOST_IN_A_LINE = 60
_CURSOR = re.compile(r"^(\d{1,17})-(\d{1,15})$")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARNED = [Entry.Counter.ISSUED, Entry.Counter.ADJUSTED, Entry.Counter.TRANSFERRED]
FILTERS = ("all", "earned", "spent", "expired", "pending")


@dataclass(frozen=True, slots=True)
class Month:
    """``continued``: the page before showed its heading. ``gained`` and ``used`` are of the whole month."""

    first_on: date
    continued: bool
    gained: int
    used: int
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class Page:
    months: list[Month]
    cursor: str


def entries(account_id: int) -> QuerySet[Entry]:
    """The account's points entries with all that wording needs, newest first."""
    related = ("event__order__store", "lot", "rule_version__rule")
    found = Entry.objects.filter(account_id=account_id, currency__code="points").select_related(*related)
    return found.order_by("-effective_at", "-version")


def chosen(found: QuerySet[Entry], name: str, now: datetime) -> QuerySet[Entry]:
    """Those of one of ``FILTERS``."""
    match name:
        case "earned":
            return found.filter(amount__gt=0, counter__in=_EARNED)
        case "spent":
            return found.filter(counter=Entry.Counter.REDEEMED)
        case "expired":
            return found.filter(counter=Entry.Counter.EXPIRED)
        case "pending":
            return found.filter(lot__activated_at=None, lot__available_at__gt=now, lot__remaining__gt=0)
        case _:
            return found


def page(found: QuerySet[Entry], *, cursor: str, programme: Programme, now: datetime) -> Page:
    """One page of lines by month and the cursor of the next, empty on the last. A few queries, always as many."""
    since = _read(cursor)
    rows = found
    if since:
        at, version = since
        rows = rows.filter(Q(effective_at__lt=at) | Q(effective_at=at, version__lt=version))
    read = list(rows[: PAGE + MOST_IN_A_LINE])
    piles = _piles(read, now)
    if len(read) == PAGE + MOST_IN_A_LINE and len(piles) > 1:
        piles.pop()  # it may go on beyond what was read
    shown, more = piles[:PAGE], len(piles) > PAGE or len(read) == PAGE + MOST_IN_A_LINE
    shown_before = _month(programme.day_of(since[0])) if since else None
    last = shown[-1][-1] if shown else None
    return Page(_months(found, shown, shown_before, now), _write(last) if more and last else "")


def newest(account_id: int, *, now: datetime, count: int) -> list[Line]:
    """The latest lines, for the home page."""
    return wording.lines(_piles(list(entries(account_id)[: count + MOST_IN_A_LINE]), now)[:count], now)


def pile_of(entry: Entry, now: datetime) -> list[Entry]:
    """The entries that share a line with this one, newest first."""
    found = entries(entry.account_id).filter(counter=entry.counter)
    if entry.event_id is not None:
        found = found.filter(event_id=entry.event_id)
    elif entry.counter == Entry.Counter.EXPIRED:
        found = found.filter(event=None, effective_at=entry.effective_at)
    else:
        found = found.filter(pk=entry.pk)
    return next(pile for pile in _piles(list(found), now) if entry in pile)


def _piles(rows: Sequence[Entry], now: datetime) -> list[list[Entry]]:
    def line(entry: Entry) -> tuple[Any, ...]:
        alone = entry.effective_at if entry.counter == Entry.Counter.EXPIRED else entry.pk
        return entry.event_id or alone, entry.counter, wording.is_pending(entry, now)

    return [list(pile) for _key, pile in groupby(rows, line)]


def _months(
    found: QuerySet[Entry], piles: Sequence[list[Entry]], shown_before: date | None, now: datetime
) -> list[Month]:
    if not piles:
        return []
    first, last = _month(piles[-1][-1].effective_on), piles[0][0].effective_on
    sums = _sums(found, first, clock.add_months(_month(last), 1))
    lines = zip(piles, wording.lines(piles, now), strict=True)
    return [
        Month(
            first_on=first_on,
            continued=first_on == shown_before,
            gained=sums[first_on]["gained"] or 0,
            used=-(sums[first_on]["used"] or 0),
            lines=[line for _pile, line in group],
        )
        for first_on, group in groupby(lines, lambda pair: _month(pair[0][0].effective_on))
    ]


def _sums(found: QuerySet[Entry], first: date, until: date) -> dict[date, Any]:
    """By first day of the month in [first, until)."""
    rows = found.filter(effective_on__gte=first, effective_on__lt=until).order_by().select_related(None)
    sums = rows.annotate(month=TruncMonth("effective_on")).values("month")
    sums = sums.annotate(gained=Sum("amount", filter=Q(amount__gt=0)), used=Sum("amount", filter=Q(amount__lt=0)))
    return {row["month"]: row for row in sums}


def _month(day: date) -> date:
    return day.replace(day=1)


def _write(entry: Entry) -> str:
    """Microseconds since 1970 and the entry's version: what the page is sorted by."""
    return f"{(entry.effective_at - _EPOCH) // timedelta(microseconds=1)}-{entry.version}"


def _read(cursor: str) -> tuple[datetime, int] | None:
    """``None`` for anything that is no cursor of ours: the first page then."""
    found = _CURSOR.match(cursor)
    return (_EPOCH + timedelta(microseconds=int(found[1])), int(found[2])) if found else None
