"""Browser pages that watch themselves: a page fails its test when its console or network complains."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, ViewportSize

HEIGHTS = {390: 844, 1280: 900}
# A refused form or a page that is not there is an answer, not a fault of the page.
ANSWERED = re.compile(r"^Failed to load resource: the server responded with a status of 4\d\d")


@contextmanager
def open_page(browser: Browser, base: str, *, language: str, width: int, dark: bool = False) -> Iterator[Page]:
    """A fresh page on `base`; leaving it raises on script errors, policy breaches and foreign requests."""
    complaints: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type == "error" and not ANSWERED.match(message.text):
            complaints.append(message.text)

    def requested(request: Request) -> None:
        if not request.url.startswith((base, "data:", "blob:")):
            complaints.append(f"request to {request.url}")

    context = browser.new_context(
        base_url=base,
        locale=language,
        timezone_id="Asia/Shanghai",
        viewport=ViewportSize(width=width, height=HEIGHTS.get(width, 900)),
        color_scheme="dark" if dark else "light",
        has_touch=width < 600,
        reduced_motion="reduce",
        service_workers="block",  # it would still be fetching while the test's database is emptied
    )
    page = context.new_page()
    page.on("console", heard)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", requested)
    try:
        yield page
    finally:
        context.close()
    if complaints:
        pytest.fail("The page complains:\n" + "\n".join(complaints))


def accessibility_faults(page: Page, *, least: str = "serious") -> list[str]:
    """What axe finds on the page as it stands: serious and critical ones, or from `least` on."""
    order = ["minor", "moderate", "serious", "critical"]
    counted = order[order.index(least) :]
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {node['target']}" for each in found if each["impact"] in counted for node in each["nodes"]]


def overflows(page: Page) -> bool:
    """Whether the page scrolls sideways, which a phone must never need."""
    wider: bool = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return wider
