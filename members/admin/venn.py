"""Two circles whose areas and overlap stand for three numbers. Pure geometry, in units of the drawing."""

from dataclasses import dataclass
from math import acos, pi, sqrt

WIDTH, HEIGHT = 360, 220
LARGEST = 88.0
SMALLEST = 10.0
STEPS = 40


@dataclass(frozen=True, slots=True)
class Circle:
    x: float
    y: float
    r: float


@dataclass(frozen=True, slots=True)
class Venn:
    """The circles, and where the numbers stand: left, in both, right."""

    first: Circle
    second: Circle
    left_x: float
    both_x: float
    right_x: float
    y: float = HEIGHT / 2


def draw(first: int, second: int, both: int) -> Venn:
    """The drawing; a circle of nobody is drawn as a dot beside the other."""
    scale = LARGEST / sqrt(max(first, second, 1))
    one, two = (max(SMALLEST, scale * sqrt(each)) for each in (first, second))
    apart = _distance(one, two, both * pi * scale**2)
    middle = WIDTH / 2
    span = one + apart + two
    start = middle - span / 2 if span <= WIDTH else 0.0
    left = Circle(round(start + one, 1), HEIGHT / 2, round(one, 1))
    right = Circle(round(start + one + apart, 1), HEIGHT / 2, round(two, 1))
    lens = max(left.x - left.r, right.x - right.r), min(left.x + left.r, right.x + right.r)
    return Venn(
        left,
        right,
        left_x=round((left.x - left.r + lens[0]) / 2 if both else left.x, 1),
        both_x=round(sum(lens) / 2, 1),
        right_x=round((lens[1] + right.x + right.r) / 2 if both else right.x, 1),
    )


def _distance(one: float, two: float, area: float) -> float:
    """How far apart the middles are so that the circles share ``area``; found by halving."""
    if area <= 0:
        return one + two + 8
    low, high = abs(one - two), one + two
    if area >= pi * min(one, two) ** 2 * 0.999:
        return low
    for _step in range(STEPS):
        middle = (low + high) / 2
        if _shared(one, two, middle) > area:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _shared(one: float, two: float, apart: float) -> float:
    """The area of the lens of two circles that cross."""
    if apart <= abs(one - two):
        return pi * min(one, two) ** 2
    first = acos(max(-1.0, min(1.0, (apart**2 + one**2 - two**2) / (2 * apart * one))))
    second = acos(max(-1.0, min(1.0, (apart**2 + two**2 - one**2) / (2 * apart * two))))
    kite = (-apart + one + two) * (apart + one - two) * (apart - one + two) * (apart + one + two)
    return one**2 * first + two**2 * second - sqrt(max(0.0, kite)) / 2
