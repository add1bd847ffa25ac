"""The share picture's pages, and the moment of a new tier."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from members.climbing import tiers
from members.models import Member, ReferralCode
from members.web import shared
from tests import cast, visits
from tests.conftest import Opener
from tests.pages import accessibility_faults, overflows

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def risen() -> Member:
    cast.ladder()
    member = cast.member(password=cast.PASSWORD)
    cast.give(member.pk, 2500, currency="growth")
    tiers.review([member.pk], {}, cast.NOW)
    return member


def test_a_name_is_half_hidden_unless_the_member_says_otherwise() -> None:
    assert [shared.masked(name) for name in ("林小满", "Anna Lin", " ", "")] == ["林**", "A**", "", ""]


def test_the_picture_is_shown_in_the_page_and_may_be_kept_by_the_member_alone(noon: datetime) -> None:
    client = visits.as_member(risen())

    answer = client.get("/path/picture/masked.png")

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/png")
    assert answer.headers["Content-Disposition"].startswith("inline")
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.content.startswith(b"\x89PNG")
    assert ReferralCode.objects.count() == 1


def test_visitors_and_members_without_a_tier_have_no_picture(noon: datetime) -> None:
    nobody = cast.member(password=cast.PASSWORD)

    assert visits.visitor().get("/path/picture/masked.png").status_code == 302
    assert [visits.as_member(nobody).get(f"/path/picture/{path}").status_code for path in ("", "masked.png")] == [
        404,
        404,
    ]


def test_the_member_chooses_how_much_of_the_name_is_on_it(noon: datetime) -> None:
    client = visits.as_member(risen())

    pictures = {client.get(f"/path/picture/{name}.png").content for name in shared.NAMES}
    page = client.get("/path/picture/?name=none").content.decode()

    assert (len(pictures), "/path/picture/none.png" in page) == (3, True)
    assert client.get("/path/picture/other.png").status_code == 404
    assert "/path/picture/masked.png" in client.get("/path/picture/?name=<script>").content.decode()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_new_tier_fills_the_screen_once_and_is_closed_for_good(live: str, browse: Opener) -> None:
    member = risen()
    with browse(language="zh-hans", width=390) as phone:
        phone.goto("/sign-in/")
        phone.fill("#id_login", member.account.number)
        phone.fill("#id_password", cast.PASSWORD)
        phone.click("main form button.btn.big")
        phone.wait_for_selector("dialog.moment .cheer")
        box = phone.locator("dialog.moment").bounding_box()
        faults = accessibility_faults(phone)
        phone.click("dialog.moment .shut")
        phone.locator(".cheer").wait_for(state="detached")
        phone.goto("/")

        assert (box and box["width"], faults, phone.locator(".cheer").count()) == (390, [], 0)
        phone.goto("/path/picture/")
        assert (overflows(phone), accessibility_faults(phone)) == (False, [])
        assert phone.locator("[data-share]").is_hidden()
