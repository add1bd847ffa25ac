"""What every test may lean on: the database of the pass, a live server, browser pages.

What this machine cannot run (no Chromium, no sample data, no PostgreSQL in this pass) is taken out
before the run and told in one line at its end, so nothing is ever left out silently.
"""

import fcntl
import os
import subprocess
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.db import connection
from django.db.backends.base.operations import BaseDatabaseOperations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils import translation
from playwright.sync_api import Browser, Page, sync_playwright
from pytest_django import DjangoDbBlocker
from pytest_django.live_server_helper import LiveServer

from bin import catalogues
from loyalty import clock, triggers
from tests import cast
from tests.pages import open_page

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = Path(os.environ.get("EVERGREEN_DATA") or ROOT.parent / "shared" / "data")
RETAIL_INVOICES = SAMPLES / "online_retail" / "online_retail_invoices.csv.gz"
MARKERS = ("postgres", "browser", "data")
LEFT_OUT = pytest.StashKey[Counter[str]]()

hypothesis.settings.register_profile("evergreen", deadline=None, print_blob=True)
hypothesis.settings.load_profile("evergreen")


def chromium_path() -> tuple[str, str]:
    """The browser's path, or nothing and why there is none."""
    found = subprocess.run([ROOT / "bin" / "find-chromium"], capture_output=True, text=True, check=False)
    return found.stdout.strip(), found.stderr.strip()


def missing() -> dict[str, str]:
    """Marker → why tests that bear it cannot run here."""
    reasons = {}
    if "postgresql" not in settings.DATABASES["default"]["ENGINE"]:
        reasons["postgres"] = "the PostgreSQL pass runs them"
    if (why := chromium_path()[1]) != "":
        reasons["browser"] = why
    if not RETAIL_INVOICES.exists():
        reasons["data"] = f"no sample orders at {SAMPLES}, set EVERGREEN_DATA"
    return reasons


def pytest_configure(config: pytest.Config) -> None:
    config.stash[LEFT_OUT] = Counter[str]()
    if not hasattr(config, "workerinput"):
        catalogues.compile_stale()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    reasons = missing() if any(item.get_closest_marker(name) for item in items for name in MARKERS) else {}
    kept, dropped = [], []
    for item in items:
        why = next((f"{name} ({reasons[name]})" for name in reasons if item.get_closest_marker(name)), None)
        if why is None:
            kept.append(item)
        else:
            dropped.append(item)
            config.stash[LEFT_OUT][why] += 1
    items[:] = kept
    config.hook.pytest_deselected(items=dropped)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker process hands what it left out to the process that prints the summary."""
    if hasattr(session.config, "workeroutput"):
        left_out = session.config.stash[LEFT_OUT]
        session.config.workeroutput["left_out"] = dict(left_out)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Every worker collects the same tests, so the last one's count is the count."""
    node.config.stash[LEFT_OUT] = Counter(getattr(node, "workeroutput", {}).get("left_out", {}))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> Generator[None, None, None]:
    yield
    if left_out := config.stash[LEFT_OUT]:
        words = "; ".join(f"{count} {why}" for why, count in sorted(left_out.items()))
        terminalreporter.write_line(f"Left out on this machine, in this pass: {words}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """A test marked `alone` measures time, so no other worker's test runs beside it."""
    with (settings.VAR / "alone.lock").open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX if item.get_closest_marker("alone") else fcntl.LOCK_SH)
        return (yield)


def spare_the_books(flush: Callable[..., None]) -> Callable[..., None]:
    """Emptying a test database deletes from append-only tables, so lift their triggers meanwhile."""

    def lifted(operations: BaseDatabaseOperations, sql_list: list[str]) -> None:
        triggers.remove(operations.connection)
        try:
            flush(operations, sql_list)
        finally:
            triggers.install(operations.connection)

    return lifted


BaseDatabaseOperations.execute_sql_flush = spare_the_books(BaseDatabaseOperations.execute_sql_flush)  # type: ignore[method-assign]  # tests alone may empty the books


@pytest.fixture(autouse=True)
def no_language_left_behind() -> Iterator[None]:
    """What a test's pages spoke is not what the next test hears."""
    yield
    translation.deactivate()


@pytest.fixture
def noon(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """The house's clock stands at the cast's noon."""
    monkeypatch.setattr(clock, "now", lambda: cast.NOW)
    return cast.NOW


def stand_in_for_migrations() -> None:
    """What no migration has done where the tables were made as they are: the triggers, and the notes of it."""
    triggers.install(connection)
    recorder = MigrationRecorder(connection)
    recorder.ensure_schema()
    names = MigrationLoader(connection).disk_migrations
    recorder.migration_qs.bulk_create([recorder.Migration(app=app, name=name) for app, name in names])


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The test database; a thread of a test may have left a session open, which would keep it from going."""
    with django_db_blocker.unblock():
        if connection.vendor == "sqlite":
            stand_in_for_migrations()
    yield
    if connection.vendor == "postgresql":
        connection.close()  # a test may have ended our own session, too
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@pytest.fixture
def retail_invoices() -> Path:
    """22,190 real invoices; the test bears the marker `data`."""
    return RETAIL_INVOICES


@pytest.fixture
def live(live_server: LiveServer, transactional_db: None) -> str:
    """The address of a server on the test's database, without a slash at the end."""
    return live_server.url.rstrip("/")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One headless browser per process; tests that use it bear the marker `browser`."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # playwright's own event loop is none of Django's business
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path()[0], args=flags)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


Opener = Callable[..., AbstractContextManager[Page]]


@pytest.fixture
def browse(chromium: Browser, live: str) -> Opener:
    """`with browse(language="en", width=1280, dark=True) as page:` for what the fixtures below lack."""

    @contextmanager
    def opener(*, language: str = "zh-CN", width: int = 390, dark: bool = False) -> Iterator[Page]:
        with open_page(chromium, live, language=language, width=width, dark=dark) as page:
            yield page

    return opener


@pytest.fixture
def page_zh(browse: Opener) -> Iterator[Page]:
    """A phone, in Chinese."""
    with browse() as page:
        yield page


@pytest.fixture
def page_en(browse: Opener) -> Iterator[Page]:
    """A phone, in English."""
    with browse(language="en-US") as page:
        yield page


@pytest.fixture
def desk_zh(browse: Opener) -> Iterator[Page]:
    """A desktop, in Chinese."""
    with browse(width=1280) as page:
        yield page


@pytest.fixture
def desk_en(browse: Opener) -> Iterator[Page]:
    """A desktop, in English."""
    with browse(language="en-US", width=1280) as page:
        yield page
