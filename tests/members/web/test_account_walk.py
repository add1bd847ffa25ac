"""Devices, guardians and the household's owner in a browser: on a phone and a desktop, in both languages, dark too."""

from datetime import date

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from loyalty.ledger import pooling
from loyalty.models import PoolMembership
from members.entering import enrolment
from members.entering.guardians import Guardian
from members.models import Member
from tests import cast
from tests.conftest import Opener
from tests.pages import accessibility_faults, overflows

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
COMPUTER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0"
LOOKS = [("zh-CN", 390, False), ("zh-CN", 1280, True), ("en", 390, True), ("en", 1280, False)]
BIG = "main form button.btn.big"


def look(page: Page) -> None:
    assert accessibility_faults(page) == [], page.url
    assert overflows(page) is False, page.url


def sign_in(page: Page, login: str) -> None:
    page.goto("/sign-in/")
    page.fill("#id_login", login)
    page.fill("#id_password", cast.PASSWORD)
    page.click(BIG)
    expect(page.locator("main")).to_be_visible()


def child() -> Member:
    return enrolment.enrol(
        source="web",
        phone="13600136000",
        name="周小满",
        birthday=date(2015, 6, 1),
        guardian=Guardian("周妈妈", "+8613500135000"),
        consents={"terms": True},
        password=cast.PASSWORD,
        now=cast.NOW,
    )


@pytest.mark.parametrize(("language", "width", "dark"), LOOKS)
def test_a_device_is_seen_and_signed_out(browse: Opener, language: str, width: int, dark: bool) -> None:
    cast.new_member(password=cast.PASSWORD)
    there = Client(headers={"User-Agent": COMPUTER})
    there.post("/sign-in/", {"login": "13900139000", "password": cast.PASSWORD})
    with browse(language=language, width=width, dark=dark) as page:
        sign_in(page, "13900139000")
        for path in ("/me/", "/me/entrances/", "/me/devices/"):
            page.goto(path)
            look(page)
        page.click("main .settings a.btn")
        look(page)
        page.fill("#id_password", "guessed")
        page.click("main form button.wide")
        expect(page.locator("main .wrong")).to_be_visible()
        page.fill("#id_password", cast.PASSWORD)
        page.click("main form button.wide")
        expect(page.locator("main .settings li")).to_have_count(1)

    assert there.get("/me/").status_code == 302


@pytest.mark.parametrize(("language", "width", "dark"), LOOKS)
def test_a_guardian_ends_it_and_the_child_asks_again(browse: Opener, language: str, width: int, dark: bool) -> None:
    cast.ladder()
    child()
    with browse(language=language, width=width, dark=dark) as page:
        page.goto("/guardian/")
        look(page)
        page.fill("#id_contact", "13500135000")
        page.click(BIG)
        look(page)
        page.fill("#id_code", page.locator("[data-code]").inner_text())
        page.click(BIG)
        look(page)
        page.click("main .acts a.btn")
        look(page)
        page.check("#id_sure")
        page.click("main form button.bad")
        expect(page.locator("main .acts form button")).to_be_visible()
    with browse(language=language, width=width, dark=dark) as page:
        sign_in(page, "13600136000")
        expect(page.locator("#id_guardian_name")).to_be_visible()
        look(page)
        page.fill("#id_guardian_name", "周妈妈")
        page.check("#id_guardian_agreed")
        page.click(BIG)
        look(page)
        page.fill("#id_code", page.locator("[data-code]").inner_text())
        page.click(BIG)
        page.goto("/me/guardian/")
        look(page)

    assert Member.objects.get().guardian_agreed_at is not None


@pytest.mark.parametrize(("language", "width", "dark"), LOOKS)
def test_a_household_is_handed_over(browse: Opener, language: str, width: int, dark: bool) -> None:
    owner = cast.gold_member(points=1000, password=cast.PASSWORD)
    guests = [cast.member(name, phone=f"1360013600{at}", points=300) for at, name in enumerate(("陈晨", "小雨"))]
    pool = pooling.open_purse(owner_id=owner.pk, name="毛球之家", now=cast.NOW)
    for guest, role in zip(guests, (PoolMembership.Role.ADULT, PoolMembership.Role.CONTRIBUTOR), strict=True):
        pooling.join(pool_id=pool.pk, account_id=guest.pk, role=role, now=cast.NOW)
    with browse(language=language, width=width, dark=dark) as page:
        sign_in(page, owner.account.number)
        for path in ("/me/household/leave/", "/me/household/"):
            page.goto(path)
            look(page)
        page.locator("main .rights a").first.click()
        look(page)
        page.click("main form.panel button.btn")
        expect(page.locator("main .rights")).to_have_count(0)

    assert PoolMembership.objects.get(role="owner").account_id == guests[0].pk
