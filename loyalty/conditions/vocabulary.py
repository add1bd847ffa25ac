"""What conditions may speak of: event fields, facts and metrics, with their types and choices.

Reads the registry, and the metrics operators added from the database, once and only when one is
named. Validation, the sentence and the editor's catalogue all ask here.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.utils.translation import gettext_lazy as _

from loyalty.conditions import crowds, operators, tree
from loyalty.conditions.faults import (
    EventFactHere,
    NumberWanted,
    TextWanted,
    UnknownChoice,
    UnknownFact,
    UnknownOperator,
)
from loyalty.conditions.tree import Leaf
from loyalty.crowds import Crowd
from loyalty.models import Metric
from loyalty.registry import BuiltinMetric, EventField, EventKind, Fact, Text, ValueType, registry


@dataclass(frozen=True, slots=True)
class Term:
    """One thing a comparison can name. ``counted``: a number over a window, never missing."""

    code: str
    label: Text
    type: ValueType
    group: Text
    choices: Callable[[], Sequence[tuple[str, Text]]] | None = None
    counted: bool = False


@dataclass
class Vocabulary:
    """The terms for one kind of event; without a kind, those about people alone."""

    kind: str | None = None
    _options: dict[str, list[tuple[str, Text]]] = field(default_factory=dict)

    def find(self, leaf: Leaf) -> Term | None:
        """The term a comparison names, or ``None``."""
        match leaf.source:
            case "event":
                return next((term for term in self.fields() if term.code == leaf.fact), None)
            case "metric":
                return self._metric(leaf.name)
            case _:
                fact = registry.find(Fact, leaf.fact)
                return _fact(fact) if fact else None

    def terms(self) -> Iterator[Term]:
        """Everything that may be named here, the event's own fields first."""
        yield from self.fields()
        yield from (_fact(fact) for fact in registry.all(Fact))
        for code in [*(metric.code for metric in registry.all(BuiltinMetric)), *self._own_metrics]:
            found = self._metric(code)
            if found:
                yield found

    def fields(self) -> Iterator[Term]:
        """The fields of this kind of event."""
        kind = registry.find(EventKind, self.kind) if self.kind else None
        if kind:
            yield from (_field(item, kind) for item in kind.fields)

    def choices(self, term: Term) -> list[tuple[str, Text]] | None:
        """The choices of a term, asked for once; ``None`` where any value will do."""
        if term.choices is None:
            return None
        if term.code not in self._options:
            self._options[term.code] = list(term.choices())
        return self._options[term.code]

    def _metric(self, code: str) -> Term | None:
        builtin = registry.find(BuiltinMetric, code)
        if builtin:
            return Term(f"metric.{code}", builtin.label, builtin.type, _("Counted"), counted=True)
        own = self._own_metrics.get(code)
        return Term(f"metric.{code}", own.name, _measured(own), _("Counted"), counted=True) if own else None

    @cached_property
    def _own_metrics(self) -> dict[str, Metric]:
        """Metrics operators added. A code with a colon is the kernel's own count of a limit."""
        rows = Metric.objects.filter(is_builtin=False).exclude(code__contains=":").order_by("code")
        return {row.code: row for row in rows}


def _field(item: EventField, kind: EventKind) -> Term:
    return Term(f"event.{item.code}", item.label, item.type, kind.label, item.choices)


def _fact(fact: Fact) -> Term:
    return Term(fact.code, fact.label, fact.type, fact.group, fact.choices)


def _measured(metric: Metric) -> ValueType:
    """Money where the metric adds up a money field, else a plain number."""
    kind = registry.find(EventKind, metric.kind)
    if kind and metric.measure == Metric.Measure.SUM:
        return next((item.type for item in kind.fields if item.code == metric.field), ValueType.NUMBER)
    return ValueType.NUMBER


def check(leaf: Leaf, type_: ValueType) -> None:
    """Holds a comparison against its fact's type; raises ``UnknownOperator`` or a ``WrongValue``."""
    dot = f"{leaf.path}." if leaf.path else ""
    bare = leaf.source == "metric" or (leaf.source == "fact" and registry.find(Crowd, leaf.fact) is not None)
    if operators.OPERATORS[leaf.op] not in operators.suiting(type_, counted=bare):
        raise UnknownOperator(param=f"{dot}op", fact=leaf.fact, op=leaf.op)
    if operators.OPERATORS[leaf.op].takes != "one":
        return
    numeric = type_ in operators.NUMERIC
    if numeric and not isinstance(leaf.value, int):
        raise NumberWanted(param=f"{dot}value", low=-operators.LARGEST, high=operators.LARGEST)
    if not numeric and not isinstance(leaf.value, str):
        raise TextWanted(param=f"{dot}value", limit=operators.LONGEST_TEXT)


def validate(raw: Any, *, kind: str | None, inside: str | None = None) -> None:
    """Checks a tree an operator wrote, for events of ``kind`` or (``None``) for choosing people.

    ``inside`` is the code of the segment whose condition it is, which it may not name. Raises the first
    ``ConditionError`` in reading order, with its path in ``param``. At most one query for metrics, one for
    each fact with choices, and one for each segment named.
    """
    vocabulary = Vocabulary(kind)
    leaves = list(tree.leaves(tree.read(raw)))
    for leaf in leaves:
        dot = f"{leaf.path}." if leaf.path else ""
        if leaf.source == "event" and kind is None:
            raise EventFactHere(param=f"{dot}fact", fact=leaf.fact)
        term = vocabulary.find(leaf)
        if term is None:
            raise UnknownFact(param=f"{dot}fact", fact=leaf.fact)
        check(leaf, term.type)
        _check_anchor(leaf, f"{dot}window")
        _check_choices(leaf, vocabulary.choices(term), f"{dot}value")
    crowds.bound(leaves, inside=inside)


def _check_anchor(leaf: Leaf, path: str) -> None:
    """A window may hang on a date that is known of the person, and on nothing else."""
    if leaf.window is not None and leaf.window.anchor:
        fact = registry.find(Fact, leaf.window.anchor)
        if fact is None or fact.type is not ValueType.DATE:
            raise UnknownFact(param=f"{path}.{leaf.window.unit}", fact=leaf.window.anchor)


def _check_choices(leaf: Leaf, choices: list[tuple[str, Text]] | None, path: str) -> None:
    takes = operators.OPERATORS[leaf.op].takes
    if choices is None or takes not in {"one", "many"}:
        return
    known = {value for value, _label in choices}
    for place, value in enumerate(leaf.value if takes == "many" else [leaf.value]):
        if value not in known:
            raise UnknownChoice(param=f"{path}.{place}" if takes == "many" else path, value=value)


def catalogue(kind: str | None) -> list[dict[str, Any]]:
    """What the editor offers for events of ``kind``, or (``None``) for choosing people.

    Plain JSON in the active language. ``ops`` are in order, each ``{"code", "label", "takes"}``, where
    ``takes`` is one of nothing, one, two, many, date, days, ahead (days), month.
    """
    vocabulary = Vocabulary(kind)
    return [_offer(term, vocabulary.choices(term)) for term in vocabulary.terms()]


def _offer(term: Term, choices: list[tuple[str, Text]] | None) -> dict[str, Any]:
    ops = operators.suiting(term.type, counted=term.counted or registry.find(Crowd, term.code) is not None)
    return {
        "code": term.code,
        "label": str(term.label),
        "group": str(term.group),
        "type": term.type.value,
        "ops": [{"code": op.code, "label": str(op.label), "takes": op.takes} for op in ops],
        "choices": None if choices is None else [[value, str(label)] for value, label in choices],
        "needs_window": term.counted,
    }
