"""Bonuses that rise with what is bought: ladders, and so many points for every so much.

Both measure the lines their filter takes, in pieces or in money, as whole numbers: a ladder gives
the points of the highest step reached, once; ``every`` gives its points for each whole step, never
for a part of one. Free items are no pieces. What a receipt keeps (``measure`` and the terms) is
enough to work the points out again for less, as a refund does.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from loyalty.deciding.lines import Basis, pieces, share_out
from loyalty.deciding.model import PointsEffect

STEPPED = frozenset({"ladder", "every"})


def by_line(basis: Basis, effect: PointsEffect) -> list[int]:
    """The bonus on the lines that were measured; an empty list where it comes to nothing."""
    weights = _weights(basis, effect)
    points = _points(effect.rungs, effect.top, effect.bottom, _whole(basis, effect, weights))
    return share_out(points, weights, basis.remainder) if points else []


def measure(basis: Basis, effect: PointsEffect) -> int:
    """Pieces, or minor units rounded down, on the lines the effect looks at."""
    return _whole(basis, effect, _weights(basis, effect))


def worth_again(step: Mapping[str, Any], left: int, whole: int) -> int:
    """What a receipt's step would have been worth had only ``left`` of the order's ``whole`` been paid.

    Money is measured by its share, rounded down; pieces by theirs to the nearest whole, so that fen
    lost in a discount cost no piece. Never rises as ``left`` falls.
    """
    measured = step["measure"]
    if step["steps_by"] == "quantity":
        remaining = (2 * measured * left + whole) // (2 * whole)
    else:
        remaining = measured * left // whole
    rungs = [(rung["from"], rung["points"]) for rung in step.get("steps") or ()]
    return _points(rungs, step.get("points", 0), step.get("every", 1), remaining)


def _weights(basis: Basis, effect: PointsEffect) -> list[int]:
    if effect.by == "amount":
        return basis.worth(effect)
    found = pieces(basis.lines, effect.filter)
    return found + [0] * (basis.size - len(found))


def _whole(basis: Basis, effect: PointsEffect, weights: Sequence[int]) -> int:
    return sum(weights) // (basis.den if effect.by == "amount" else 1)


def _points(rungs: Sequence[tuple[int, int]], top: int, bottom: int, measured: int) -> int:
    if rungs:
        return max((points for start, points in rungs if start <= measured), default=0)
    return measured // bottom * top
