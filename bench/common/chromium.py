"""The app under Streamlit on a free port, and a Chromium that looks at it: for benchmarks and tests alike."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

from playwright.sync_api import Browser, Locator, Page, sync_playwright

from emotion.paths import ROOT

OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def chromium_path() -> str | None:
    """Return where a Chromium is on this machine."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@contextlib.contextmanager
def open_chromium() -> Iterator[Browser]:
    """Start this machine's Chromium, and close it at the end."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=OPTIONS)
        yield browser
        browser.close()


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


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(150):
        assert server.poll() is None, "the app ended while starting"
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1):
                return
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.2)
    raise AssertionError("the app does not answer")


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
