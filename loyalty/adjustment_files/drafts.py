"""Uploads between preview and asking: kept for a day, each for the person who sent it."""

import re
from datetime import datetime

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from loyalty.imports import files
from loyalty.imports.refusals import FileForgotten

FOLDER = "adjustments"
DIGEST = re.compile(r"[0-9a-f]{64}")


def keep(*, data: bytes, user_id: int) -> str:
    """Stores the bytes; returns their SHA-256, which is their name."""
    digest = files.fingerprint(data)
    path = _path(digest, user_id)
    if not default_storage.exists(path):
        default_storage.save(path, ContentFile(data))
    return digest


def take(*, digest: str, user_id: int) -> bytes:
    """The bytes again; raises ``FileForgotten`` where this person sent none of that name lately."""
    path = _path(digest, user_id)
    if not DIGEST.fullmatch(digest) or not default_storage.exists(path):
        raise FileForgotten(param="file")
    with default_storage.open(path) as stream:
        return files.take(stream)


def drop(*, digest: str, user_id: int) -> None:
    default_storage.delete(_path(digest, user_id))


def forget(*, before: datetime) -> int:
    """Deletes what was kept before that instant; returns how many files."""
    if not default_storage.exists(FOLDER):
        return 0
    names = [f"{FOLDER}/{name}" for name in default_storage.listdir(FOLDER)[1]]
    old = [name for name in names if default_storage.get_modified_time(name) < before]
    for name in old:
        default_storage.delete(name)
    return len(old)


def _path(digest: str, user_id: int) -> str:
    return f"{FOLDER}/{user_id}-{digest}.data"
