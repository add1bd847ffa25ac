"""The tallies of a batch of accounts in memory, asked by window and moved as events are decided.

Loading takes two queries at most; after that asking and adding are pure, so the live path and a
back-test fold over the same sheet. ``changes`` is what the batch moved, for the caller to write.
Sums equal those of ``query``; tests hold the two together.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache, reduce
from operator import or_
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from loyalty import bulk
from loyalty.asking import Question
from loyalty.conditions import windows
from loyalty.conditions.tree import Leaf
from loyalty.conditions.windows import Window
from loyalty.models import Tally


@dataclass(frozen=True, slots=True)
class Need:
    """The days of one metric a batch may ask for: from ``since``, and ``lifetime`` all before too."""

    since: date
    lifetime: bool = False

    def __or__(self, other: "Need") -> "Need":
        return Need(min(self.since, other.since), self.lifetime or other.lifetime)


def needs(leaves: Iterable[Leaf], *, first_day: date) -> dict[str, Need]:
    """What the metrics among ``leaves`` need, asked on ``first_day`` or later.

    ``first_day`` is the earliest business day a batch is judged on or writes to.
    """
    wanted: dict[str, Need] = {}
    for leaf in leaves:
        if leaf.window is not None:
            first = windows.earliest(leaf.window, first_day)
            need = Need(first_day, lifetime=True) if first is None else Need(first)
            wanted[leaf.name] = wanted[leaf.name] | need if leaf.name in wanted else need
    return wanted


@dataclass(slots=True)
class _Series:
    """One account's metric: its days in order, and what lies before the first one loaded."""

    days: list[date] = field(default_factory=list)
    values: dict[date, int] = field(default_factory=dict)
    before: int = 0
    days_before: int | None = 0  # unknown once an older day has moved

    def add(self, day: date, value: int) -> None:
        if day in self.values:
            self.values[day] += value
            return
        self.values[day] = value
        if self.days and day < self.days[-1]:
            insort(self.days, day)
        else:
            self.days.append(day)

    def between(self, first: date | None, last: date) -> list[int]:
        start = 0 if first is None else bisect_left(self.days, first)
        values = self.values
        return [values[day] for day in self.days[start : bisect_right(self.days, last)]]


class TallySheet:
    """account → metric → day → value, for the days that were loaded.

    Asking beyond them raises ``LookupError``: an answer would be wrong.
    """

    def __init__(self, needs: Mapping[str, Need]) -> None:
        self.needs = dict(needs)
        self.changes: dict[tuple[int, str, date], int] = {}
        self._series: dict[tuple[int, str], _Series] = {}

    def add(self, account_id: int, metric: str, day: date, value: int) -> None:
        """Moves a day by ``value`` and notes the change; a metric nobody asks for is only noted."""
        key = (account_id, metric, day)
        self.changes[key] = self.changes.get(key, 0) + value
        need = self.needs.get(metric)
        if need is None:
            return
        series = self._at(account_id, metric)
        if day >= need.since:
            series.add(day, value)
        else:
            series.before += value
            series.days_before = None

    def _at(self, account_id: int, metric: str) -> _Series:
        found = self._series.get((account_id, metric))
        if found is None:
            found = self._series[account_id, metric] = _Series()
        return found

    def value(self, account_id: int, metric: str, window: Window, as_of: date, anchor: date | None = None) -> int:
        """What a comparison asks: the sum over the window, or its days where the window counts those.

        ``anchor`` is the member's date that the window hangs on, where it does.
        """
        bounds = windows.bounds(window, as_of, anchor)
        return (self.days if window.counts_days else self.sum_between)(account_id, metric, *bounds)

    def sum_between(self, account_id: int, metric: str, first: date | None, last: date) -> int:
        """The sum from ``first`` (``None``: ever) to ``last``, both included."""
        self._check(metric, first, last)
        series = self._series.get((account_id, metric))
        if series is None:
            return 0
        return sum(series.between(first, last)) + (series.before if first is None else 0)

    def days(self, account_id: int, metric: str, first: date | None, last: date) -> int:
        """On how many days from ``first`` (``None``: ever) to ``last``, both included, it is above zero."""
        self._check(metric, first, last)
        series = self._series.get((account_id, metric))
        if series is None:
            return 0
        count = sum(1 for value in series.between(first, last) if value > 0)
        if first is not None:
            return count
        if series.days_before is None:
            raise LookupError(f"{metric}: a day before {self.needs[metric].since} moved; load from that day")
        return count + series.days_before

    def _check(self, metric: str, first: date | None, last: date) -> None:
        need = self.needs.get(metric)
        if need is None:
            raise LookupError(f"{metric} was not loaded")
        beyond = last < need.since if first is None else first < need.since
        if beyond or (first is None and not need.lifetime):
            raise LookupError(f"{metric} is asked for {first or 'ever'} to {last}, loaded since {need.since}")

    def place(self, account_id: int, metric: str, day: date, value: int) -> None:
        """Puts a stored day in; not a change."""
        self._at(account_id, metric).add(day, value)

    def place_before(self, account_id: int, metric: str, total: int, days: int) -> None:
        """Puts in what was stored before the first day loaded."""
        series = self._at(account_id, metric)
        series.before, series.days_before = total, days


def load_sheet(account_ids: Sequence[int], needs: Mapping[str, Need]) -> TallySheet:
    """The sheet of these accounts: one query for the days, one for lifetimes where any is needed."""
    sheet = TallySheet(needs)
    if not account_ids or not needs:
        return sheet
    spans = _spans(needs)
    for row in _recent(len(spans))(account_ids, *_flat(spans)):
        sheet.place(*row)
    older = _spans({code: need for code, need in needs.items() if need.lifetime})
    if older:
        for account_id, code, total, days in _older(len(older))(account_ids, *_flat(older)):
            sheet.place_before(account_id, code, total, days)
    return sheet


def _flat(spans: Mapping[date, list[str]]) -> list[Any]:
    return [value for day, codes in spans.items() for value in (codes, day)]


def _stored(account_ids: Sequence[int], flat: Sequence[Any], days: str) -> "QuerySet[Tally]":
    """Tallies of the accounts, of each span's metrics on its days (``day__gte`` or ``day__lt`` its own)."""
    spans = zip(flat[::2], flat[1::2], strict=True)
    wanted = reduce(or_, (bulk.among("metric__code", codes) & Q(**{days: day}) for codes, day in spans))
    return Tally.objects.filter(bulk.among("account_id", account_ids)).filter(wanted)


@lru_cache(maxsize=64)
def _recent(_spans: int) -> Question:
    columns = ("account_id", "metric__code", "day", "value")
    return Question(lambda account_ids, *flat: _stored(account_ids, flat, "day__gte").values_list(*columns))


@lru_cache(maxsize=64)
def _older(_spans: int) -> Question:
    columns = ("account_id", "metric__code", "total", "days")

    def build(account_ids: Sequence[int], *flat: Any) -> "QuerySet[Tally, tuple[Any, ...]]":
        sums = _stored(account_ids, flat, "day__lt").order_by().values("account_id", "metric__code")
        return sums.annotate(total=Sum("value"), days=Count("day", filter=Q(value__gt=0))).values_list(*columns)

    return Question(build)


def _spans(needs: Mapping[str, Need]) -> dict[date, list[str]]:
    """Metrics by the day they are needed from, so that the filter stays short."""
    spans: dict[date, list[str]] = {}
    for code, need in needs.items():
        spans.setdefault(need.since, []).append(code)
    return spans
