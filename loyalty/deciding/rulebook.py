"""The rules of a programme in the order they judge, found by event kind and by instant.

Made once for a batch or kept for as long as no rule is published: each event then finds the versions
in force at its own time without asking the others.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import overload

from loyalty.deciding.model import CompiledRule, Reader


@dataclass(slots=True)
class Shelf:
    """The rules of one event kind. Between two ``edges`` the same versions are in force."""

    rules: tuple[CompiledRule, ...]
    reads: Mapping[str, Reader]
    edges: list[datetime]
    spans: dict[int, tuple[CompiledRule, ...]] = field(default_factory=dict)

    def in_force(self, at: datetime) -> tuple[CompiledRule, ...]:
        """The rules whose versions are in force at an instant, in order; worked out once a span."""
        span = bisect_right(self.edges, at)
        if span not in self.spans:
            self.spans[span] = tuple(rule for rule in self.rules if rule.is_in_force(at))
        return self.spans[span]


NOTHING = Shelf((), {}, [])


class RuleBook(Sequence[CompiledRule]):
    """Rules in the order they are judged, indexed by event kind. Make one for a batch."""

    __slots__ = ("_rules", "_shelves")

    def __init__(self, rules: Sequence[CompiledRule]) -> None:
        self._rules = tuple(sorted(rules, key=lambda rule: rule.order))
        self._shelves: dict[str, Shelf] = {}
        for kind in dict.fromkeys(rule.kind for rule in self._rules):
            own = tuple(rule for rule in self._rules if rule.kind == kind)
            edges = {edge for rule in own for edge in (rule.since, rule.until) if edge is not None}
            reads = {name: read for rule in own for name, read in rule.reads.items()}
            self._shelves[kind] = Shelf(own, reads, sorted(edges))

    @classmethod
    def of(cls, rules: Sequence[CompiledRule]) -> "RuleBook":
        """``rules`` itself where it is a book already."""
        return rules if isinstance(rules, RuleBook) else cls(rules)

    def shelf(self, kind: str) -> Shelf:
        """The rules that listen to ``kind``."""
        return self._shelves.get(kind, NOTHING)

    @overload
    def __getitem__(self, index: int) -> CompiledRule: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[CompiledRule, ...]: ...
    def __getitem__(self, index: int | slice) -> CompiledRule | tuple[CompiledRule, ...]:
        return self._rules[index]

    def __iter__(self) -> Iterator[CompiledRule]:
        return iter(self._rules)

    def __len__(self) -> int:
        return len(self._rules)
