"""Drawing the picture: a tier's colours, its emblem, a name and a day, and a code that leads to joining. Pure."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import segno
from PIL import Image, ImageChops, ImageDraw, ImageOps

from loyalty.web import colors
from members.sharing import emblems, fonts

WIDTH, HEIGHT = 1080, 1440
_EDGE = 88
_LIGHT, _DARK = (255, 255, 255), (33, 29, 24)
Color = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Card:
    """All that is on a picture. ``font`` is the file to draw with; ``link`` empty leaves the code out.

    Where the font lacks Chinese, the texts must come in English; what it lacks all the same is left out.
    """

    brand: str
    headline: str
    tier: str
    icon: str
    color_from: str
    color_to: str
    name: str
    day: str
    invitation: str
    link: str
    font: str
    logo: bytes = b""


def draw(card: Card) -> bytes:
    """The picture as PNG, 1080 × 1440."""
    canvas = _ground(card)
    ink = _LIGHT if colors.oklch(card.color_from).is_deep else _DARK
    pen = _Pen(canvas, card.font, ink)
    _mark(pen, card)
    _emblem(pen, card.icon)
    pen.centered(card.headline, 40, 690, strength=0.82)
    pen.centered(card.tier, 124, 800)
    pen.centered(card.name, 46, 915)
    pen.centered(card.day, 34, 980, strength=0.75)
    _foot(pen, card)
    kept = io.BytesIO()
    pen.canvas.save(kept, "PNG", compress_level=4)
    return kept.getvalue()


class _Pen:
    """Writes on the canvas in one ink."""

    def __init__(self, canvas: Image.Image, file: str, ink: Color) -> None:
        self.canvas, self.file, self.ink = canvas, file, ink
        self.board = ImageDraw.Draw(canvas, "RGBA")

    def fitted(self, text: str, size: int, room: int) -> tuple[str, fonts.Font]:
        """What can be drawn of the text, at the biggest size up to ``size`` that has room."""
        face = fonts.font(size, self.file)
        text = fonts.drawable(face, text)
        if not any(char.isalnum() for char in text):
            return "", face  # what was left of a name that cannot be drawn
        while size > 20 and face.getlength(text) > room:
            size -= 4
            face = fonts.font(size, self.file)
        while text and face.getlength(text) > room:
            text = text[:-1]
        return text, face

    def centered(self, text: str, size: int, middle: int, *, strength: float = 1.0) -> None:
        """One line around the middle of the picture, at the height ``middle``."""
        text, face = self.fitted(text, size, WIDTH - 2 * _EDGE)
        if text:
            self.board.text((WIDTH // 2, middle), text, (*self.ink, int(255 * strength)), face, anchor="mm")

    def at(self, text: str, size: int, place: tuple[int, int], room: int, ink: Color) -> None:
        """One line from ``place`` on, at its middle height."""
        text, face = self.fitted(text, size, room)
        if text:
            self.board.text(place, text, ink, face, anchor="lm")


def _ground(card: Card) -> Image.Image:
    """The two colours of the tier from corner to corner, with a glow behind the emblem."""
    slope = Image.linear_gradient("L").resize((WIDTH, HEIGHT))
    tilt = Image.linear_gradient("L").rotate(90).resize((WIDTH, HEIGHT))
    mixed = ImageChops.add(slope, tilt, scale=2)
    ground = ImageOps.colorize(mixed, card.color_from, card.color_to)
    ring = Image.radial_gradient("L")
    rim = 255 - ring.tobytes()[128]  # where the glow meets its box, so that no edge shows
    glow = ImageOps.invert(ring).point(lambda shade: max(0, shade - rim) * 3 // 10).resize((1300, 1300))
    ground.paste(Image.new("RGB", (1300, 1300), "white"), ((WIDTH - 1300) // 2, 420 - 650), glow)
    return ground


def _mark(pen: _Pen, card: Card) -> None:
    """The brand: its picture where it has one that can be opened, and its name."""
    left = _EDGE
    logo = _logo(card.logo)
    if logo is not None:
        pen.canvas.paste(logo, (left, 118 - logo.height // 2), logo)
        left += logo.width + 24
    pen.at(card.brand, 44, (left, 118), WIDTH - left - _EDGE, pen.ink)


def _logo(data: bytes) -> Image.Image | None:
    if not data:
        return None
    try:
        opened = Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "WEBP"))
        opened.thumbnail((240, 84))
        return opened.convert("RGBA")
    except (OSError, ValueError, Image.DecompressionBombError):
        return None


def _emblem(pen: _Pen, icon: str) -> None:
    """A disc with the tier's icon, drawn four times as big and made smaller, so that its edges are smooth."""
    side, scale = 320, 4
    disc = Image.new("L", (side * scale, side * scale))
    ImageDraw.Draw(disc).ellipse((0, 0, side * scale - 1, side * scale - 1), fill=70)
    shape = emblems.mask(icon, 168 * scale)
    for mask, color in ((disc, _LIGHT), (shape, pen.ink)):
        small = mask.resize((mask.width // scale, mask.height // scale), Image.Resampling.BOX)
        place = ((WIDTH - small.width) // 2, 420 - small.height // 2)
        pen.canvas.paste(Image.new("RGB", small.size, color), place, small)


def _foot(pen: _Pen, card: Card) -> None:
    """A white card with the code and what it is for; without a link a line of words alone."""
    if not card.link:
        pen.centered(card.invitation, 38, 1290, strength=0.85)
        return
    top, bottom = 1110, 1352
    pen.board.rounded_rectangle((_EDGE, top, WIDTH - _EDGE, bottom), 40, fill=(255, 255, 255, 245))
    code = _code(card.link, bottom - top - 44)
    pen.canvas.paste(code, (_EDGE + 26, top + (bottom - top - code.height) // 2))
    left = _EDGE + 26 + code.width + 36
    room = WIDTH - _EDGE - 32 - left
    for place, (text, size) in enumerate(_lines(card)):
        pen.at(text, size, (left, (top + bottom) // 2 + (-30, 34)[place]), room, _DARK)


def _lines(card: Card) -> Sequence[tuple[str, int]]:
    return (card.invitation, 40), (card.brand, 32)


def _code(link: str, most: int) -> Image.Image:
    """A QR code in whole points a module, as big as fits."""
    made = segno.make_qr(link, error="m")
    modules = made.symbol_size(border=1)[0]
    rows = made.matrix_iter(scale=max(1, most // modules), border=1)
    grid = [bytes(0 if dot else 255 for dot in row) for row in rows]
    return Image.frombytes("L", (len(grid[0]), len(grid)), b"".join(grid)).convert("RGB")
