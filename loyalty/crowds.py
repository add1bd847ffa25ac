"""The seam for groups of people that upper apps keep and conditions name: segments. A leaf, like ``registry``."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Crowd:
    """Says which codes of a ``SET`` fact stand for a condition; ``code`` is the fact's.

    ``trees(codes)`` gives their conditions, in one query. Who is in such a code is whoever the condition
    holds for when it is asked; for the other codes the fact's own rows count.
    """

    code: str
    trees: Callable[[Collection[str]], Mapping[str, Any]]
