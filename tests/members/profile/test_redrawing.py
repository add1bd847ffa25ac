"""Pictures from outside: what is taken, what is refused, and what of a file is never kept."""

import io
import sys
from collections.abc import Callable

import pytest
from django.utils.translation import override
from PIL import Image

from loyalty.errors import LoyaltyError
from members.profile import redrawing
from members.profile.redrawing import (
    PictureMoves,
    PictureTooDetailed,
    PictureTooLarge,
    PictureTooSmall,
    PictureUnreadable,
    draw,
    redraw,
)
from tests.members import corpus
from tests.members.corpus import CANARY, encoded, jpeg

TAKEN: dict[str, Callable[[], bytes]] = {
    "JPEG": jpeg,
    "progressive JPEG": lambda: jpeg(progressive=True),
    "gray JPEG": lambda: encoded(corpus.drawn(mode="L"), "JPEG"),
    "CMYK JPEG": lambda: encoded(corpus.drawn(mode="CMYK"), "JPEG"),
    "PNG": lambda: encoded(corpus.drawn(), "PNG"),
    "PNG with transparency": lambda: encoded(corpus.drawn(mode="RGBA"), "PNG"),
    "PNG with a palette": lambda: encoded(corpus.drawn(mode="P"), "PNG"),
    "PNG of one bit": lambda: encoded(corpus.drawn(mode="1"), "PNG"),
    "PNG with text": corpus.png_with_text,
    "WebP": lambda: encoded(corpus.drawn(), "WEBP"),
    "WebP with a place": corpus.webp_with_place,
    "JPEG with a place": corpus.with_place,
    "JPEG with a huge note": corpus.huge_exif,
    "JPEG with a color profile": lambda: jpeg(icc_profile=CANARY * 2000),
    "JPEG of several pictures": corpus.several_in_jpeg,
    "JPEG and a zip": lambda: corpus.zip_behind(jpeg()),
    "JPEG and a page": lambda: corpus.html_behind(jpeg()),
    "PNG and a page": lambda: corpus.html_behind(encoded(corpus.drawn(), "PNG")),
}
REFUSED: dict[str, tuple[Callable[[], bytes], type[LoyaltyError]]] = {
    "nothing": (lambda: b"", PictureUnreadable),
    "a page": (lambda: b"<html><script>alert(1)</script></html>", PictureUnreadable),
    "a drawing in text": (lambda: b'<svg xmlns="http://www.w3.org/2000/svg" onload="x()"/>', PictureUnreadable),
    "a GIF": (lambda: encoded(corpus.drawn(), "GIF"), PictureUnreadable),
    "a BMP": (lambda: encoded(corpus.drawn(), "BMP"), PictureUnreadable),
    "a TIFF": (lambda: encoded(corpus.drawn(), "TIFF"), PictureUnreadable),
    "an icon": (lambda: encoded(corpus.drawn((64, 64)), "ICO"), PictureUnreadable),
    "a PDF": (lambda: encoded(corpus.drawn(), "PDF"), PictureUnreadable),
    "a zip": (lambda: corpus.zip_behind(b""), PictureUnreadable),
    "half a JPEG": (lambda: jpeg()[:-200], PictureUnreadable),
    "half a PNG": (lambda: encoded(Image.effect_noise((90, 90), 60), "PNG")[:-600], PictureUnreadable),
    "half a WebP": (lambda: encoded(Image.effect_noise((90, 90), 60).convert("RGB"), "WEBP")[:-600], PictureUnreadable),
    "a JPEG's beginning": (lambda: jpeg()[:20], PictureUnreadable),
    "a broken PNG": (lambda: corpus.png_claiming(300, 300), PictureUnreadable),
    "an unfolding text": (corpus.text_bomb, PictureUnreadable),
    "a moving PNG": (lambda: corpus.moving("PNG"), PictureMoves),
    "a moving WebP": (lambda: corpus.moving("WEBP"), PictureMoves),
    "49 million points": (lambda: corpus.bomb(7000), PictureTooDetailed),
    "144 million points": (lambda: corpus.bomb(12_000), PictureTooDetailed),
    "4 billion points claimed": (lambda: corpus.png_claiming(65_000, 65_000), PictureTooDetailed),
    "a dot": (lambda: encoded(corpus.drawn((8, 8)), "PNG"), PictureTooSmall),
}


@pytest.mark.parametrize("name", TAKEN)
def test_pictures_of_the_three_kinds_become_two_plain_ones(name: str) -> None:
    """5.2.2, 14.2.8: re-encoded, and nothing but pixels is kept."""
    found = draw(TAKEN[name]())

    kept = found.small + found.large
    images = [Image.open(io.BytesIO(data)) for data in (found.small, found.large)]
    assert [(image.format, dict(image.getexif())) for image in images] == [("WEBP", {})] * 2
    assert images[0].size == (redrawing.SMALL, redrawing.SMALL)
    assert images[1].size == (found.width, found.height)
    assert [mark for mark in (CANARY, b"<script", b"PK\x03\x04", b"EXIF", b"XMP ", b"ICCP") if mark in kept] == []


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_such_picture_is_refused_in_words(name: str) -> None:
    """5.1.1, 5.2.1, 5.2.6: types by content, points by the header, one frame."""
    make, refusal = REFUSED[name]

    with pytest.raises(LoyaltyError) as caught:
        draw(make())

    assert (type(caught.value), caught.value.param) == (refusal, "picture")


def test_a_photo_taken_sideways_stands_upright() -> None:
    found = draw(corpus.with_place())

    image = Image.open(io.BytesIO(found.large)).convert("RGB")
    assert image.size == (48, 64)
    top, bottom = image.getpixel((24, 8)), image.getpixel((24, 56))
    assert (isinstance(top, tuple) and top[1] < 60, isinstance(bottom, tuple) and bottom[1] > 200) == (True, True)


def test_a_big_photo_is_made_as_small_as_a_phone_needs() -> None:
    found = draw(encoded(corpus.drawn((4000, 3000)), "JPEG"))

    assert (found.width, found.height) == (1080, 810)


def test_a_file_that_is_too_heavy_is_never_opened() -> None:
    with pytest.raises(PictureTooLarge) as caught:
        redraw(jpeg() + b"\0" * redrawing.BYTES)

    with override("en"):
        assert str(caught.value).startswith("This picture has 8.0 MB; up to 8 MB fit.")


def test_the_child_draws_the_same_and_hands_on_refusals() -> None:
    told = redraw(corpus.with_place())
    with pytest.raises(PictureMoves) as caught:
        redraw(corpus.moving("PNG"))

    assert told == draw(corpus.with_place())
    assert caught.value.param == "picture"


def test_a_picture_that_takes_too_long_or_too_much_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """5.2.6: the child dies, the parent says that the picture cannot be opened."""
    monkeypatch.setattr(redrawing, "SECONDS", 0.01)
    with pytest.raises(PictureUnreadable) as slow:
        redraw(jpeg())
    monkeypatch.setattr(redrawing, "SECONDS", 10)
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(PictureUnreadable) as killed:
        redraw(jpeg())

    assert (slow.value.param, killed.value.param) == ("picture", "picture")
