"""What an event counts for: the metrics of a kind as functions of its payload."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from loyalty import conditions
from loyalty.asking import Question
from loyalty.configuration import Kept
from loyalty.models import Metric
from loyalty.registry import BuiltinMetric, EventKind, registry

_METRICS = Question(Metric.objects.all)
Measure = Callable[[Mapping[str, Any], date], int]


class Gauge(NamedTuple):
    """One metric ready to measure; ``metric_id`` is its row."""

    code: str
    metric_id: int
    measure: Measure


class Gauges:
    """All metrics by event kind, and the row of each by code. One query."""

    def __init__(self) -> None:
        rows: list[Metric] = _METRICS()
        self.ids = {row.code: row.pk for row in rows}
        self._kinds: dict[str, list[Gauge]] = {}
        for builtin in registry.all(BuiltinMetric):
            if builtin.code in self.ids:
                self._add(builtin.kind, builtin.code, _plain(builtin.measure))
        for row in rows:
            if not row.is_builtin and row.kind:
                self._add(row.kind, row.code, _operators(row))

    def _add(self, kind: str, code: str, measure: Measure) -> None:
        self._kinds.setdefault(kind, []).append(Gauge(code, self.ids[code], measure))

    def of(self, kind: str) -> Sequence[Gauge]:
        """The metrics that events of ``kind`` move."""
        return self._kinds.get(kind, ())


gauges = Kept(Gauges)


def _plain(measure: Callable[[Mapping[str, Any]], int]) -> Measure:
    return lambda payload, _day: measure(payload)


def _operators(row: Metric) -> Measure:
    """A metric written in the admin: events that fit its condition, counted or summed up."""
    kind = registry.find(EventKind, row.kind)
    fields = {field.code: field.read for field in kind.fields} if kind else {}
    predicate = conditions.compile(row.condition)

    def measure(payload: Mapping[str, Any], day: date) -> int:
        if not predicate(lambda leaf: fields[leaf.name](payload), day):
            return 0
        return 1 if row.measure == Metric.Measure.COUNT else int(fields[row.field](payload) or 0)

    return measure
