"""Hex to OKLCH, against the values of CSS Color 4."""

import pytest

from loyalty.web import colors


@pytest.mark.parametrize(
    ("color", "lightness", "chroma", "hue"),
    [
        ("#ff0000", 0.628, 0.258, 29),
        ("#00ff00", 0.866, 0.295, 142),
        ("#0000ff", 0.452, 0.313, 264),
        ("#663399", 0.440, 0.160, 303),
    ],
)
def test_known_colors_land_where_css_puts_them(color: str, lightness: float, chroma: float, hue: int) -> None:
    found = colors.oklch(color)

    assert (round(found.lightness, 3), round(found.chroma, 3), found.hue) == (lightness, chroma, hue)


@pytest.mark.parametrize(("color", "lightness"), [("#000000", 0.0), ("#ffffff", 1.0), ("#777777", 0.569)])
def test_grays_have_no_hue(color: str, lightness: float) -> None:
    found = colors.oklch(color)

    assert (round(found.lightness, 3), found.hue) == (lightness, 0)
    assert found.chroma < 0.001


def test_deep_and_calm_are_told_from_lightness_and_chroma() -> None:
    black_gold, red = colors.oklch("#4a4036"), colors.oklch("#ff0000")

    assert (black_gold.is_deep, red.is_deep) == (True, False)
    assert red.calm_chroma == colors.MOST_CHROMA
    assert black_gold.calm_chroma == black_gold.chroma
