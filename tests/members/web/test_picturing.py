"""Pictures on pages: for their owner and for staff, never for others, never as anything but a picture."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from loyalty import clock
from loyalty.models import User
from members.models import Member, Picture
from members.profile import pictures, redrawing
from tests import cast, visits
from tests.loyalty.second_factor import phone
from tests.members import corpus

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


@pytest.fixture(autouse=True)
def _media(tmp_path: Any, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def member() -> Member:
    return cast.gold_member(password=cast.PASSWORD)


def kept(member: Member) -> Picture:
    drawn = redrawing.draw(corpus.jpeg())
    return pictures.keep(member_id=member.pk, drawn=drawn, purpose=Picture.Purpose.AVATAR, now=cast.NOW)


def staff(*permissions: str) -> Client:
    user = User.objects.create_user("clerk", password=cast.PASSWORD, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_a_picture_is_served_as_a_picture_and_nothing_else(member: Member) -> None:
    """5.2.x: nosniff, a sandbox, a private cache."""
    picture = kept(member)

    answer = visits.as_member(member).get(f"/me/pictures/{picture.pk}/large.webp")

    assert answer.content == pictures.read(picture, "large")
    assert {name: answer.headers[name] for name in ("Content-Type", "X-Content-Type-Options")} == {
        "Content-Type": "image/webp",
        "X-Content-Type-Options": "nosniff",
    }
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert set(answer.headers["Cache-Control"].split(", ")) == {"private", "max-age=86400", "immutable"}


def test_who_may_see_a_picture(member: Member) -> None:
    address = f"/me/pictures/{kept(member).pk}/small.webp"
    other = visits.as_member(cast.new_member(password=cast.PASSWORD))
    seeing, blind = staff("view_member"), Client()
    blind.force_login(
        User.objects.create_user("intern", is_staff=True), backend="django.contrib.auth.backends.ModelBackend"
    )

    codes = [
        each.get(address).status_code for each in (visits.as_member(member), seeing, other, visits.visitor(), blind)
    ]

    assert codes == [200, 200, 404, 404, 404]


def test_staff_with_a_password_alone_see_no_picture(member: Member, settings: Any) -> None:
    """6.3.3: pages for staff outside the admin ask for the second factor, too."""
    address = f"/me/pictures/{kept(member).pk}/small.webp"
    client = staff("view_member")
    settings.STAFF_SECOND_FACTOR = "required"

    before = client.get(address).status_code
    app, _written = phone.set_up(User.objects.get(username="clerk"), now=clock.now() - timedelta(minutes=5))
    client.post("/admin/second-factor/enter/", {"code": app.shows(clock.now())})

    assert (before, client.get(address).status_code) == (404, 200)


@pytest.mark.parametrize("size", ["huge", "..%2f..%2fsettings", "small.webp%0d%0aX-Bad: 1"])
def test_no_other_file_can_be_asked_for(member: Member, size: str) -> None:
    """5.3.x: traversal and CRLF."""
    picture = kept(member)
    client = visits.as_member(member)

    codes = [client.get(f"/me/pictures/{ref}/{size}.webp").status_code for ref in (picture.pk, uuid4())]

    assert codes == [404, 404]


def test_private_pictures_are_on_no_public_route(member: Member) -> None:
    path = pictures.path(kept(member), "small")

    assert visits.visitor().get(f"/media/{path}").status_code == 404


def test_a_portrait_is_set_and_taken_away(member: Member) -> None:
    client = visits.as_member(member)

    client.post("/me/avatar/", {"picture": SimpleUploadedFile("me.jpg", corpus.with_place())})
    shown = Picture.objects.get()
    page = client.get("/me/").content.decode()
    client.post("/me/avatar/", {"remove": "1"})

    assert f"/me/pictures/{shown.pk}/small.webp" in page
    assert Picture.objects.count() == 0


def test_a_refused_portrait_says_why_in_the_members_language(member: Member) -> None:
    client = visits.as_member(member, language="en")

    answer = client.post("/me/avatar/", {"picture": SimpleUploadedFile("me.png", corpus.moving("PNG"))})

    assert answer.status_code == 400
    assert "This is a moving picture." in answer.content.decode()
