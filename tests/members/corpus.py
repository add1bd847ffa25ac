"""Files people might send as pictures: good ones, odd ones and hostile ones, made here, kept nowhere."""

import io
import struct
import zipfile
import zlib

from PIL import Image
from PIL.Image import Exif
from PIL.PngImagePlugin import PngInfo
from PIL.TiffImagePlugin import IFDRational

GPS, ORIENTATION, MAKER, GPS_LATITUDE = 0x8825, 0x0112, 0x010F, 2
CANARY = b"SECRET-PLACE-31N121E"


def drawn(size: tuple[int, int] = (64, 48), mode: str = "RGB") -> Image.Image:
    """A picture whose left half is red, so that one sees which way it stands."""
    image = Image.new("RGB", size, "white")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    return image.convert(mode)


def encoded(image: Image.Image, kind: str, **more: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **more)
    return stream.getvalue()


def jpeg(**more: object) -> bytes:
    return encoded(drawn(), "JPEG", **more)


def exif(orientation: int = 1, padding: int = 0) -> bytes:
    """What a phone writes: its maker, the place, and as much else as wanted."""
    told = Exif()
    told[ORIENTATION] = orientation
    told[MAKER] = CANARY.decode() + "x" * padding
    told.get_ifd(GPS)[GPS_LATITUDE] = (IFDRational(31), IFDRational(13), IFDRational(49))
    return told.tobytes()


def with_place() -> bytes:
    return jpeg(exif=exif(orientation=6), comment=CANARY)


def png_with_text() -> bytes:
    told = PngInfo()
    told.add_text("Comment", CANARY.decode())
    told.add_itxt("XML:com.adobe.xmp", f"<x>{CANARY.decode()}</x>")
    return encoded(drawn(), "PNG", pnginfo=told, exif=exif())


def webp_with_place() -> bytes:
    return encoded(drawn(), "WEBP", exif=exif(), xmp=b"<x>" + CANARY + b"</x>")


def huge_exif() -> bytes:
    return jpeg(exif=exif(padding=60_000))


def moving(kind: str) -> bytes:
    frames = [drawn(), drawn().rotate(180)]
    return encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=100, loop=0)


def several_in_jpeg() -> bytes:
    """Two pictures in one JPEG, as phones write them: the first is the photo."""
    return encoded(drawn(), "MPO", save_all=True, append_images=[drawn()])


def zip_behind(start: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("payload.html", b"<script>alert(1)</script>")
    return start + stream.getvalue()


def html_behind(start: bytes) -> bytes:
    return start + b"<html><script>alert(1)</script>" + CANARY


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_claiming(width: int, height: int) -> bytes:
    """A few bytes that say they are a picture of that size."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 64)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def bomb(side: int) -> bytes:
    """An honest picture of one color: a few kilobytes that unfold to ``side`` times ``side`` points."""
    return encoded(Image.new("L", (side, side)), "PNG")


def text_bomb() -> bytes:
    """A PNG whose text chunk unfolds to 64 MB."""
    plain = encoded(drawn(), "PNG")
    packed = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"x" * 64 * 1024 * 1024))
    return plain[:33] + packed + plain[33:]
