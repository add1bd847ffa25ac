"""A measure, and the timing that yields one."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Measure:
    """`value` in `unit`; `note` says of what size or under which condition."""

    name: str
    value: float
    unit: str
    note: str = ""


def timed(name: str, deed: Callable[[], object], *, rounds: int = 5, note: str = "") -> Measure:
    """The median duration of a deed in milliseconds."""
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        deed()
        taken.append(time.perf_counter() - began)
    return Measure(name, median(taken) * 1000, "ms", note or f"median of {rounds}")


def rate(name: str, deed: Callable[[], int], *, of: str, note: str = "") -> Measure:
    """How many things a deed does in a second; it returns how many it did."""
    began = time.perf_counter()
    count = deed()
    return Measure(name, count / (time.perf_counter() - began), f"{of}/s", note or f"{count} {of}")
