"""The share picture, with a font for Chinese and without."""

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from PIL import Image, ImageChops, ImageFont

from members.sharing import drawing, emblems, fonts, keeping
from members.sharing.drawing import Card
from tests.members.sharing import typeface

CARD = Card(
    brand="常青会员",
    headline="新的等级",
    tier="金卡",
    icon="crown",
    color_from="#d9a441",
    color_to="#8f5f14",
    name="林**",
    day="2026年3月18日",
    invitation="扫码加入",
    link="https://shop.example/join/?by=ABCDEFGH",
    font="",
)


@pytest.fixture
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def opened(card: Card) -> Image.Image:
    return Image.open(io.BytesIO(drawing.draw(card))).convert("RGB")


@pytest.fixture
def chinese(tmp_path: Path) -> str:
    """A font that knows what stands on the card."""
    file = tmp_path / "boxes.ttf"
    file.write_bytes(typeface.made(fonts.SAMPLE + "新的等级金卡林年月日扫码加入·*0123456789"))
    return str(file)


def test_a_picture_is_1080_by_1440_and_the_next_opens_no_font_again(
    chinese: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = opened(replace(CARD, font=chinese))
    looked_for: list[object] = []
    monkeypatch.setattr(ImageFont, "truetype", lambda *args, **_more: looked_for.append(args))

    second = opened(replace(CARD, font=chinese))

    assert (first.size, looked_for) == ((1080, 1440), [])
    assert ImageChops.difference(first, second).getbbox() is None


def test_chinese_is_drawn_where_there_is_a_font(chinese: str) -> None:
    face = fonts.font(60, fonts.path("", ("/nowhere.ttf", chinese)))

    assert fonts.drawable(face, "金卡 · 林** Gold 2026") == "金卡 · 林**  2026"
    named, nameless = opened(replace(CARD, font=chinese)), opened(replace(CARD, font=chinese, name=""))
    assert ImageChops.difference(named, nameless).getbbox() is not None


def test_every_font_with_chinese_that_stands_here_is_told_as_one() -> None:
    here = [name for name in fonts.CANDIDATES if Path(name).is_file()]

    assert [fonts.path("", (name,)) for name in here] == here


def test_without_such_a_font_nothing_is_drawn_that_would_be_an_empty_box() -> None:
    face = fonts.font(60, "")

    assert fonts.drawable(face, "林** Gold 金卡") == "** Gold"
    chinese, nothing = (
        opened(replace(CARD, link="")),
        opened(replace(CARD, brand="", headline="", tier="", name="", day="2026318", invitation="", link="")),
    )
    assert ImageChops.difference(chinese, nothing).getbbox() is None


def test_the_chosen_font_is_taken_first_and_one_that_is_none_passed_over(tmp_path: Path) -> None:
    broken = tmp_path / "broken.ttf"
    broken.write_bytes(b"no font")

    assert fonts.path(str(broken), ()) == ""
    assert fonts.path(str(tmp_path / "missing.ttf"), ()) == ""


def test_a_long_name_is_made_smaller_and_never_leaves_the_picture() -> None:
    card = replace(CARD, tier="A tier with a name that goes on and on and on for ever and a day")
    long, short = opened(card), opened(replace(card, tier=""))

    box = ImageChops.difference(long, short).getbbox()

    assert box is not None
    assert (box[0] >= 80, box[2] <= 1000) == (True, True)


def test_without_a_link_there_is_no_code() -> None:
    with_code, without = opened(CARD), opened(replace(CARD, link=""))

    place = (600, 1340)
    seen = [
        all(shade > 240 for shade in picture.crop((*place, 601, 1341)).tobytes()) for picture in (with_code, without)
    ]
    assert seen == [True, False]


def test_a_logo_that_cannot_be_opened_is_left_out() -> None:
    assert opened(replace(CARD, logo=b"no picture")).size == (1080, 1440)


@pytest.mark.parametrize("icon", ["sprout", "leaf", "star", "crown", "gem", "unknown"])
def test_every_icon_has_a_shape(icon: str) -> None:
    shape = emblems.mask(icon, 100)

    assert 0.05 < sum(shape.histogram()[128:]) / 10_000 < 0.8


@pytest.mark.usefixtures("media")
def test_a_picture_is_drawn_once_and_anew_for_anything_else_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    monkeypatch.setattr(drawing, "draw", lambda card: drawn.append(card.name) or b"png")

    for card in (CARD, CARD, replace(CARD, name="")):
        keeping.picture(card)

    assert drawn == ["林**", ""]


@pytest.mark.usefixtures("media")
def test_old_pictures_are_swept_away() -> None:
    keeping.picture(CARD)
    now = datetime.now(UTC)

    early = keeping.sweep(now + timedelta(days=29), "")
    late = keeping.sweep(now + timedelta(days=31), "")

    assert (early, late, default_storage.exists(keeping.path(CARD))) == ({"swept": 0}, {"swept": 1}, False)
