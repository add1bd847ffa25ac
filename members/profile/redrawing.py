"""Reading a picture from outside and drawing it anew, in a process of its own.

JPEG, PNG and WebP are told by their content; nothing of the file is kept but its pixels, upright, as
WebP in two sizes. What a camera wrote (place, time, device), text, color profiles and whatever hangs on
the end of a file are gone. A picture is judged by its header before a pixel is decoded; decoding is done
by ``redraw`` in a child with limits of memory and time, so a file made to hurt hurts nobody.
"""

import io
import json
import resource
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps

from loyalty.errors import InvalidInput, LoyaltyError

FORMATS = ("JPEG", "PNG", "WEBP")
BYTES = 8 * 1024 * 1024
PIXELS = 40_000_000
SHORTEST = 16
SMALL, LARGE = 240, 1080
QUALITY = 82
SECONDS = 10
MEMORY = 1024**3
# What a decoder may say of bytes that are none of its own.
BROKEN = (OSError, ValueError, SyntaxError, ArithmeticError, LookupError, TypeError, MemoryError, EOFError)
_ROOT = Path(__file__).resolve().parent.parent.parent


class PictureTooLarge(InvalidInput):
    code = "picture_too_large"
    sentence = _("This picture has %(megabytes)s MB; up to %(maximum)s MB fit. A smaller copy is as good on a phone.")


class PictureUnreadable(InvalidInput):
    code = "picture_unreadable"
    sentence = _("This picture cannot be opened. Please choose a JPEG, PNG or WebP, or take a screenshot of it.")


class PictureTooDetailed(InvalidInput):
    code = "picture_too_detailed"
    sentence = _("This picture has more than %(megapixels)s million points. Please make it smaller and try again.")


class PictureTooSmall(InvalidInput):
    code = "picture_too_small"
    sentence = _("This picture is very small. Please choose one of at least %(side)s by %(side)s points.")


class PictureMoves(InvalidInput):
    code = "picture_moves"
    sentence = _("This is a moving picture. Please choose one that holds still.")


REFUSALS: dict[str, type[LoyaltyError]] = {
    each.code: each for each in (PictureUnreadable, PictureTooDetailed, PictureTooSmall, PictureMoves)
}


class Drawn(NamedTuple):
    """``small`` is a square cut from the middle, ``large`` the whole; both WebP. Size is the large one's."""

    width: int
    height: int
    small: bytes
    large: bytes


def redraw(data: bytes) -> Drawn:
    """Draws a picture anew in a child process. Raises one of the refusals above; each names ``picture``."""
    if len(data) > BYTES:
        raise PictureTooLarge(param="picture", megabytes=f"{len(data) / 1024**2:.1f}", maximum=BYTES // 1024**2)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "members.profile.redrawing"],
            input=data,
            capture_output=True,
            timeout=SECONDS,
            check=True,
            cwd=_ROOT,
        )
        head, _line, body = done.stdout.partition(b"\n")
        told: dict[str, Any] = json.loads(head)
    except (subprocess.SubprocessError, ValueError):  # killed by a limit, or out of time
        raise PictureUnreadable(param="picture") from None
    if "refused" in told:
        raise REFUSALS[told["refused"]](param="picture", **told["numbers"])
    return Drawn(told["width"], told["height"], body[: told["small"]], body[told["small"] :])


def serve() -> None:
    """The child: a picture on standard input, the drawn ones or a refusal on standard output."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    try:
        drawn = draw(sys.stdin.buffer.read(BYTES + 1))
        head: dict[str, Any] = {"width": drawn.width, "height": drawn.height, "small": len(drawn.small)}
        body = drawn.small + drawn.large
    except LoyaltyError as refusal:
        head, body = {"refused": refusal.code, "numbers": refusal.numbers}, b""
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n" + body)


def draw(data: bytes) -> Drawn:
    """The same in this process, for pictures of our own. Raises like ``redraw``."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                _refuse(image)
                image.draft("RGB", (2 * LARGE, 2 * LARGE))  # a JPEG is decoded at a fraction of its size
                upright = ImageOps.exif_transpose(image)
                plain = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    except LoyaltyError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise PictureTooDetailed(param="picture", megapixels=PIXELS // 1_000_000) from None
    except BROKEN:
        raise PictureUnreadable(param="picture") from None
    plain.info.clear()
    return _drawn(plain)


def _refuse(image: Image.Image) -> None:
    """Judges what the header says; no pixel is decoded yet. A JPEG's further pictures are its maker's own."""
    if image.width * image.height > PIXELS:
        raise PictureTooDetailed(param="picture", megapixels=PIXELS // 1_000_000)
    if min(image.size) < SHORTEST:
        raise PictureTooSmall(param="picture", side=SHORTEST)
    if image.format in ("PNG", "WEBP") and getattr(image, "is_animated", False):
        raise PictureMoves(param="picture")


def _drawn(image: Image.Image) -> Drawn:
    large = ImageOps.contain(image, (LARGE, LARGE), Image.Resampling.LANCZOS) if max(image.size) > LARGE else image
    small = ImageOps.fit(image, (SMALL, SMALL), Image.Resampling.LANCZOS)
    return Drawn(large.width, large.height, _encoded(small), _encoded(large))


def _encoded(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "WEBP", quality=QUALITY, method=4, exif=b"", xmp=b"", icc_profile=b"")
    return stream.getvalue()


if __name__ == "__main__":
    serve()
