"""QR codes as inline drawings: no request, no style, crisp on every screen."""

import segno
from django.utils.safestring import SafeString, mark_safe

BORDER = 1


def qr(text: str) -> SafeString:
    """``text`` as an SVG that fills its box; black on whatever is behind it, so put it on white."""
    code = segno.make_qr(text, error="m")
    return mark_safe(code.svg_inline(border=BORDER, omitsize=True, svgclass=None, lineclass=None))  # noqa: S308 -- drawn by us
