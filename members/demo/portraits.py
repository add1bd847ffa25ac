"""Simple drawings of cats, dogs and people for the demo, as PNG; drawn when the demo is planted."""

import io

from PIL import Image, ImageDraw

SIDE = 640
_GROUNDS = ("#f6e3c5", "#d9ead3", "#dbe7f5", "#f7d9d5", "#e8def2", "#fdf0c4")
_FURS = ("#e8a15a", "#5b524c", "#f2ede4", "#c9a27c", "#9a9a9e", "#8a5a3b")
_INK, _ROSE, _LIGHT = "#2d2926", "#e88f8f", "#fffaf2"


def portrait(species: str, number: int) -> bytes:
    """A face on a plain ground; ``number`` picks the colors, any other species is a person."""
    image = Image.new("RGB", (SIDE, SIDE), _GROUNDS[number % len(_GROUNDS)])
    pen, fur = ImageDraw.Draw(image), _FURS[number % len(_FURS)]
    match species:
        case "cat":
            _cat(pen, fur)
        case "dog":
            _dog(pen, fur)
        case _:
            _person(pen, fur)
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


def _cat(pen: ImageDraw.ImageDraw, fur: str) -> None:
    pen.polygon([(150, 300), (170, 100), (310, 220)], fill=fur)
    pen.polygon([(490, 300), (470, 100), (330, 220)], fill=fur)
    pen.ellipse((130, 180, 510, 540), fill=fur)
    _face(pen)
    for side in (-1, 1):
        for rise in (-14, 14):
            pen.line((320 + side * 90, 420, 320 + side * 230, 420 + rise * 2), fill=_INK, width=4)


def _dog(pen: ImageDraw.ImageDraw, fur: str) -> None:
    pen.ellipse((140, 160, 500, 560), fill=fur)
    pen.ellipse((90, 170, 210, 430), fill=_INK)
    pen.ellipse((430, 170, 550, 430), fill=_INK)
    pen.ellipse((230, 350, 410, 530), fill=_LIGHT)
    _face(pen)
    pen.ellipse((295, 450, 345, 530), fill=_ROSE)


def _face(pen: ImageDraw.ImageDraw) -> None:
    for left in (225, 365):
        pen.ellipse((left, 310, left + 50, 370), fill=_INK)
        pen.ellipse((left + 12, 318, left + 28, 336), fill=_LIGHT)
    pen.polygon([(295, 400), (345, 400), (320, 428)], fill=_ROSE)
    pen.arc((270, 400, 322, 456), 20, 140, fill=_INK, width=5)
    pen.arc((318, 400, 370, 456), 40, 160, fill=_INK, width=5)


def _person(pen: ImageDraw.ImageDraw, shade: str) -> None:
    pen.ellipse((110, 430, 530, 860), fill=shade)
    pen.ellipse((190, 120, 450, 420), fill=_INK)
    pen.ellipse((215, 170, 425, 450), fill="#f1cba6")
    pen.pieslice((200, 120, 440, 380), 180, 360, fill=_INK)
