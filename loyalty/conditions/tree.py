"""The tree of a condition, as operators keep it in JSON and as the compilers read it.

``{"all": [...]}``, ``{"any": [...]}``, ``{"none": [...]}`` and ``{"at_least": 2, "of": [...]}`` group;
``{"fact", "op", "value", "window"}`` compares; ``{}`` (and a root ``{"all": []}``) always holds. Facts are named
``event.<field>``, ``metric.<code>`` (which need a window) or by the code of a registered fact.

Reading is bounded before it descends, so no input costs more than the bounds. A value that was read
is immutable. Whether a fact exists and takes the comparison is asked in ``vocabulary``.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from loyalty.conditions import operators, windows
from loyalty.conditions.faults import (
    CountWanted,
    EmptyGroup,
    NotACondition,
    NoWindowWanted,
    TooDeep,
    TooManyLeaves,
    UnknownFact,
    WindowWanted,
)
from loyalty.conditions.windows import Window

MAX_DEPTH = 6
MAX_LEAVES = 60
WAYS = ("all", "any", "none")
AT_LEAST = "at_least"
_KEYS = {"fact", "op", "value", "window"}


@dataclass(frozen=True, slots=True)
class Leaf:
    """One comparison.

    ``source`` is ``event``, ``metric`` or ``fact`` and ``name`` the code within it. ``key`` names what
    is looked up, not what it is compared with; receipts keep values by it.
    """

    fact: str
    op: str
    value: Any
    window: Window | None
    source: str
    name: str
    key: str
    path: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Group:
    """``all``, ``any`` or ``none`` of the children, or ``at_least`` so many (``least``) of them."""

    way: str
    children: tuple["Node", ...]
    least: int = 0


Node = Leaf | Group


def read(raw: Any) -> Node | None:
    """The tree that ``raw`` writes, ``None`` where it always holds. Raises a ``ConditionError``."""
    if isinstance(raw, dict) and (not raw or raw == {"all": []}):
        return None
    return _Reader().node(raw, "", 1)


def leaves(node: Node | None) -> Iterator[Leaf]:
    """Every comparison, in the order written."""
    if isinstance(node, Leaf):
        yield node
    elif node is not None:
        for child in node.children:
            yield from leaves(child)


def facts(items: Iterable[Leaf]) -> set[str]:
    """The codes of all facts that comparisons need: what they name, and the dates their windows hang on."""
    found = set()
    for leaf in items:
        if leaf.source == "fact":
            found.add(leaf.name)
        elif leaf.window is not None and leaf.window.anchor:
            found.add(leaf.window.anchor)
    return found


@dataclass(slots=True)
class _Reader:
    """One reading, which counts as it goes."""

    count: int = 0

    def node(self, raw: Any, path: str, depth: int) -> Node:
        if not isinstance(raw, dict) or not raw:
            raise NotACondition(param=path or None)
        if "fact" in raw:
            return self.leaf(raw, path)
        if AT_LEAST in raw:
            return self.some(raw, path, depth)
        [way, *others] = raw
        if others or way not in WAYS or not isinstance(raw[way], list):
            raise NotACondition(param=path or None)
        return Group(way, self.children(raw[way], f"{path}.{way}" if path else way, depth))

    def some(self, raw: dict[str, Any], path: str, depth: int) -> Group:
        """``{"at_least": n, "of": [...]}``, n from 1 to the number of children."""
        if set(raw) != {AT_LEAST, "of"} or not isinstance(raw["of"], list):
            raise NotACondition(param=path or None)
        dot = f"{path}." if path else ""
        children, least = self.children(raw["of"], f"{dot}of", depth), raw[AT_LEAST]
        if type(least) is not int or not 1 <= least <= len(children):
            raise CountWanted(param=f"{dot}{AT_LEAST}", limit=len(children))
        return Group(AT_LEAST, children, least)

    def children(self, raw: list[Any], inside: str, depth: int) -> tuple[Node, ...]:
        if depth > MAX_DEPTH:
            raise TooDeep(param=inside, limit=MAX_DEPTH)
        if not raw:
            raise EmptyGroup(param=inside)
        return tuple(self.node(child, f"{inside}.{place}", depth + 1) for place, child in enumerate(raw))

    def leaf(self, raw: dict[str, Any], path: str) -> Leaf:
        self.count += 1
        if self.count > MAX_LEAVES:
            raise TooManyLeaves(param=path or None, limit=MAX_LEAVES)
        dot = f"{path}." if path else ""
        fact = raw["fact"]
        if not isinstance(fact, str) or set(raw) - _KEYS:
            raise NotACondition(param=path or None)
        source, name = _source(fact)
        if not name:
            raise UnknownFact(param=f"{dot}fact", fact=fact)
        operator = operators.find(raw.get("op"), fact=fact, path=f"{dot}op")
        window = _window(source, raw.get("window"), f"{dot}window")
        value = operators.read(operator.takes, raw.get("value"), f"{dot}value")
        key = f"{fact}@{window.key}" if window else fact
        return Leaf(fact, operator.code, value, window, source, name, key, path)


def _source(fact: str) -> tuple[str, str]:
    head, dot, rest = fact.partition(".")
    return (head, rest) if dot and head in {"event", "metric"} else ("fact", fact)


def _window(source: str, raw: Any, path: str) -> Window | None:
    if source != "metric":
        if raw is not None:
            raise NoWindowWanted(param=path)
        return None
    if raw is None:
        raise WindowWanted(param=path)
    return windows.read(raw, path)
