"""A real Chromium on the real app: one server for all tests, a new session for each."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

import emotion
from bench.common.chromium import served, settle

_SEARCH = re.compile(r"^http://127\.0\.0\.1:\d+/[a-z_]+/_stcore/(health|host-config)$")
"""Requests with which Streamlit, opened at a page's address, looks for its server below the page before the root."""

# Long enough for a busy machine; it costs nothing if elements appear quickly.
expect.set_options(timeout=60_000)

HERE = Path(__file__).parent
NewPage = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Retry browser tests once, because a busy machine can delay a page."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.flaky(reruns=1))


@contextlib.contextmanager
def served_app() -> Iterator[str]:
    """Run the app on a free port for the length of a block."""
    if not emotion.list_models():
        pytest.skip("expected a model for the browser tests; none is installed")
    with served("server.py") as url:
        yield url


@pytest.fixture(autouse=True)
def fresh_library() -> None:
    """Keep one library for all browser tests of a process, because they share a server."""


@pytest.fixture(scope="session")
def app_url() -> Iterator[str]:
    with served_app() as url:
        yield url


@pytest.fixture(scope="session")
def shared_context(browser: Browser) -> Iterator[BrowserContext]:
    """One browser context for most tests of a process: it keeps compiled scripts, so that pages open faster."""
    context = browser.new_context()
    yield context
    context.close()


@pytest.fixture
def new_page(shared_context: BrowserContext) -> Iterator[NewPage]:
    """A function that opens a page for a new visitor, whose cookies and stored data are removed after the test."""

    def open_page(width: int = 1280, height: int = 900) -> Page:
        page = shared_context.new_page()
        page.set_viewport_size({"width": width, "height": height})
        page.set_default_timeout(60_000)
        return page

    yield open_page
    for page in shared_context.pages:
        if page.url.startswith("http"):
            everything = {"origin": page.url, "storageTypes": "local_storage,indexeddb,cache_storage,service_workers"}
            shared_context.new_cdp_session(page).send("Storage.clearDataForOrigin", everything)
        page.close()
    shared_context.clear_cookies()


@pytest.fixture
def visit(new_page: NewPage, app_url: str) -> Iterator[Page]:
    """A page in a new session, at home; the test fails if it had errors or requested another host."""
    page = new_page()
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if _is_error(message) else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    foreign: list[str] = []
    page.on("request", lambda request: foreign.append(request.url) if _is_foreign(request.url, app_url) else None)
    page.goto(app_url)
    # Streamlit drops the pictures of a page that is left, so loading one would fail.
    expect(page.get_by_alt_text("Two portraits")).to_have_js_property("complete", True)
    yield page
    assert errors == []
    assert foreign == []


def _is_error(message: ConsoleMessage) -> bool:
    return message.type == "error" and not _SEARCH.search(message.location["url"])


def _is_foreign(url: str, app_url: str) -> bool:
    return url.startswith("http") and not url.startswith(app_url)


_OVERFLOWS = (
    "() => [document.documentElement, document.querySelector('[data-testid=stMain]')]"
    ".map(element => element.scrollWidth - element.clientWidth)"
)


def open_demo(page: Page) -> None:
    """Press *See a demo* on *Home*, and wait until the analysis is shown."""
    page.get_by_role("button", name="See a demo").click()
    expect(page.get_by_role("heading", name="Demo").first).to_be_visible()  # two for a moment while it is replaced
    settle(page)


def assert_fits_a_phone(page: Page) -> None:
    """Assert that nothing scrolls sideways at 400 px, once the page is laid out."""
    page.set_viewport_size({"width": 400, "height": 850})
    page.wait_for_timeout(800)
    for _ in range(40):
        if (overflows := page.evaluate(_OVERFLOWS)) == [0, 0]:
            return
        page.wait_for_timeout(250)
    assert overflows == [0, 0]
