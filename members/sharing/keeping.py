"""Making a picture once: kept under a name that follows from all that is on it, and swept away after a month.

The files lie in ``MEDIA_ROOT/shares/…``, which no public route serves; a changed name, tier or brand makes
another picture.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.translation import gettext_lazy as _

from loyalty import periods
from loyalty.registry import Job
from members.sharing import drawing
from members.sharing.drawing import Card

KEPT = timedelta(days=30)
STYLE = 1  # raised when pictures are drawn in another way
_FOLDER = "shares"


def picture(card: Card) -> bytes:
    """The picture, drawn where it is not there yet."""
    name = path(card)
    if default_storage.exists(name):
        with default_storage.open(name) as kept:
            found: bytes = kept.read()
            return found
    drawn = drawing.draw(card)
    default_storage.save(name, ContentFile(drawn))
    return drawn


def path(card: Card) -> str:
    """Where a picture is kept: by SHA-256 of all that is on it."""
    told = hashlib.sha256(repr((STYLE, sorted(asdict(card).items()))).encode()).hexdigest()
    return f"{_FOLDER}/{told[:2]}/{told}.png"


def sweep(as_of: datetime, _period: str) -> Mapping[str, int]:
    """Takes away what was drawn more than a month ago; it is drawn again when it is wanted."""
    gone = 0
    for folder in default_storage.listdir(_FOLDER)[0] if default_storage.exists(_FOLDER) else ():
        for name in default_storage.listdir(f"{_FOLDER}/{folder}")[1]:
            file = f"{_FOLDER}/{folder}/{name}"
            if default_storage.get_modified_time(file) < as_of - KEPT:
                default_storage.delete(file)
                gone += 1
    return {"swept": gone}


JOBS = (Job("sweep_shares", _("Take old share pictures away"), periods.day, run=sweep, catch_up=0),)
