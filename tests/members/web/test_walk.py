"""A member's first day, walked in a browser: on a phone and a desktop, in both languages, with and without scripts."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from loyalty import clock
from loyalty.events import intake
from loyalty.events.incoming import Incoming
from loyalty.models import Currency
from members.models import Member, Tier
from tests import cast, tills
from tests.conftest import Opener
from tests.pages import accessibility_faults, overflows

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE = "13900139000"
BIG = "main form button.btn.big"


@pytest.fixture
def shop(live: str) -> str:
    """A programme with a joining gift, points for orders and check-ins, a ladder and a reward."""
    cast.ladder()
    Tier.objects.filter(code="silver").update(benefits_zh="生日礼", benefits_en="A birthday gift")
    Currency.objects.get_or_create(code="points", defaults={"name_zh": "积分", "name_en": "points"})
    cast.rule("joining", "member.joined", points=100)
    cast.rule("daily", "checkin.done", points=5)
    tills.a_point_per_yuan()
    cast.reward(points=300)
    return live


def buy() -> None:
    """The till tells of an order of the only member there is."""
    number = Member.objects.get().account.number
    told = {"order_id": "A-1", "currency": "CNY", "amount": "250.00", "customer": f"m:{number}"}
    outcome = intake.post([Incoming("order.paid", told, clock.now())], partner=cast.partner(), now=clock.now())[0]
    assert outcome.error is None


def join(page: Page) -> None:
    page.goto("/join/")
    page.fill("#id_name", "周一诺")
    page.fill("#id_contact", PHONE)
    page.fill("#id_password", cast.PASSWORD)
    page.check("#id_terms")
    page.click(BIG)
    prove(page)


def prove(page: Page) -> None:
    """Types the code that the demo shows."""
    expect(page).to_have_url(re.compile(r"/join/code/$"))
    page.fill("#id_code", page.locator("[data-code]").inner_text())
    page.click(BIG)
    expect(page).to_have_url(re.compile(r"/$"))


def walk(page: Page, look: Callable[[str], None]) -> None:
    """Join, check in, buy, read why, redeem, change the language, sign out; ``look`` is called on every page."""
    page.goto("/join/")
    look("join")
    join(page)
    expect(page.locator(".card .amount strong")).to_have_text("100")
    look("home of a new member")

    page.click(".checkin form button")
    expect(page.locator(".checkin .week .done")).to_have_count(1)
    expect(page.locator(".card .amount strong")).to_have_text("105")

    buy()
    page.reload()
    expect(page.locator(".card .amount strong")).to_have_text("355")
    look("home")

    page.click(".card .whole")
    expect(page.locator(".lines .much")).to_have_text(["+250", "+5", "+100"])
    look("statement")
    page.goto(page.locator(".lines a.line").first.get_attribute("href") or "")
    expect(page.locator(".receipt .total")).to_contain_text("+250")
    expect(page.locator(".receipt .why li").first).to_contain_text("250")
    look("receipt")

    page.goto("/mall/")
    look("mall")
    page.click(".tile a")
    look("reward")
    page.click(".bar a.btn")
    look("redeem")
    page.click(BIG)
    expect(page.locator(".ticket .code svg")).to_be_visible()
    look("ticket")
    for path in (
        "/tickets/",
        "/tasks/",
        "/card/",
        "/me/",
        "/me/profile/",
        "/me/privacy/",
        "/me/messages/",
        "/me/contact/",
        "/me/entrances/",
        "/me/devices/",
        "/invite/",
        "/points/add/",
        "/messages/",
    ):
        page.goto(path)
        look(path)

    before = page.locator("html").get_attribute("lang")
    page.click(".tools button")
    expect(page.locator("html")).not_to_have_attribute("lang", before or "")

    page.goto("/sign-out/")
    page.click("main form button")
    expect(page).to_have_url(re.compile(r"/sign-in/$"))
    look("sign in")
    page.goto("/points/")
    expect(page).to_have_url(re.compile(r"/sign-in/\?next=/points/"))


@pytest.mark.parametrize(
    ("language", "width", "dark"),
    [("zh-CN", 390, False), ("en-US", 390, True), ("zh-CN", 1280, True), ("en-US", 1280, False)],
)
def test_the_first_day_of_a_member(shop: str, browse: Opener, language: str, width: int, *, dark: bool) -> None:
    faults: list[str] = []

    with browse(language=language, width=width, dark=dark) as page:

        def look(name: str) -> None:
            faults.extend(f"{name}: {fault}" for fault in accessibility_faults(page))
            if overflows(page):
                faults.append(f"{name}: scrolls sideways")

        walk(page, look)

    assert faults == []


def test_everything_that_matters_works_without_scripts(shop: str, chromium: Browser) -> None:
    context = chromium.new_context(base_url=shop, locale="zh-CN", java_script_enabled=False)
    try:
        walk(context.new_page(), lambda _name: None)
    finally:
        context.close()

    member = Member.objects.get()
    assert cast.available(member.pk) == 55


def test_a_hasty_second_press_on_join_makes_one_member(shop: str, page_zh: Page) -> None:
    page_zh.goto("/join/")
    page_zh.fill("#id_name", "周一诺")
    page_zh.fill("#id_contact", PHONE)
    page_zh.fill("#id_password", cast.PASSWORD)
    page_zh.check("#id_terms")

    page_zh.dblclick(BIG)
    prove(page_zh)

    assert Member.objects.count() == 1


def test_a_line_opens_its_receipt_in_place_and_a_code_fills_the_screen(shop: str, page_en: Page) -> None:
    join(page_en)

    page_en.click(".lines a.line")
    expect(page_en.locator("dialog[open] .receipt")).to_contain_text("+100")
    assert accessibility_faults(page_en) == []
    page_en.click("dialog[open] button.shut")
    page_en.click(".card .qr")

    expect(page_en.locator("dialog[open] .code svg")).to_be_visible()
    assert page_en.url.endswith("/")


def test_earlier_lines_are_fetched_in_place(shop: str, page_en: Page) -> None:
    join(page_en)
    member = Member.objects.get()
    for points in range(1, 41):
        cast.give(member.pk, points, now=clock.now())

    page_en.goto("/points/")
    expect(page_en.locator(".lines .line")).to_have_count(20)
    page_en.click(".more-row a")

    expect(page_en.locator(".lines .line")).to_have_count(40)
    assert page_en.url.endswith("/points/")
    assert accessibility_faults(page_en) == []


def test_the_appearance_changes_at_once_and_stays(shop: str, page_en: Page) -> None:
    join(page_en)
    page_en.goto("/me/")
    light = page_en.evaluate("getComputedStyle(document.documentElement).backgroundColor")

    page_en.click("[data-theme-form] button[value=dark]")
    expect(page_en.locator("html")).to_have_attribute("data-theme", "dark")
    page_en.wait_for_load_state("networkidle")
    page_en.reload()

    assert page_en.evaluate("getComputedStyle(document.documentElement).backgroundColor") != light
    assert accessibility_faults(page_en) == []


def test_without_a_network_the_code_can_still_be_shown_until_one_signs_out(shop: str, chromium: Browser) -> None:
    context = chromium.new_context(base_url=shop, locale="en-US")
    try:
        page = context.new_page()
        join(page)
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        page.goto("/card/")
        context.set_offline(True)
        page.goto("/card/")
        expect(page.locator(".scan .code svg")).to_be_visible()
        page.goto("/points/")
        expect(page.locator("h1")).to_have_text("You are offline")

        context.set_offline(False)
        page.goto("/sign-out/")
        page.click("main form button")
        expect(page).to_have_url(re.compile(r"/sign-in/$"))
        context.set_offline(True)
        page.goto("/card/")
        expect(page.locator("h1")).to_have_text("You are offline")
    finally:
        context.close()


@pytest.mark.parametrize("path", ["/join/", "/sign-in/", "/forgot/", "/nowhere/", "/offline/"])
def test_pages_for_visitors_are_open_to_everybody(shop: str, browse: Opener, path: str) -> None:
    for width, dark in ((390, False), (1280, True)):
        with browse(language="en-US", width=width, dark=dark) as page:
            page.goto(path)

            assert (accessibility_faults(page), overflows(page)) == ([], False)


def test_a_refused_form_leads_the_eye_to_what_went_wrong(shop: str, page_zh: Page) -> None:
    page_zh.goto("/join/")
    page_zh.fill("#id_name", "周一诺")
    page_zh.fill("#id_contact", "138001")
    page_zh.click(BIG)

    expect(page_zh.locator("[data-focus]")).to_be_focused()
    expect(page_zh.locator("#id_name")).to_have_value("周一诺")
    assert accessibility_faults(page_zh) == []
    assert overflows(page_zh) is False
