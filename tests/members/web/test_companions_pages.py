"""The pages of pets, addresses, interests and the household in a browser: they read well and need no script."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from loyalty import clock
from members.models import Interest, Member, Pet
from members.profile import households, pets, postal
from tests import cast
from tests.conftest import Opener
from tests.members import corpus
from tests.pages import accessibility_faults, overflows

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def member(live: str, tmp_path: Path, settings: Any) -> Member:
    """Somebody with a living pet, one remembered, an address and a household."""
    settings.MEDIA_ROOT = tmp_path / "media"
    Interest.objects.create(code="food", name_zh="营养主粮", name_en="Good food")
    member, now = cast.gold_member(points=0, password=cast.PASSWORD), clock.now()
    cast.give(member.pk, 500, now=now)
    today = now.date()
    mimi = pets.add(member_id=member.pk, told=pets.Told("咪咪", "cat", birthday=today - timedelta(days=700)), now=now)
    for days, kilograms in ((60, "4.0"), (2, "4.3")):
        on = today - timedelta(days=days)
        pets.weigh(member_id=member.pk, pet_id=mimi.pk, kilograms=Decimal(kilograms), on=on, now=now)
    old = pets.add(member_id=member.pk, told=pets.Told("老咪", "cat", birthday=date(2008, 1, 2)), now=now)
    pets.remember(member_id=member.pk, pet_id=old.pk, on=today - timedelta(days=30), now=now)
    home = postal.Told(
        "林小满", "13800138000", "上海市", "上海市", "南京西路 1 号 3 幢 2 单元 101 室", "静安区", "200041"
    )
    postal.add(member_id=member.pk, told=home, now=now)
    households.open_household(member_id=member.pk, name="毛球之家", percent=10, now=now)
    households.contribute(member_id=member.pk, points=200, key="a", now=now)
    return member


def sign_in(page: Page, member: Member) -> None:
    page.goto("/sign-in/")
    page.fill("#id_login", member.account.number)
    page.fill("#id_password", cast.PASSWORD)
    page.click("main form button.btn.big")
    expect(page.locator(".card").first).to_be_visible()


@pytest.mark.parametrize(("language", "width", "dark"), [("zh-CN", 390, False), ("en-US", 1280, True)])
def test_the_pages_read_well(member: Member, browse: Opener, language: str, width: int, *, dark: bool) -> None:
    living, memory = Pet.objects.order_by("pk")
    paths = (
        "/", "/me/", "/me/profile/", "/me/interests/", "/me/pets/", "/me/pets/add/", f"/me/pets/{living.pk}/",
        f"/me/pets/{memory.pk}/", f"/me/pets/{living.pk}/farewell/", "/me/addresses/", "/me/addresses/add/",
        "/me/household/", "/me/household/leave/",
    )  # fmt: skip
    faults = []

    with browse(language=language, width=width, dark=dark) as page:
        sign_in(page, member)
        for path in paths:
            page.goto(path)
            faults += [f"{path}: {fault}" for fault in accessibility_faults(page)]
            faults += [f"{path}: scrolls sideways"] if overflows(page) else []

    assert faults == []


def test_a_photo_is_chosen_and_seen(member: Member, page_en: Page, tmp_path: Path) -> None:
    photo = tmp_path / "mimi.jpg"
    photo.write_bytes(corpus.with_place())
    pet = Pet.objects.earliest("pk")
    sign_in(page_en, member)

    page_en.goto(f"/me/pets/{pet.pk}/photo/")
    page_en.set_input_files("#id_picture", photo)
    page_en.click("main form.form button.btn")

    expect(page_en.locator(".pet-page .photo img")).to_be_visible()
    shown = page_en.locator(".pet-page .photo img").evaluate("image => image.naturalWidth")
    assert shown == 48
