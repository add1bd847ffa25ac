"""Keeping members' pictures: one's own, so many, gone when they are replaced."""

import io
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import transaction

from loyalty.errors import NotFound
from loyalty.limits import TooManyTries
from members.models import Member, Picture
from members.profile import pictures, redrawing
from members.profile.pictures import NoRoomForPicture
from tests import cast
from tests.members import corpus

pytestmark = pytest.mark.django_db
AVATAR = Picture.Purpose.AVATAR
DRAWN = redrawing.draw(corpus.jpeg())


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any) -> Path:
    """Pictures of a test lie in a folder of its own."""
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def files(folder: Path) -> int:
    return len([path for path in folder.rglob("*") if path.is_file()])


def kept(member: Member) -> Picture:
    return pictures.keep(member_id=member.pk, drawn=DRAWN, purpose=AVATAR, now=cast.NOW)


def test_a_picture_is_kept_in_two_sizes_under_a_name_of_ours(folder: Path) -> None:
    """5.2.4: nothing of the file's own name; outside every public folder."""
    member = cast.member()
    upload = io.BytesIO(corpus.with_place())
    upload.name = "../../" + "x" * 300 + "\u202egpj.exe"

    picture = pictures.receive(member_id=member.pk, upload=upload, purpose=AVATAR, now=cast.NOW)

    assert (picture.width, picture.height, len(picture.name)) == (48, 64, 32)
    assert [pictures.read(picture, size)[8:12] for size in pictures.SIZES] == [b"WEBP", b"WEBP"]
    assert {path.parent.parent for path in folder.rglob("*.webp")} == {folder / "members"}
    assert picture.size == sum(len(pictures.read(picture, size)) for size in pictures.SIZES)


def test_a_portrait_that_is_replaced_is_gone_with_its_files(
    folder: Path, django_capture_on_commit_callbacks: Any
) -> None:
    member = cast.member()
    first, second = kept(member), kept(member)
    pictures.set_avatar(member_id=member.pk, picture=first)

    with django_capture_on_commit_callbacks(execute=True):
        pictures.set_avatar(member_id=member.pk, picture=second)

    assert list(Picture.objects.values_list("pk", flat=True)) == [second.pk]
    assert Member.objects.get(pk=member.pk).avatar_id == second.pk
    assert files(folder) == 2
    with pytest.raises(NotFound):
        pictures.read(first, "large")


@pytest.mark.django_db(transaction=True)
def test_files_stay_where_forgetting_is_taken_back(folder: Path) -> None:
    picture = kept(cast.member())

    with transaction.atomic():
        pictures.discard(picture)
        transaction.set_rollback(True)

    assert (Picture.objects.count(), files(folder)) == (1, 2)


def test_a_file_that_cannot_be_written_leaves_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    member, save = cast.member(), default_storage.save

    def once(name: str, content: Any) -> str:
        if name.endswith("large.webp"):
            raise OSError("full")
        return save(name, content)

    monkeypatch.setattr(default_storage, "save", once)
    with pytest.raises(OSError, match="full"):
        kept(member)

    assert (Picture.objects.count(), files(folder)) == (0, 0)


def test_there_is_room_for_so_many_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """5.2.4: a quota of files and of bytes for each member."""
    member, other = cast.member(), cast.new_member()
    monkeypatch.setattr(pictures, "MOST", 1)
    kept(member)

    with pytest.raises(NoRoomForPicture) as many:
        kept(member)
    kept(other)
    monkeypatch.setattr(pictures, "MOST", 9)
    monkeypatch.setattr(pictures, "MOST_BYTES", len(DRAWN.large) + 10)
    with pytest.raises(NoRoomForPicture):
        kept(other)

    assert many.value.numbers == {"count": 1}
    assert Picture.objects.count() == 2


def test_sending_pictures_is_limited_by_the_hour_refused_ones_too(monkeypatch: pytest.MonkeyPatch) -> None:
    member = cast.member()
    monkeypatch.setattr(pictures, "AN_HOUR", 1)
    with pytest.raises(redrawing.PictureUnreadable):
        pictures.receive(member_id=member.pk, upload=io.BytesIO(b"GIF89a"), purpose=AVATAR, now=cast.NOW)

    with pytest.raises(TooManyTries):
        pictures.receive(member_id=member.pk, upload=io.BytesIO(corpus.jpeg()), purpose=AVATAR, now=cast.NOW)

    assert Picture.objects.count() == 0


def test_a_picture_of_somebody_else_or_of_another_size_is_not_found() -> None:
    picture, other = kept(cast.member()), cast.new_member()

    for ask in (lambda: pictures.of_member(other.pk, picture.pk), lambda: pictures.read(picture, "../large")):
        with pytest.raises(NotFound):
            ask()

    assert pictures.of_member(picture.member_id, picture.pk) == picture


def plant(folder: Path, name: str, *, hours_ago: float) -> Path:
    """A file as a crash leaves it: on the disk, in no row."""
    file = folder / "members" / name[:2] / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"x")
    at = (cast.NOW - timedelta(hours=hours_ago)).timestamp()
    os.utime(file, (at, at))
    return file


def test_files_that_belong_to_nobody_go_after_a_day(folder: Path) -> None:
    picture = kept(cast.member())
    for file in folder.rglob("*.webp"):
        os.utime(file, (0, 0))
    lost, fresh = plant(folder, "abc-lost-small.webp", hours_ago=25), plant(folder, "abd-new-large.webp", hours_ago=23)
    foreign = plant(folder, "readme.txt", hours_ago=999)

    swept = [pictures.sweep(cast.NOW, "") for _night in range(2)]

    assert swept == [{"swept": 1}, {"swept": 0}]
    assert (lost.exists(), fresh.exists(), foreign.exists()) == (False, True, True)
    assert [len(pictures.read(picture, size)) > 0 for size in pictures.SIZES] == [True, True]


def test_without_a_folder_there_is_nothing_to_sweep() -> None:
    assert pictures.sweep(cast.NOW, "") == {"swept": 0}
