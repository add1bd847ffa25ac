"""Pictures of members: taken in, kept beside nobody else's, handed out to who may see them.

What is kept is drawn by ``members.profile.redrawing``, never the file that came. The two files of a picture lie in
``MEDIA_ROOT/members/…`` under a random name, which no public route serves. A picture belongs to one member;
whoever shows one finds it by ``of_member``.
"""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import IO
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from loyalty import limits, periods
from loyalty.errors import LoyaltyError, NotFound
from loyalty.registry import Job
from members.models import Member, Picture
from members.profile import redrawing
from members.profile.redrawing import BYTES, Drawn

SIZES = ("small", "large")
MOST = 100  # pictures, of two files each
MOST_BYTES = 200 * 1024 * 1024
AN_HOUR = 40
SETTLED = timedelta(days=1)  # by then what was being saved is saved, or was lost
_FOLDER = "members"
_ENDINGS = tuple(f"-{size}.webp" for size in SIZES)


class NoRoomForPicture(LoyaltyError):
    code = "no_room_for_picture"
    sentence = _("There are %(count)s pictures of yours here, and no room for more. Please take an old one out first.")


def receive(*, member_id: int, upload: IO[bytes], purpose: Picture.Purpose, now: datetime) -> Picture:
    """Keeps what a member sends. At most so many an hour, as drawing is work; refused ones count, too.

    Called outside a transaction. Raises ``TooManyTries``, ``NoRoomForPicture`` and what
    ``redrawing.redraw`` raises, with ``picture`` as the parameter at fault.
    """
    limits.hit(bucket=f"picture:{member_id}", limit=AN_HOUR, per_seconds=3600, now=now)
    drawn = redrawing.redraw(upload.read(BYTES + 1))
    return keep(member_id=member_id, drawn=drawn, purpose=purpose, now=now)


@transaction.atomic
def keep(*, member_id: int, drawn: Drawn, purpose: Picture.Purpose, now: datetime) -> Picture:
    """Stores a drawn picture. Raises ``NoRoomForPicture`` or ``NotFound``; then no file is left behind."""
    if Member.objects.select_for_update(of=("self",)).filter(pk=member_id).first() is None:
        raise NotFound
    size = len(drawn.small) + len(drawn.large)
    there = Picture.objects.filter(member_id=member_id)
    held = there.aggregate(total=Sum("size"))["total"] or 0
    if (count := there.count()) >= MOST or held + size > MOST_BYTES:
        raise NoRoomForPicture(param="picture", count=count)
    picture = Picture.objects.create(
        member_id=member_id,
        purpose=purpose,
        name=secrets.token_urlsafe(24),
        width=drawn.width,
        height=drawn.height,
        size=size,
        uploaded_at=now,
    )
    try:
        for name, data in (("small", drawn.small), ("large", drawn.large)):
            default_storage.save(path(picture, name), ContentFile(data))
    except BaseException:
        _delete(picture.name)
        raise
    return picture


def discard(picture: Picture) -> None:
    """Forgets a picture; its files go once that is certain."""
    Picture.objects.filter(pk=picture.pk).delete()
    transaction.on_commit(partial(_delete, picture.name), robust=True)


def set_avatar(*, member_id: int, picture: Picture | None) -> None:
    """Makes a picture the member's portrait, or takes the portrait away; the one before is forgotten."""
    with transaction.atomic():
        member = Member.objects.select_for_update(of=("self",)).select_related("avatar").get(pk=member_id)
        old = member.avatar
        Member.objects.filter(pk=member_id).update(avatar=picture)
        if old is not None and old != picture:
            discard(old)


def of_member(member_id: int, picture_id: UUID) -> Picture:
    """One of a member's own pictures; raises ``NotFound`` for any other."""
    found = Picture.objects.filter(pk=picture_id, member_id=member_id).first()
    if found is None:
        raise NotFound
    return found


def read(picture: Picture, size: str) -> bytes:
    """The file; raises ``NotFound`` for a size there is not or a file that is gone."""
    if size not in SIZES:
        raise NotFound
    try:
        with default_storage.open(path(picture, size)) as stream:
            return bytes(stream.read())
    except FileNotFoundError:
        raise NotFound from None


def path(picture: Picture, size: str) -> str:
    """Where the file lies in the storage; in folders by the first letters, so that none grows without end."""
    return _path(picture.name, size)


def sweep(as_of: datetime, _period: str) -> Mapping[str, int]:
    """Takes away files no picture names, as a crash between file and row leaves them; none younger than a day."""
    gone = 0
    for folder in default_storage.listdir(_FOLDER)[0] if default_storage.exists(_FOLDER) else ():
        files = {file: _named(file) for file in default_storage.listdir(f"{_FOLDER}/{folder}")[1]}
        names = {name for name in files.values() if name}
        names -= set(Picture.objects.filter(name__in=names).values_list("name", flat=True))
        for file in (f"{_FOLDER}/{folder}/{file}" for file, name in files.items() if name in names):
            if default_storage.get_modified_time(file) < as_of - SETTLED:
                default_storage.delete(file)
                gone += 1
    return {"swept": gone}


def _named(file: str) -> str:
    """The name of the picture a file is of; empty for a file that is not ours."""
    return next((file.removesuffix(ending) for ending in _ENDINGS if file.endswith(ending)), "")


def _path(name: str, size: str) -> str:
    return f"{_FOLDER}/{name[:2]}/{name}-{size}.webp"


def _delete(name: str) -> None:
    for size in SIZES:
        default_storage.delete(_path(name, size))


JOBS = (Job("sweep_pictures", _("Take away picture files that belong to nobody"), periods.day, run=sweep, catch_up=0),)
