"""Measures what memory, threads and files a server keeps after page loads, cancelled uploads and closed tabs."""

from __future__ import annotations

import contextlib
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

from bench.common.chromium import open_chromium, settle
from bench.live.server import Server
from tests.stress.torture.samples import IN_MB, sample

ALLOWED_SHARE, ALLOWED_COUNT = 0.05, 2
"""Growth that still counts as flat."""
LOADS, UPLOADS, TABS = 200, 100, 50
REST_S = 60.0
"""Longer than the app keeps the session of a closed browser (:data:`ui.common.visit_cleanup.KEPT_S`)."""

_PAGES = ("", "image", "video", "library", "model_test", "model_lab", "about")
_UPLOAD_BYTES, _UPLOAD_BYTES_PER_S = 20_000_000, 2_000_000
_SLOW = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": _UPLOAD_BYTES_PER_S}
_TABS_AT_ONCE = 10
_TIMEOUT_MS = 120_000
_SAMPLES = 5
_FIGURES = ("rss_mb", "pss_mb", "threads", "files")


def measure_visits(loads: int = LOADS, uploads: int = UPLOADS, tabs: int = TABS, rest_s: float = REST_S) -> Any:
    """Return the idle server's memory, threads and files before and after each kind of visit.

    A fifth as many visits of every kind warm the caches first. The server is idle before each measurement; the figures
    after one kind are those before the next.

    Args:
        loads: Page loads.
        uploads: Uploads that are cancelled midway.
        tabs: Tabs that are opened, ten at once, and closed.
        rest_s: Idle time before each measurement, s.
    """
    with tempfile.TemporaryDirectory(prefix="emotion-visits-") as folder, open_chromium() as browser:
        server = Server("server.py", {"EMOTION_LIBRARY": str(Path(folder) / "library")})
        try:
            big = Path(folder) / "big.mp4"
            big.write_bytes(bytes(_UPLOAD_BYTES))
            visits = Visits(browser, server.url, big)
            kinds: dict[str, tuple[int, Callable[[int], None]]] = {
                "page loads": (loads, visits.load),
                "uploads given up": (uploads, visits.cancel_uploads),
                "tabs opened and closed": (tabs, visits.open_tabs),
            }
            return _measure_each(server, kinds, rest_s)
        finally:
            server.end()


def _measure_each(server: Server, kinds: dict[str, tuple[int, Callable[[int], None]]], rest_s: float) -> dict[str, Any]:
    for count, visit in kinds.values():
        visit(max(count // 5, 1))
    before, found = _at_rest(server.process.pid, rest_s), {}
    for name, (count, visit) in kinds.items():
        began = time.monotonic()
        visit(count)
        took_s = time.monotonic() - began
        after = _at_rest(server.process.pid, rest_s)
        figures = {each: compare(each, before[each], after[each]) for each in _FIGURES}
        print(f"{name}: {count} in {took_s:.0f} s, {figures}", flush=True)
        found[name] = {"count": count, "rest_s": rest_s} | figures
        before = after
    return found


def _at_rest(server: int, rest_s: float) -> dict[str, float]:
    """Return the medians of several samples after an idle time."""
    time.sleep(rest_s)
    samples = []
    for _ in range(_SAMPLES):
        samples.append(sample(server))
        time.sleep(1)
    return {name: statistics.median(one[name] for one in samples) for name in _FIGURES}


def compare(figure: str, before: float, after: float) -> dict[str, Any]:
    """Return a figure before and after, and whether it stayed flat: within 5%, or within two threads or files."""
    counted = figure not in IN_MB and after - before <= ALLOWED_COUNT
    return {"before": before, "after": after, "flat": after <= (1 + ALLOWED_SHARE) * before or counted}


class Visits:
    """Kinds of visits to a server.

    Args:
        browser: A running browser.
        url: The server's address.
        big: A file that takes seconds to upload.
    """

    def __init__(self, browser: Browser, url: str, big: Path) -> None:
        self._browser, self._url, self._big = browser, url, big

    def load(self, count: int) -> None:
        """Load pages completely, one after the other, each in a new session."""
        with contextlib.closing(self._browser.new_context()) as context:
            for number in range(count):
                self._open(context, _PAGES[number % len(_PAGES)]).close()

    def cancel_uploads(self, count: int) -> None:
        """Start uploads over a slow connection, and close the page midway."""
        with contextlib.closing(self._browser.new_context()) as context:
            for _ in range(count):
                page = self._open(context, "video")
                settle(page)
                session = context.new_cdp_session(page)
                session.send("Network.enable")
                session.send("Network.emulateNetworkConditions", _SLOW)
                with page.expect_request(lambda request: request.method == "PUT", timeout=_TIMEOUT_MS):
                    page.locator("input[type=file]").first.set_input_files(self._big)
                page.wait_for_timeout(500)
                page.close()

    def open_tabs(self, count: int) -> None:
        """Open tabs of one window, ten at once, and close them together."""
        for start in range(0, count, _TABS_AT_ONCE):
            context = self._browser.new_context()
            tabs = [context.new_page() for _ in range(min(_TABS_AT_ONCE, count - start))]
            for number, tab in enumerate(tabs):
                tab.goto(f"{self._url}/{_PAGES[number % len(_PAGES)]}", timeout=_TIMEOUT_MS)
            for tab in tabs:
                _wait(tab)
            context.close()

    def _open(self, context: BrowserContext, name: str) -> Page:
        page = context.new_page()
        page.goto(f"{self._url}/{name}", timeout=_TIMEOUT_MS)
        _wait(page)
        return page


def _wait(page: Page) -> None:
    page.get_by_role("heading", level=1).first.wait_for(timeout=_TIMEOUT_MS)
