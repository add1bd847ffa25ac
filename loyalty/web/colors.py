"""The operator's hex colors as hue and chroma, so that every shade of the design follows from them.

A leaf. The formula is Oklab by Björn Ottosson (https://bottosson.github.io/posts/oklab/) in its
cylindrical form, OKLCH, which CSS reads too.
"""

import math
from typing import NamedTuple

MOST_CHROMA = 0.12
DEEP_BELOW = 0.5
_TO_LMS = (
    (0.4122214708, 0.5363325363, 0.0514459929),
    (0.2119034982, 0.6806995451, 0.1073969566),
    (0.0883024619, 0.2817188376, 0.6299787005),
)
_TO_LAB = (
    (0.2104542553, 0.7936177850, -0.0040720468),
    (1.9779984951, -2.4285922050, 0.4505937099),
    (0.0259040371, 0.7827717662, -0.8086757660),
)


class Oklch(NamedTuple):
    """Lightness 0 to 1, chroma from 0 (about 0.32 at most), hue in whole degrees 0 to 359."""

    lightness: float
    chroma: float
    hue: int

    @property
    def is_deep(self) -> bool:
        """Dark enough to carry light text."""
        return self.lightness < DEEP_BELOW

    @property
    def calm_chroma(self) -> float:
        """The chroma, held to what a card's shades can bear."""
        return min(self.chroma, MOST_CHROMA)


def oklch(color: str) -> Oklch:
    """``#rrggbb`` in OKLCH; grays, whose hue means nothing, get hue 0."""
    rgb = [_linear(int(color[place : place + 2], 16) / 255) for place in (1, 3, 5)]
    lms = [math.cbrt(_dot(row, rgb)) for row in _TO_LMS]
    lightness, green_red, blue_yellow = (_dot(row, lms) for row in _TO_LAB)
    chroma = math.hypot(green_red, blue_yellow)
    hue = round(math.degrees(math.atan2(blue_yellow, green_red))) % 360 if chroma > 0.001 else 0
    return Oklch(lightness, chroma, hue)


def _linear(share: float) -> float:
    """An sRGB channel (0 to 1) as light; IEC 61966-2-1."""
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4


def _dot(row: tuple[float, ...], values: list[float]) -> float:
    return sum(weight * value for weight, value in zip(row, values, strict=True))
