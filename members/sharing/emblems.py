"""The icons of tiers as shapes, on a field of 100 by 100."""

from collections.abc import Sequence
from math import cos, pi, sin

from PIL import Image, ImageDraw

Point = tuple[float, float]
_FIELD = 100


def mask(icon: str, side: int) -> Image.Image:
    """The icon as a mask of ``side`` by ``side``; an unknown one is the sprout."""
    field = Image.new("L", (side, side))
    pen, scale = ImageDraw.Draw(field), side / _FIELD
    for shape in _SHAPES.get(icon, _SHAPES["sprout"]):
        pen.polygon([(x * scale, y * scale) for x, y in shape], fill=255)
    for line in _CUTS.get(icon, ()):
        pen.line([(x * scale, y * scale) for x, y in line], fill=0, width=max(1, round(3 * scale)))
    return field


def _leaf(base: Point, tip: Point, width: float) -> Sequence[Point]:
    """A leaf between two points: two arcs that meet at both ends."""
    (x0, y0), (x1, y1) = base, tip
    dx, dy = x1 - x0, y1 - y0
    length = (dx * dx + dy * dy) ** 0.5
    nx, ny = -dy / length, dx / length
    steps = [step / 24 for step in range(25)]
    there = [(x0 + dx * t + nx * width * sin(pi * t), y0 + dy * t + ny * width * sin(pi * t)) for t in steps]
    back = [(x0 + dx * t - nx * width * sin(pi * t), y0 + dy * t - ny * width * sin(pi * t)) for t in steps]
    return [*there, *reversed(back)]


def _star() -> Sequence[Point]:
    points = []
    for step in range(10):
        reach = 48 if step % 2 == 0 else 20
        angle = -pi / 2 + step * pi / 5
        points.append((50 + reach * cos(angle), 53 + reach * sin(angle)))
    return points


_STEM = [(47.0, 96.0), (47.0, 46.0), (53.0, 46.0), (53.0, 96.0)]
_SHAPES: dict[str, Sequence[Sequence[Point]]] = {
    "sprout": (_STEM, _leaf((50, 56), (12, 22), 15), _leaf((50, 46), (90, 10), 16)),
    "leaf": (_leaf((22, 88), (86, 8), 27),),
    "star": (_star(),),
    "crown": (
        [(8.0, 30.0), (30.0, 54.0), (50.0, 16.0), (70.0, 54.0), (92.0, 30.0), (84.0, 76.0), (16.0, 76.0)],
        [(16.0, 82.0), (84.0, 82.0), (84.0, 91.0), (16.0, 91.0)],
    ),
    "gem": ([(26.0, 14.0), (74.0, 14.0), (95.0, 40.0), (50.0, 92.0), (5.0, 40.0)],),
}
_CUTS: dict[str, Sequence[Sequence[Point]]] = {
    "leaf": ([(14.0, 98.0), (66.0, 33.0)],),
    "gem": (
        [(5.0, 40.0), (95.0, 40.0)],
        [(26.0, 14.0), (36.0, 40.0), (50.0, 92.0), (64.0, 40.0), (74.0, 14.0)],
        [(36.0, 40.0), (50.0, 14.0), (64.0, 40.0)],
    ),
}
