"""The rule editor in a browser: by keyboard alone, at both widths, light and dark, in both languages."""

import json

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page

from loyalty.models import Rule
from tests import cast
from tests.conftest import Opener
from tests.loyalty.admin import scene
from tests.pages import accessibility_faults, overflows

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ADD = "/admin/loyalty/rule/add/"


def sign_in(page: Page) -> None:
    client = Client()
    client.force_login(cast.operator())
    page.goto("/admin/login/")
    value = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": page.url.split("/admin/")[0]}]
    )


def reach(page: Page, selector: str) -> None:
    """Presses Tab until the control has the focus."""
    for _ in range(150):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"no way to {selector} by keyboard")


def opened(page: Page, address: str) -> None:
    page.goto(address)
    page.wait_for_selector("[data-rule-page][data-ready]")


def test_a_double_points_day_is_made_tried_and_published_by_keyboard(desk_en: Page) -> None:
    member = scene.another()
    sign_in(desk_en)
    opened(desk_en, f"{ADD}?starter=double-day")

    reach(desk_en, ".eg-adders button")
    desk_en.keyboard.press("Enter")
    desk_en.keyboard.type("amount")
    desk_en.keyboard.press("Enter")
    reach(desk_en, "input[aria-label$='(¥)']")
    desk_en.keyboard.type("99.50")
    reach(desk_en, "#trial-member")
    desk_en.keyboard.type(member.account.number)
    desk_en.wait_for_selector("[role=option]")
    desk_en.keyboard.press("Enter")
    reach(desk_en, "#trial-at")
    desk_en.locator("#trial-at").fill("2026-11-18T10:00")
    reach(desk_en, "[data-run=try]")
    desk_en.keyboard.press("Enter")
    desk_en.wait_for_selector(".eg-verdict")
    verdict = desk_en.locator(".eg-verdict").inner_text()
    reach(desk_en, "button[name=_continue]")
    desk_en.keyboard.press("Enter")
    desk_en.wait_for_url("**/change/**")
    reach(desk_en, "a[href$='/publish/']")
    desk_en.keyboard.press("Enter")
    desk_en.wait_for_url("**/publish/")
    reach(desk_en, ".eg-button-primary")
    desk_en.keyboard.press("Enter")
    desk_en.wait_for_url("**/change/**")

    rule = Rule.objects.get(name_en="Double-points day")
    assert verdict == "+100 points because of this rule."
    assert rule.state == Rule.State.LIVE
    assert rule.condition == {"all": [{"fact": "event.amount", "op": "gte", "value": 9950}]}
    assert rule.versions.get().definition["schedule"] == {"days_of_month": [18]}


def test_groups_nest_move_and_go_and_the_focus_stays_near(desk_en: Page) -> None:
    sign_in(desk_en)
    opened(desk_en, ADD)

    desk_en.get_by_role("button", name="Add condition").click()
    desk_en.keyboard.type("amount")
    desk_en.keyboard.press("Enter")
    desk_en.get_by_role("button", name="Add group").first.click()
    desk_en.get_by_role("button", name="Move up").nth(2).click()
    moved = json.loads(desk_en.locator("[data-part=condition]").input_value())
    desk_en.get_by_role("button", name="Remove group").click()
    left = json.loads(desk_en.locator("[data-part=condition]").input_value())

    assert [next(iter(child)) for child in moved["all"]] == ["any", "fact"]
    assert [child["fact"] for child in left["all"]] == ["event.amount"]
    assert desk_en.evaluate("document.activeElement.getAttribute('role')") == "combobox"


def test_a_refusal_stands_beside_its_control_which_has_the_focus(desk_zh: Page) -> None:
    sign_in(desk_zh)
    opened(desk_zh, f"{ADD}?starter=double-day")

    desk_zh.get_by_label("倍数").fill("很多")
    desk_zh.locator("button[name=_save]").click()
    desk_zh.wait_for_selector("[data-rule-page][data-ready]")

    focused = "document.activeElement"
    assert desk_zh.evaluate(f"{focused}.value") == "很多"
    assert desk_zh.evaluate(f"{focused}.getAttribute('aria-invalid')") == "true"
    assert desk_zh.evaluate(f"document.getElementById({focused}.getAttribute('aria-describedby')).textContent") != ""


@pytest.mark.parametrize(
    ("language", "width", "dark"), [("zh-CN", 1280, False), ("en-US", 1280, True), ("zh-CN", 390, True)]
)
def test_the_editor_is_for_everyone_at_every_width(browse: Opener, language: str, width: int, dark: bool) -> None:
    with browse(language=language, width=width, dark=dark) as page:
        sign_in(page)
        opened(page, f"{ADD}?starter=big-order")

        ours = [fault for fault in accessibility_faults(page) if "eg-" in fault or "trial" in fault]
        assert ours == []
        assert not overflows(page)


def test_the_editor_works_without_scripts_as_plain_text(browse: Opener) -> None:
    with browse(language="en-US", width=1280) as page:
        sign_in(page)
        page.route("**/js/admin/*.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
        page.goto(f"{ADD}?starter=double-day")

        seen = [page.locator(f"[data-part={part}]").is_visible() for part in ("condition", "effects")]

        assert seen == [True, True]


def test_a_ladder_with_a_budget_is_made_by_hand(desk_en: Page) -> None:
    sign_in(desk_en)
    opened(desk_en, f"{ADD}?starter=spend-ladder")

    desk_en.get_by_role("button", name="Add a step").click()
    desk_en.get_by_label("Step 4 brings").fill("700")
    desk_en.locator("summary", has_text="How long they live").click()
    desk_en.get_by_label("These points expire").select_option("months")
    focused = desk_en.evaluate("document.activeElement.dataset.key")
    desk_en.get_by_label("They wait for").select_option("member.joined")
    desk_en.locator("summary", has=desk_en.locator("#part-most")).click()
    desk_en.get_by_role("button", name="Add a limit").click()
    desk_en.get_by_label("Whose limit").select_option("everyone")

    [effect] = json.loads(desk_en.locator("[data-part=effects]").input_value())
    [cap] = json.loads(desk_en.locator("[data-part=caps]").input_value())
    assert effect["steps"][2:] == [{"from": 100000, "points": 300}, {"from": 200000, "points": 700}]
    assert (effect["expiry"], effect["wait"]) == (
        {"mode": "months", "length": 12},
        {"for": "member.joined", "days": 30},
    )
    assert (cap["of"], cap["per"]) == ("everyone", "day")
    assert focused == "expiry.mode"
