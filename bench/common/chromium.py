"""Starts the app on a free port and opens Chromium, for benchmarks and tests."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

from playwright.sync_api import Browser, Locator, Page, sync_playwright

from bench.common.process import free_port, streamlit_options, wait_until_served
from emotion.paths import ROOT

OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


_PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""In order of preference: the headless shell has no windows, and opens a page with a fifth less work."""


def chromium_path() -> str | None:
    """Return the path of Chromium or Chrome on this machine; None if there is none."""
    return next(filter(None, map(shutil.which, _PROGRAMS)), None)


@contextlib.contextmanager
def open_chromium() -> Iterator[Browser]:
    """Open this machine's Chromium for the length of a block."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=OPTIONS)
        yield browser
        browser.close()


@contextlib.contextmanager
def served(script: str, *, first: str = "", **environment: str) -> Iterator[str]:
    """Run a script with Streamlit on a free port for the length of a block, and yield its address.

    Args:
        script: The script.
        first: Python statements that the server runs before it starts, such as one that shortens a clock.
        environment: Further environment variables.
    """
    port = free_port()
    program = ["-c", f"{first}\nfrom streamlit.web.cli import main\nmain(prog_name='streamlit')"]
    command = [sys.executable, *(program if first else ["-m", "streamlit"]), "run", script]
    command += streamlit_options(port)
    server = subprocess.Popen(command, cwd=ROOT, env=os.environ | environment, stdout=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until_served(f"{url}/{environment.get('STREAMLIT_SERVER_BASE_URL_PATH', '')}".rstrip("/"), server)
        yield url
    finally:
        server.terminate()
        server.wait(30)


def settle(page: Page) -> None:
    """Wait until the page's script has been idle for half a second, so that elements are not replaced any more."""
    page.wait_for_function(
        """() => {
            const app = document.querySelector("[data-testid=stApp]");
            const idle = app?.dataset.testScriptState === "notRunning";
            const now = performance.now();
            window.idleSince = idle ? window.idleSince ?? now : undefined;
            return idle && now - window.idleSince > 500;
        }""",
        polling=50,
    )
    page.evaluate("() => { window.idleSince = undefined; }")


def click_when_still(target: Locator) -> None:
    """Click an element once it has not moved for half a second, because parts of the page that load late move it."""
    target.evaluate(
        """element => new Promise(resolve => {
            let place, since;
            const look = () => {
                const {top, left} = element.getBoundingClientRect();
                if (`${top} ${left}` !== place) { place = `${top} ${left}`; since = performance.now(); }
                if (performance.now() - since > 500) resolve(); else setTimeout(look, 50);
            };
            look();
        })"""
    )
    target.click()


def click_at(page: Page, target: Locator, share: float, y: float) -> None:
    """Click an element at a share of its width (0 to 1), ``y`` px below its top."""
    settle(page)
    width = target.evaluate("element => element.getBoundingClientRect().width")
    target.click(position={"x": share * width, "y": y})
