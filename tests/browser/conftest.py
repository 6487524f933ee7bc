"""A real Chromium on the real app: one server for all tests, a fresh visit for each."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect, sync_playwright

import emotion
from tests.conftest import ROOT

OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]

_SEARCH = re.compile(r"^http://127\.0\.0\.1:\d+/[a-z_]+/_stcore/(health|host-config)$")
"""Opened at a page's own address, Streamlit looks for its server below that page first, and then at the root."""

# Long enough for a machine that has other work: what is there is seen at once.
expect.set_options(timeout=60_000)

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give what drives a browser a second try: how long a machine holds up a page is not the page's doing."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.flaky(reruns=1))


def chromium_path() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    executable = chromium_path()
    if executable is None:
        pytest.skip("expected a Chromium for the browser tests; there is none on this machine's path")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=OPTIONS)
        yield chromium
        chromium.close()


@contextlib.contextmanager
def served_app() -> Iterator[str]:
    """Start the app on a free port, and stop it at the end."""
    if not emotion.list_models():
        pytest.skip("expected a model for the browser tests; none is installed")
    with served("server.py") as url:
        yield url


@contextlib.contextmanager
def served(script: str, **environment: str) -> Iterator[str]:
    """Start a script under Streamlit on a free port, and stop it at the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", script]
    options = ["--server.port", str(port), "--server.address", "127.0.0.1", "--server.headless", "true"]
    server = subprocess.Popen([*command, *options], cwd=ROOT, env=os.environ | environment, stdout=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{url}/{environment.get('STREAMLIT_SERVER_BASE_URL_PATH', '')}".rstrip("/"), server)
        yield url
    finally:
        server.terminate()
        server.wait(30)


@pytest.fixture(scope="session")
def app_url() -> Iterator[str]:
    with served_app() as url:
        yield url


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(150):
        assert server.poll() is None, "the app ended while starting"
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1):
                return
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.2)
    pytest.fail("the app does not answer")


@pytest.fixture
def visit(browser: Browser, app_url: str) -> Iterator[Page]:
    """A visit that starts at home, and fails if the page had errors or asked another host for anything."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(60_000)
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if _is_error(message) else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    foreign: list[str] = []
    page.on("request", lambda request: foreign.append(request.url) if _is_foreign(request.url, app_url) else None)
    page.goto(app_url)
    yield page
    context.close()
    assert errors == []
    assert foreign == []


def _is_error(message: ConsoleMessage) -> bool:
    return message.type == "error" and not _SEARCH.search(message.location["url"])


def _is_foreign(url: str, app_url: str) -> bool:
    return url.startswith("http") and not url.startswith(app_url)


def settle(page: Page) -> None:
    """Wait until the page's script has rested for half a second, so that what stands there stays there."""
    page.wait_for_function(
        """() => {
            const app = document.querySelector("[data-testid=stApp]");
            const rests = app?.dataset.testScriptState === "notRunning";
            const now = performance.now();
            window.restsSince = rests ? window.restsSince ?? now : undefined;
            return rests && now - window.restsSince > 500;
        }""",
        polling=50,
    )
    page.evaluate("() => { window.restsSince = undefined; }")


def click_at(page: Page, target: Locator, share: float, y: float) -> None:
    """Click at a share of an element's width, ``y`` px under its top."""
    settle(page)
    width = target.evaluate("element => element.getBoundingClientRect().width")
    target.click(position={"x": share * width, "y": y})


def assert_fits_a_phone(page: Page) -> None:
    """Nothing has to be scrolled sideways at 400 px."""
    page.set_viewport_size({"width": 400, "height": 850})
    page.wait_for_timeout(800)
    too_wide = page.evaluate(
        "() => [document.documentElement, document.querySelector('[data-testid=stMain]')]"
        ".map(element => element.scrollWidth - element.clientWidth)"
    )
    assert too_wide == [0, 0]
