"""Conditions that name a group of people kept elsewhere (a segment), by what is known of a batch.

A registered ``Crowd`` gives the conditions behind its codes. They are read when a batch is judged, so
a segment that was changed counts at once; the receipt of an event keeps in which of the groups that were
asked for the member was then, so a later refund is judged by that. ``query`` answers the same in SQL.
A group met again inside itself holds nobody; saving refuses such circles.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from loyalty.conditions import tree
from loyalty.conditions.faults import CrowdCircle, CrowdsTooDeep, CrowdsTooLarge
from loyalty.conditions.predicate import Lookup, Predicate
from loyalty.conditions.tree import Leaf
from loyalty.crowds import Crowd
from loyalty.registry import registry

MAX_NESTING = 3


def named(leaves: Iterable[Leaf]) -> dict[str, set[str]]:
    """Fact code → codes, for comparisons with groups."""
    wanted: dict[str, set[str]] = {}
    for leaf in leaves:
        if leaf.source == "fact" and registry.find(Crowd, leaf.fact) is not None:
            wanted.setdefault(leaf.fact, set()).update(leaf.value or ())
    return wanted


class Crowds:
    """The groups that some leaves name, with the conditions behind them, those behind these, and so on.

    No query where none is named, else one for each level. ``leaves`` are the comparisons behind them, to
    be loaded with the rest of what a batch asks for.
    """

    def __init__(self, leaves: Iterable[Leaf]) -> None:
        self.wanted = named(leaves)
        self.leaves: list[Leaf] = []
        self._behind: dict[str, dict[str, Predicate]] = {fact: {} for fact in self.wanted}
        missing = self.wanted
        while missing:
            found = [leaf for fact, codes in missing.items() for leaf in self._load(fact, codes)]
            self.leaves += found
            missing = {fact: new for fact, codes in named(found).items() if (new := codes - set(self._behind[fact]))}

    def _load(self, fact: str, codes: Collection[str]) -> Iterator[Leaf]:
        behind = self._behind.setdefault(fact, {})
        for code, written in registry.get(Crowd, fact).trees(codes).items():
            if code not in behind:
                behind[code] = _compiled(json.dumps(written))
                yield from behind[code].leaves

    def __contains__(self, fact: str) -> bool:
        return fact in self._behind

    def value(self, fact: str, plain: Lookup, listed: Collection[str] | None, as_of: date) -> tuple[str, ...]:
        """The groups asked for by the leaves in which the account is. ``plain`` looks up all else, ``listed``
        are the codes of the fact's own rows.
        """
        own = {fact: frozenset(listed or ())}
        return tuple(sorted(self._inside(fact, self.wanted.get(fact, ()), _Asked(plain, own, as_of), frozenset())))

    def _inside(self, fact: str, codes: Iterable[str], asked: "_Asked", within: frozenset[str]) -> Iterator[str]:
        behind = self._behind[fact]
        for code in codes:
            if code not in behind:
                if code in asked.listed(fact):
                    yield code
            elif code not in within and self._holds(fact, code, asked, within | {code}):
                yield code

    def _holds(self, fact: str, code: str, asked: "_Asked", within: frozenset[str]) -> bool:
        def lookup(leaf: Leaf) -> Any:
            if leaf.fact in self._behind:
                return tuple(self._inside(leaf.fact, leaf.value, asked, within))
            return asked.plain(leaf)

        return self._behind[fact][code](lookup, asked.as_of)


class _Asked:
    """One account and day, for the recursion."""

    __slots__ = ("_listed", "as_of", "plain")

    def __init__(self, plain: Lookup, listed: Mapping[str, frozenset[str]], as_of: date) -> None:
        self.plain, self._listed, self.as_of = plain, listed, as_of

    def listed(self, fact: str) -> frozenset[str]:
        return self._listed.get(fact, frozenset())


@lru_cache(maxsize=512)
def _compiled(written: str) -> Predicate:
    return Predicate(tree.read(json.loads(written)))


def bound(leaves: Collection[Leaf], *, inside: str | None) -> None:
    """Holds a condition's groups against the bounds; ``inside`` is the group it is the condition of.

    Raises ``CrowdCircle``, ``CrowdsTooDeep`` or ``CrowdsTooLarge``. One query for each level of nesting.
    """
    count = len(leaves)
    for leaf in leaves:
        path = f"{leaf.path}.value" if leaf.path else "value"
        count += _weigh(leaf, inside, path, 1, frozenset())
    if count > tree.MAX_LEAVES:
        raise CrowdsTooLarge(count=count, limit=tree.MAX_LEAVES)


def _weigh(leaf: Leaf, inside: str | None, path: str, depth: int, seen: frozenset[str]) -> int:
    crowd = registry.find(Crowd, leaf.fact) if leaf.source == "fact" else None
    if crowd is None:
        return 0
    if inside in leaf.value:
        raise CrowdCircle(param=path, name=inside)
    count = 0
    for code, written in crowd.trees(set(leaf.value) - seen).items():
        if depth > MAX_NESTING:
            raise CrowdsTooDeep(param=path, limit=MAX_NESTING)
        behind = list(tree.leaves(tree.read(written)))
        count += len(behind) + sum(_weigh(each, inside, path, depth + 1, seen | {code}) for each in behind)
    return count
