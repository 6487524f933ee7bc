"""Uploads that visitors leave in the server's memory and on its disk."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from bench.common.chromium import served, settle
from emotion.samples import make_clip
from ui.common.background import UPLOADED

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SOONER = "from ui.common import visit_cleanup; visit_cleanup.KEPT_S, visit_cleanup.POLL_INTERVAL_S = 5.0, 0.5"
"""Ends a visit five seconds after its browser disconnects. ``test_visit_cleanup.py`` checks the real delay."""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the server's temporary files."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setenv("EMOTION_LIBRARY", str(tmp_path / "library"))
    monkeypatch.setenv("EMOTION_NOTICE", "off")
    return folder


def leave_a_video(browser: Browser, url: str, clip: Path) -> Page:
    """Upload a video without analysing it, and return the page."""
    page = browser.new_page()
    page.goto(f"{url}/video")
    # A new server imports the page first, which on a busy machine takes longer than Playwright waits by itself.
    page.locator("input[type=file]").first.set_input_files(clip, timeout=120_000)
    page.get_by_text(clip.name).first.wait_for(timeout=60_000)
    settle(page)
    return page


def uploads_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob(UPLOADED) if path.is_file()]


def upload(page: Page, url: str, count: int) -> list[str]:
    """Upload a number of small files, and return the addresses that the page got for them."""
    given: list[str] = []
    page.on("request", lambda request: given.append(request.url) if "/upload_file/" in request.url else None)
    page.goto(f"{url}/video")
    settle(page)
    files = [{"name": f"{index}.mp4", "mimeType": "video/mp4", "buffer": b"0" * 1000} for index in range(count)]
    page.locator("input[type=file]").first.set_input_files(files)
    for _ in range(300):  # Playwright delivers events only during calls
        if len(given) >= count:
            return given[:count]
        page.wait_for_timeout(100)
    raise AssertionError(f"expected {count} uploads; got {given}")


def until(condition: Callable[[], object], seconds: float) -> bool:
    for _ in range(int(seconds * 5)):
        if condition():
            return True
        time.sleep(0.2)
    return False


def test_a_video_is_deleted_after_its_visitor_leaves_an_idle_server(
    browser: Browser, temporary: Path, tmp_path: Path
) -> None:
    clip = make_clip(tmp_path / "talk.mp4")
    with served("server.py", first=SOONER) as url:
        page = leave_a_video(browser, url, clip)
        assert len(uploads_in(temporary)) == 1
        page.close()
        assert until(lambda: not uploads_in(temporary), 60), "it is deleted by the clock, without another visitor"


@pytest.mark.parametrize("kind", [signal.SIGTERM, signal.SIGKILL], ids=["terminated", "killed"])
def test_a_server_that_ends_leaves_no_uploads(
    browser: Browser, temporary: Path, tmp_path: Path, kind: signal.Signals
) -> None:
    clip = make_clip(tmp_path / "talk.mp4")
    with served("server.py") as url:
        leave_a_video(browser, url, clip)
        assert len(uploads_in(temporary)) == 1
        server = server_on(url)
        os.kill(server, kind)
        assert until(lambda: not Path(f"/proc/{server}/cmdline").read_bytes(), 30)
    if kind is signal.SIGKILL:
        assert len(uploads_in(temporary)) == 1, "a killed process deletes nothing"
        with served("server.py"):
            assert until(lambda: not uploads_in(temporary), 30), "the next server deletes it at its start"
    assert uploads_in(temporary) == []


def server_on(url: str) -> int:
    port = url.rpartition(":")[2]
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if port.encode() in words and b"streamlit" in words:
            return int(entry.name)
    raise AssertionError("the server is not running")


@pytest.fixture(scope="module")
def small_uploads(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that takes uploads of at most 5 MB."""
    own = {"EMOTION_LIBRARY": str(tmp_path_factory.mktemp("library")), "EMOTION_NOTICE": "off"}
    with served("server.py", EMOTION_MAX_UPLOAD_MB="5", TMPDIR=str(tmp_path_factory.mktemp("tmp")), **own) as url:
        yield url


def test_uploads_under_invented_ids_are_refused(browser: Browser, small_uploads: str) -> None:
    """Without this limit, one visitor put 15 files of 60 MB into memory that no page had requested."""
    page = browser.new_page()
    (address,) = upload(page, small_uploads, 1)
    invented = re.sub(r"[0-9a-f-]{36}$", "00000000-0000-4000-8000-000000000000", address)
    answers = page.evaluate(PUT, [invented, 1_000_000])
    page.close()
    assert answers == 404


def test_uploads_of_one_visit_are_limited_while_they_arrive(browser: Browser, small_uploads: str) -> None:
    page = browser.new_page()
    given = upload(page, small_uploads, 4)
    # The same addresses are filled again while nobody reads them: two files of the largest size fit.
    answers = [page.evaluate(PUT, [address, 4_900_000]) for address in given]
    page.close()
    assert answers[:2] == [204, 204]
    assert 413 in answers[2:], answers


PUT = """async ([address, size]) => {
    const form = new FormData();
    form.append("file", new Blob([new Uint8Array(size)]), "a.mp4");
    const xsrf = document.cookie.split("; ").find(each => each.startsWith("_streamlit_xsrf="))?.split("=")[1];
    const headers = xsrf ? {"X-Xsrftoken": decodeURIComponent(xsrf.replaceAll('"', ""))} : {};
    return (await fetch(address, {method: "PUT", body: form, headers})).status;
}"""
