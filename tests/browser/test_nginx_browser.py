"""The app below a base path behind nginx with ``deploy/nginx.conf``: pages, WebSocket, uploads, videos."""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from bench.common.chromium import served
from bench.common.process import free_port
from emotion.samples import clip_frames
from emotion.vision.encode import write_video
from tests.browser.test_app import assert_plays, go_to, upload
from tests.conftest import ROOT

pytestmark = pytest.mark.browser

PATH = "faces"
CONFIG = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")


def nginx_path() -> str:
    found = shutil.which("nginx") or ("/usr/sbin/nginx" if Path("/usr/sbin/nginx").exists() else None)
    if found is None:
        pytest.skip("expected an nginx; there is none on this machine (Debian: apt-get install nginx-light)")
    return found


@contextmanager
def nginx(folder: Path, app_port: int, tls: str = "") -> Iterator[str]:
    """Run the deployed server block with this test's ports, in a minimal configuration of nginx.

    Args:
        folder: Empty folder for nginx's files.
        app_port: Port of the app.
        tls: Lines with ``ssl_certificate`` and its key; empty for plain HTTP.
    """
    port = free_port()
    listen = f"listen 127.0.0.1:{port} ssl; {tls}" if tls else f"listen 127.0.0.1:{port};"
    block = CONFIG.replace("http://127.0.0.1:8501", f"http://127.0.0.1:{app_port}")
    assert block.count(f"http://127.0.0.1:{app_port}") == 3
    (folder / "app.conf").write_text(block.replace("listen 8080;", listen), encoding="utf-8")
    places = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "\n".join(f"{place}_temp_path {folder / place};" for place in places)
    (folder / "nginx.conf").write_text(
        f"daemon off;\npid {folder / 'pid'};\nerror_log stderr;\n{'user root;' if os.geteuid() == 0 else ''}\n"
        f"events {{}}\nhttp {{\naccess_log off;\n{temporary}\ninclude {folder / 'app.conf'};\n}}\n",
        encoding="utf-8",
    )
    command = [nginx_path(), "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr"]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    log = (folder / "log").open("wb")
    running = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        url = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
        wait_for(f"{url}/{PATH}/_stcore/health", running, folder / "log")
        yield url
    finally:
        running.terminate()
        running.wait(30)
        log.close()


def wait_for(url: str, running: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        assert running.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(url, timeout=2, context=ssl._create_unverified_context()):
                return
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.2)
    raise AssertionError(f"no answer behind nginx: {log.read_text()}")


@pytest.fixture(scope="module")
def behind_nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    nginx_path()
    folder = tmp_path_factory.mktemp("nginx")
    with (
        served(
            "server.py",
            STREAMLIT_SERVER_BASE_URL_PATH=PATH,
            EMOTION_NOTICE="off",
            EMOTION_LIBRARY=str(tmp_path_factory.mktemp("library")),
        ) as app,
        nginx(folder, int(app.rpartition(":")[2])) as url,
    ):
        yield url


@pytest.fixture
def page(browser: Browser, behind_nginx: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(60_000)
    yield page
    context.close()


def get(url: str, **headers: str) -> tuple[int, dict[str, Any], bytes]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=30) as answer:
            return answer.status, dict(answer.headers), answer.read()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read()


def test_a_video_is_uploaded_analysed_and_played_below_the_path(page: Page, behind_nginx: str, tmp_path: Path) -> None:
    clip = write_video(tmp_path / "talk.mp4", list(clip_frames())[:30], fps=25)
    sockets: list[str] = []
    failed: list[str] = []
    page.on("websocket", lambda one: sockets.append(one.url))
    page.on("response", lambda answer: failed.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None)
    page.goto(f"{behind_nginx}/{PATH}")
    # Streamlit drops the pictures of a page that is left, so loading one would fail.
    expect(page.get_by_alt_text("Two portraits")).to_have_js_property("complete", True)
    assert page.url == f"{behind_nginx}/{PATH}/"
    go_to(page, "Video")
    upload(page, clip)
    page.get_by_role("button", name="Analyse", exact=True).click()
    expect(page.get_by_text("Smile index")).to_be_visible(timeout=120_000)
    assert_plays(page)
    source = page.locator("video").last.evaluate("video => video.src")
    assert source.startswith(f"{behind_nginx}/{PATH}/video-files/")
    # The WebSocket went through nginx, below the path.
    assert sockets
    assert all(url.startswith(f"{behind_nginx.replace('http', 'ws')}/{PATH}/") for url in sockets)
    # Streamlit first looks for its server below the page's address.
    assert [line for line in failed if "_stcore" not in line] == []
    status, headers, content = get(source, Range="bytes=100-199")
    assert (status, len(content)) == (206, 100)
    assert headers["content-range" if "content-range" in headers else "Content-Range"].startswith("bytes 100-199/")


def test_a_page_url_survives_a_refresh(page: Page, behind_nginx: str) -> None:
    page.goto(f"{behind_nginx}/{PATH}/library")
    expect(page.get_by_role("heading", name="Library", exact=True)).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Library", exact=True)).to_be_visible()


def test_only_the_base_path_and_its_health_check_are_served(behind_nginx: str) -> None:
    assert get(f"{behind_nginx}/{PATH}/_stcore/health")[0] == 200
    for outside in ("", "_stcore/health", "metrics", "video-files/x"):
        assert get(f"{behind_nginx}/{outside}")[0] == 404
    assert get(f"{behind_nginx}/{PATH}/video-files/unknown")[0] == 404


def test_nginx_allows_larger_uploads_than_the_app() -> None:
    """Visitors then see the app's message instead of nginx's error page."""
    from emotion.settings import read_settings

    [allowed] = [line.split()[1] for line in CONFIG.splitlines() if "client_max_body_size" in line]
    assert int(allowed.rstrip("m;")) > read_settings().max_upload_mb * 1.05
