"""Uploaded pictures are public; everything else that was uploaded is not."""

from pathlib import Path

import pytest
from django.test import override_settings

from tests import visits


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/media/rewards/toy.png", 200),
        ("/media/brand/missing.png", 404),
        ("/media/imports/orders.csv", 404),
        ("/media/rewards/../imports/orders.csv", 404),
        ("/media/rewards/..", 404),
    ],
)
def test_only_the_public_folders_are_served(tmp_path: Path, path: str, status: int) -> None:
    for name in ("rewards/toy.png", "imports/orders.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"content")

    with override_settings(MEDIA_ROOT=tmp_path):
        answer = visits.visitor().get(path)

    answer.close()
    assert answer.status_code == status
