"""Fonts for drawing text: one that knows Chinese where the machine has one, else a Latin one that is always there.

Nothing is drawn that a font lacks: a text is held to the characters it knows, so no picture shows empty boxes.
"""

from functools import lru_cache
from pathlib import Path

from django.conf import settings
from PIL import ImageFont

Font = ImageFont.FreeTypeFont
SAMPLE = "常青会员"
_NOWHERE = "\U0010ffff"
# Where systems keep a font with Chinese, bold first: Debian, Fedora, Arch, Alpine, macOS, Windows.
CANDIDATES = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-sans-cjk-fonts/NotoSansCJK-Bold.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Bold.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Bold.ttc",
    "/usr/share/fonts/noto/NotoSansCJK-Bold.ttc",
    "/usr/share/fonts/opentype/noto/NotoSerifCJK-Bold.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/arphic/uming.ttc",
    "/System/Library/Fonts/PingFang.ttc",
    "/System/Library/Fonts/Hiragino Sans GB.ttc",
    "/System/Library/Fonts/STHeiti Medium.ttc",
    "C:/Windows/Fonts/msyhbd.ttc",
    "C:/Windows/Fonts/msyh.ttc",
)
_SIMPLIFIED = 2  # the place of Simplified Chinese among the faces of the Noto collections


@lru_cache(maxsize=4)
def path(chosen: str, candidates: tuple[str, ...] = CANDIDATES) -> str:
    """The file to draw with: the one chosen, else the first there is; empty where none knows Chinese."""
    for name in (chosen, *candidates):
        if name and Path(name).is_file() and _knows_chinese(name):
            return name
    return ""


def _knows_chinese(name: str) -> bool:
    try:
        return drawable(ImageFont.truetype(name, 20, index=_face(name)), SAMPLE) == SAMPLE
    except OSError:
        return False


def _face(name: str) -> int:
    return _SIMPLIFIED if "CJK" in name and name.endswith(".ttc") else 0


@lru_cache(maxsize=64)
def font(size: int, file: str) -> Font:
    """The font of ``file`` at that size; without one the Latin font that comes with the drawing library."""
    if file:
        return ImageFont.truetype(file, size, index=_face(file))
    plain = ImageFont.load_default(size)
    assert isinstance(plain, ImageFont.FreeTypeFont)  # noqa: S101 -- a bitmap only where the library lacks FreeType
    return plain


def here() -> str:
    """The file for this machine (``EVERGREEN_FONT`` first)."""
    return path(settings.SHARE_FONT)


def drawable(face: Font, text: str) -> str:
    """The text without what the font has no shape for."""
    blank = _shape(face, _NOWHERE)
    return "".join(char for char in text if char.isspace() or _shape(face, char) != blank).strip()


def _shape(face: Font, char: str) -> tuple[tuple[int, int], bytes]:
    mask = face.getmask(char)
    return mask.size, bytes(mask)
