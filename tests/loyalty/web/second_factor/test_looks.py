"""The pages of the second factor as people see them: readable, nothing sideways, no breach of the policy."""

from typing import Any

import pytest

from loyalty import clock
from tests.cast import PASSWORD
from tests.conftest import Opener
from tests.loyalty.second_factor import phone
from tests.pages import accessibility_faults, overflows

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
GO, CODE = ".eg-factor-go", "[name=code]"


@pytest.mark.parametrize(
    ("language", "width", "dark"), [("zh-CN", 390, False), ("en-US", 390, True), ("zh-CN", 1280, True)]
)
def test_from_the_password_to_the_recovery_codes(
    browse: Opener, settings: Any, language: str, width: int, *, dark: bool
) -> None:
    settings.STAFF_SECOND_FACTOR = "required"
    phone.person()
    seen: dict[str, tuple[list[str], bool]] = {}

    with browse(language=language, width=width, dark=dark) as page:

        def look(name: str) -> None:
            seen[name] = (accessibility_faults(page), overflows(page))

        page.goto("/admin/loyalty/user/")
        page.fill("#id_username", "lin")
        page.fill("#id_password", PASSWORD)
        page.click("#login-form button[type=submit]")
        page.wait_for_url("**/set-up/**")
        look("set-up")
        app = phone.Phone(page.inner_text("#secret").replace(" ", ""))
        page.fill(CODE, "12")
        page.click(GO)
        look("wrong")
        page.fill(CODE, app.shows(clock.now()))
        page.click(GO)
        written = page.inner_text("#recovery-codes").split()
        look("codes")
        with page.expect_download() as saved:
            page.click("a[download]")
        kept = saved.value.path().read_text(encoding="utf-8").split()
        page.click(GO)
        page.wait_for_url("**/admin/loyalty/user/")
        page.goto("/admin/second-factor/")
        look("manage")
        page.goto("/admin/second-factor/enter/?with=recovery")
        look("enter")

    assert seen == dict.fromkeys(("set-up", "wrong", "codes", "manage", "enter"), ([], False))
    assert (kept[-10:], len(written)) == (written, 10)


def test_the_codes_are_copied_as_lines(browse: Opener, settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR = "required"
    phone.person()

    with browse(language="en-US", width=1280) as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.goto("/admin/")
        page.fill("#id_username", "lin")
        page.fill("#id_password", PASSWORD)
        page.click("#login-form button[type=submit]")
        page.wait_for_url("**/set-up/**")
        app = phone.Phone(page.inner_text("#secret").replace(" ", ""))
        page.fill(CODE, app.shows(clock.now()))
        page.click(GO)
        written = page.inner_text("#recovery-codes").split()
        page.click("[data-copy]")
        page.get_by_text("Copied").wait_for()
        copied = page.evaluate("navigator.clipboard.readText()")

    assert copied.split("\n") == written
