"""What every template knows: the programme."""

from typing import Any

from django.http import HttpRequest

from loyalty import programme as programmes


def programme(request: HttpRequest) -> dict[str, Any]:
    """``programme``: the brand's row."""
    return {"programme": programmes.current()}
